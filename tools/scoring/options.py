"""The command line of `tools/score_variants.py`."""

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import tyro
from agront_data.variants import Calibration, Score, read_calibration

from scoring.scorer import is_track
from scoring.window_options import WindowOptions, check_windows


@dataclasses.dataclass(frozen=True, kw_only=True)
class VariantOptions:
    """What is scored, and where to."""

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
    of strands and frames, and the standard deviation (SD) over them. calibrated: the score of --calibration minus its
    mean at sites of the same five bases. influence: how much a substitution changes the log-odds of the other bases of
    the window, without a mask. embedding: 1 - cosine, Euclidean distance and dot product of the model's vectors with
    either allele, of the token that covers it and of the mean of the window."""
    calibration: Annotated[Path | None, tyro.conf.arg(metavar="TABLE")] = None
    """Of calibrated: a table of calibrate.py, of the same model and windows."""
    layer: int = -1
    """Of embedding: which hidden state; 0 is that of the embedded tokens, -1 the last."""
    truth: Annotated[str | None, tyro.conf.arg(metavar="NAME")] = None
    """Column of a table, or key of INFO, with labels (0 and 1) or measured effects: prints how well each score agrees,
    AUROC and AUPRC of labels, Spearman's correlation of effects; in all, and by class of substitution."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ScoreVariants(WindowOptions, VariantOptions):
    """Score variants with a masked model: VCF, BCF or a table, to the same with scores.

    Every record comes out, in order, with all it had. An alternative allele gets scores or, in AGRONT_REASON (column
    `reason`), the reason why not. Negative scores: the model expects the alternative less than the reference.

    Finished parts are kept in OUT.parts: after Ctrl-C, a crash or a full disk the same command continues from there.
    OUT appears when it is complete.
    """

    @property
    def by_track(self) -> bool:
        """Whether MODEL is a track."""
        return is_track(self.model)

    def decisive(self) -> dict[str, Any]:
        """Options that decide the output, apart from the model's weights, variants and genome; JSON-able."""
        decisive: dict[str, Any] = {"score": list(self.score), **self.of_windows()}
        if "embedding" in self.score:
            decisive["layer"] = self.layer
        if (calibration := self.mean_scores()) is not None:
            decisive["calibration"] = calibration.digest()
        return decisive

    def settings(self) -> dict[str, Any]:
        """The same, and the names of model and files; JSON-able."""
        others = {"model": self.model, "variants": str(self.variants), "genome": self.genome, "species": self.species}
        return {**others, **self.decisive()}

    def mean_scores(self) -> Calibration | None:
        """What is subtracted; raises as `read_calibration`."""
        return None if self.calibration is None else read_calibration(self.calibration)


def check_options(options: ScoreVariants) -> None:
    """Refuse, before model and input are read, what cannot be done or written.

    Raises:
        ValueError: see the messages.
    """
    check_windows(options, options.out)
    if not options.score:
        raise ValueError("--score is empty: name at least one, such as llr")
    if len(set(options.score)) < len(options.score):
        raise ValueError("--score names a score twice; leave one out")
    if options.by_track and not set(options.score) <= {"base_wildtype", "calibrated"}:
        raise ValueError(
            f"{options.model} is a track, which holds one score: give --score base_wildtype (and calibrated)"
        )
    if ("calibrated" in options.score) != (options.calibration is not None):
        raise ValueError(
            "--score calibrated needs --calibration TABLE, of calibrate.py"
            if options.calibration is None
            else "--calibration is of --score calibrated: name that score, too, or leave the table out"
        )
    if options.layer != -1 and "embedding" not in options.score:
        raise ValueError("--layer is of --score embedding: name that score, too, or leave it out")
    if options.by_track and (options.context is not None or options.strands != "both"):
        raise ValueError(
            f"{options.model} is a track, of its own context and both strands: leave --context and --strands out"
        )
