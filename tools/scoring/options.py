"""The command line of `tools/score_variants.py`."""

import dataclasses
import os
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from agront_data.files import check_can_write
from agront_data.variants import Frames, Score, Strand


@dataclasses.dataclass(frozen=True, kw_only=True)
class ScoreVariants:
    """Score variants with a masked model: VCF, BCF or a table, to the same with scores.

    Every record comes out, in order, with all it had. An alternative allele gets scores or, in AGRONT_REASON (column
    `reason`), the reason why not. Negative scores: the model expects the alternative less than the reference.

    Finished parts are kept in OUT.parts: after Ctrl-C, a crash or a full disk the same command continues from there.
    OUT appears when it is complete.
    """

    model: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="MODEL")]
    """A folder with weights, a run of tools/pretrain.py, or a Hugging Face repository such as
    InstaDeepAI/agro-nucleotide-transformer-1b. Or a track of tools/score_genome.py, in which base_wildtype of single
    bases is looked up and nothing is computed."""
    variants: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="VARIANTS")]
    """VCF, plain or compressed, BCF, or a table with the columns chrom, pos (counted from 1), ref and alt, separated by
    tabs; sorted or not."""
    genome: Annotated[str, tyro.conf.arg(metavar="FASTA|STORE")]
    """Genome that the variants were called on: a FASTA file, whose contigs are held in memory, a byte a base; or a
    genome store, of which nothing is held."""
    out: Path
    """The output: .vcf, .vcf.gz (by bgzip, with an index where records are sorted) or .bcf; or a table, .tsv or
    .parquet, with a row for each alternative allele. What exists is not written over."""
    score: tuple[Score, ...] = ("llr",)
    """llr: log p(alternative) - log p(reference) of the token that covers a substitution of up to six bases, masked;
    the mean over both strands and all frames. wildtype: the same without the mask, so that one pass serves many
    variants. base, base_wildtype: the same of single bases, whose probabilities are summed over tokens. pll: as llr,
    for alleles of any length, summed over the tokens that cover them, each masked alone. Each comes with the number (N)
    of strands and frames, and the standard deviation (SD) over them."""
    context: Annotated[int | None, tyro.conf.arg(metavar="INT")] = None
    """Tokens of the window around a variant; those of the model if not given. Half of them take half the time or
    less, and the scores differ."""
    frames: Frames = "all"
    """Of llr and base: all frames in which a token can cover the substitution, or the one that has it in its middle,
    which takes a sixth of the time."""
    strands: Literal["both", "+", "-"] = "both"
    """Read both strands, or one."""
    contig_aliases: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Two names of a contig on each line, where variants and genome differ in them. chr1, Chr1 and 1 are the same
    without it."""
    species: Annotated[str | None, tyro.conf.arg(metavar="NAME")] = None
    """The genome's name in a store that holds several."""
    batch_tokens: int = 4096
    """Tokens, padding included, that a device computes at once. More need more memory."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Of the matrix products; bfloat16 is faster on GPUs and TPUs, and rounds differences of likelihoods."""
    devices: Annotated[int | None, tyro.conf.arg(metavar="INT")] = None
    """Devices (GPUs, TPU cores) to compute on; all of this machine if not given."""

    @property
    def by_track(self) -> bool:
        """Whether MODEL is a track."""
        return self.model.rstrip("/").endswith(".zarr")

    def decisive(self) -> dict[str, Any]:
        """Options that decide the output, apart from the model's weights, variants and genome; JSON-able."""
        names = ("context", "frames", "strands", "precision")
        return {"score": list(self.score), **{name: getattr(self, name) for name in names}}

    def settings(self) -> dict[str, Any]:
        """The same, and the names of model and files; JSON-able."""
        others = {"model": self.model, "variants": str(self.variants), "genome": self.genome, "species": self.species}
        return {**others, **self.decisive()}

    def read_strands(self) -> tuple[Strand, ...]:
        """The strands to read."""
        return ("+", "-") if self.strands == "both" else (self.strands,)


def check_options(options: ScoreVariants) -> None:
    """Refuse, before model and input are read, what cannot be done or written.

    Raises:
        ValueError: see the messages.
    """
    if os.path.lexists(options.out):
        raise ValueError(f"{options.out} exists: remove it, or give another name with --out")
    check_can_write("--out", options.out)
    if not options.score:
        raise ValueError("--score is empty: name at least one, such as llr")
    if len(set(options.score)) < len(options.score):
        raise ValueError("--score names a score twice; leave one out")
    if options.by_track and options.score != ("base_wildtype",):
        raise ValueError(f"{options.model} is a track, which holds one score: give --score base_wildtype")
    if options.by_track and (options.context is not None or options.strands != "both"):
        raise ValueError(
            f"{options.model} is a track, of its own context and both strands: leave --context and --strands out"
        )
    if options.batch_tokens < 1:
        raise ValueError(f"--batch-tokens is {options.batch_tokens}: it must be at least 1")
    if options.context is not None and options.context < 1:
        raise ValueError(f"--context is {options.context}: it must be at least 1 token")
