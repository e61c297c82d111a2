"""The command line of `tools/calibrate.py`."""

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import tyro
from agront_data.variants import CalibratedScore
from scoring import WindowOptions, check_windows, is_track


@dataclasses.dataclass(frozen=True, kw_only=True)
class SiteOptions:
    """What is scored where, and where to."""

    model: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="MODEL")]
    """A folder with weights, a run of tools/pretrain.py, or a Hugging Face repository such as
    InstaDeepAI/agro-nucleotide-transformer-1b. Or a track of tools/score_genome.py, in which base_wildtype is looked
    up and nothing is computed."""
    genome: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="FASTA|STORE")]
    """A FASTA file, whose contigs are held in memory, a byte a base; or a genome store, of which nothing is held."""
    out: Annotated[Path, tyro.conf.arg(metavar="TABLE.tsv")]
    """The table, for --calibration of score_variants.py. What exists is not written over."""
    score: CalibratedScore = "llr"
    """The score to calibrate; see score_variants.py. Of a track, base_wildtype."""
    sites: int = 32
    """Sites of each five bases, drawn at random; both strands are one, so that there are 512 of them, or 1,024 if
    --strands names one. Fewer where the genome has fewer. Of a track, 1000 take seconds."""
    gff: Annotated[Path | None, tyro.conf.arg(metavar="GFF3")] = None
    """Draw sites outside of these genes. If not given, soft-masked sites (lower case: repeats) are drawn."""
    seed: int = 0
    """The same seed draws the same sites."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Calibrate(WindowOptions, SiteOptions):
    """Make the table that calibrates a score of variants: its mean at sites of the same five bases.

    How likely a model finds a substitution follows how often it happens, and that depends on the bases beside it: CG
    becomes TG more often than others. At sites where selection hardly acts the mean score is that part of it.

    Finished parts are kept in TABLE.parts: after Ctrl-C or a crash the same command continues from there.
    """

    @property
    def by_track(self) -> bool:
        """Whether MODEL is a track."""
        return is_track(self.model)

    def decisive(self) -> dict[str, Any]:
        """Options that decide the output, apart from the model's weights and the genome; JSON-able."""
        gff = None if self.gff is None else str(self.gff)
        return {"score": self.score, "sites": self.sites, "gff": gff, "seed": self.seed, **self.of_windows()}


def check_options(options: Calibrate) -> None:
    """Refuse, before model and genome are read, what cannot be done or written.

    Raises:
        ValueError: see the messages.
    """
    check_windows(options, options.out)
    if options.out.suffix != ".tsv":
        raise ValueError(f"--out is {options.out}: the table is text in columns; give a name that ends in .tsv")
    if options.sites < 1:
        raise ValueError(f"--sites is {options.sites}: it must be at least 1")
    if options.seed < 0:
        raise ValueError(f"--seed is {options.seed}: it must be at least 0")
    if options.by_track and options.score != "base_wildtype":
        raise ValueError(f"{options.model} is a track, which holds one score: give --score base_wildtype")
    if options.by_track and (options.context is not None or options.strands != "both"):
        raise ValueError(
            f"{options.model} is a track, of its own context and both strands: leave --context and --strands out"
        )
