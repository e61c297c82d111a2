"""The command line of `tools/mutagenesis.py`."""

import dataclasses
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from agront_data.files import check_can_write
from agront_data.regions import check_score_track
from pictures import DRAWN_ENDINGS
from scoring import WindowOptions, check_windows
from terminal import check_picture_name

_TABLE_ENDINGS = (".tsv", ".parquet")


@dataclasses.dataclass(frozen=True, kw_only=True)
class RegionOptions:
    """What is mutated, and where to."""

    model: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="MODEL")]
    """A folder with weights, a run of tools/pretrain.py, or a Hugging Face repository such as
    InstaDeepAI/agro-nucleotide-transformer-1b."""
    region: Annotated[
        tuple[tuple[str, ...], ...], tyro.conf.UseAppendAction, tyro.conf.arg(metavar="CHR:FIRST-LAST …")
    ] = ()
    """Regions of the genome as samtools writes them, counted from 1 with both ends; chr1 alone is all of it."""
    bed: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Or those of a BED file."""
    genome: Annotated[str | None, tyro.conf.arg(metavar="FASTA|STORE")] = None
    """The genome of --region or --bed: a FASTA file, whose contigs are held in memory, a byte a base; or a genome
    store."""
    fasta: Annotated[str | None, tyro.conf.arg(metavar="FILE")] = None
    """Or sequences: each record is a region, and windows end at its ends."""
    score: Literal["llr", "wildtype"] = "llr"
    """Read the token of each base behind <mask>, or as it is: then a few passes serve a whole region. See
    score_variants.py."""
    out: Path
    """The table, .tsv or .parquet, with a row for each substitution. What exists is not written over."""
    bedgraph: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Also write the mean of each position's three scores as a track: .bedgraph; or bigWig, .bw, which needs the
    package pyBigWig."""
    plot: Annotated[Path | None, tyro.conf.arg(metavar="FILE.png|.svg|.pdf")] = None
    """Also draw each region: a sequence logo of what the model expects, and the score of each substitution. Of several
    regions each gets a file, its place before the ending."""
    dependencies: Annotated[Path | None, tyro.conf.arg(metavar="FILE.npz")] = None
    """Also compute for each two positions of a region how much substitutions of the first change the odds of bases at
    the second: a map, and FILE.png. Each region is read alone, without a mask, on both strands in all six phases, and
    may not be longer than the context. Of several regions each gets a file, its place before the ending. A map that is
    there is not computed again."""
    gff: Annotated[Path | None, tyro.conf.arg(metavar="GFF3")] = None
    """Genes to draw below pictures, plain or compressed."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mutagenesis(WindowOptions, RegionOptions):
    """Score all substitutions of regions with a masked model: saturation mutagenesis in silico.

    Scores are those of score_variants.py: log p(alternative) - log p(reference), the mean over strands and frames.

    Finished parts are kept in OUT.parts: after Ctrl-C, a crash or a full disk the same command continues from there.
    OUT appears when it is complete; so does each map of --dependencies, which are computed first.
    """

    def settings(self) -> dict[str, Any]:
        """All that decides the output, and the names of model and files; JSON-able."""
        others = {name: getattr(self, name) for name in ("model", "genome", "fasta", "species")}
        bed = None if self.bed is None else str(self.bed)
        return {**others, "region": self.given_regions(), "bed": bed, "score": self.score, **self.of_windows()}

    def given_regions(self) -> list[str]:
        """All that follows --region, which may be given again and again."""
        return [text for texts in self.region for text in texts]


def check_options(options: Mutagenesis) -> None:
    """Refuse, before model and input are read, what cannot be done or written.

    Raises:
        ValueError: see the messages.
    """
    given = [bool(options.given_regions()), options.bed is not None, options.fasta is not None]
    if sum(given) != 1:
        raise ValueError("say what to mutate: --region with --genome, --bed with --genome, or --fasta alone")
    if options.fasta is None and options.genome is None:
        raise ValueError("--region and --bed are places of a genome: give it with --genome")
    if options.fasta is not None and (options.genome is not None or options.species is not None):
        raise ValueError("--fasta has sequences of its own: leave out --genome and --species")
    check_windows(options, options.out)
    if options.out.suffix not in _TABLE_ENDINGS:
        raise ValueError(f"{options.out}: its ending says the format; give one of {', '.join(_TABLE_ENDINGS)}")
    if options.bedgraph is not None:
        check_can_write("--bedgraph", options.bedgraph)
        check_score_track(options.bedgraph)
    if options.plot is not None:
        check_picture_name("--plot", options.plot, DRAWN_ENDINGS)
    if options.dependencies is not None:
        check_can_write("--dependencies", options.dependencies)
        if options.dependencies.suffix != ".npz":
            raise ValueError(f"--dependencies is {options.dependencies}: name a file that ends in .npz")
        if options.plot is not None and options.plot.absolute() == options.dependencies.with_suffix(".png").absolute():
            raise ValueError(f"--plot is {options.plot}: --dependencies draws a picture of that name; give another one")
    if options.gff is not None and options.plot is None and options.dependencies is None:
        raise ValueError("--gff draws genes below a picture: give its name with --plot, or leave it out")
