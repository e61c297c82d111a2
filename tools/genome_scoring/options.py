"""The command line of `tools/score_genome.py`."""

import dataclasses
import os
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from agront_data.files import check_can_write
from agront_data.tracks import check_bigwigs


@dataclasses.dataclass(frozen=True, kw_only=True)
class ScoreGenome:
    """Compute a track: a model's log-probabilities of A, C, G, T at every base of a genome.

    Tokens are read without a mask, in all frames of both strands; the mean over those is the one that the score
    base_wildtype of score_variants.py compares. A base that no token covers, such as N, has NaN.

    Finished parts are kept in TRACK.parts: after Ctrl-C, a crash or a full disk the same command continues from there.
    TRACK appears when it is complete. To share out a genome, give each process some of the --contigs and a TRACK of its
    own.
    """

    model: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="MODEL")]
    """A folder with weights, a run of tools/pretrain.py, or a Hugging Face repository such as
    InstaDeepAI/agro-nucleotide-transformer-1b."""
    genome: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="FASTA|STORE")]
    """A FASTA file, whose contigs are held in memory, a byte a base; or a genome store, of which nothing is held."""
    out: Annotated[Path, tyro.conf.arg(metavar="TRACK.zarr")]
    """The track: a Zarr folder with an array a contig, [bases, 4] in float16. What exists is not written over."""
    contigs: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME …")] = ()
    """Contigs to compute; all if none is named."""
    species: Annotated[str | None, tyro.conf.arg(metavar="NAME")] = None
    """The genome's name in a store that holds several."""
    context: Annotated[int | None, tyro.conf.arg(metavar="INT")] = None
    """Tokens of a tile; those of the model if not given. Tiles overlap by half, and each token is taken from the one in
    which it is farthest from the ends."""
    bigwig: Annotated[Path | None, tyro.conf.arg(metavar="PREFIX")] = None
    """Also write PREFIX.A.bw and so on for genome browsers: the letters' heights p * (2 - entropy), the entropy in
    bits, and ln(p / (1 - p)) of the reference base. Where TRACK is finished, only this is done. Needs pyBigWig."""
    batch_tokens: int = 4096
    """Tokens, padding included, that a device computes at once. More need more memory."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Of the matrix products; bfloat16 is faster on GPUs and TPUs, and rounds."""
    devices: Annotated[int | None, tyro.conf.arg(metavar="INT")] = None
    """Devices (GPUs, TPU cores) to compute on; all of this machine if not given."""

    def decisive(self) -> dict[str, Any]:
        """Options that decide the output, apart from the model's weights and the genome; JSON-able."""
        return {"contigs": list(self.contigs), "context": self.context, "precision": self.precision}


def check_options(options: ScoreGenome) -> None:
    """Refuse, before model and genome are read, what cannot be done or written.

    Raises:
        ValueError: see the messages.
    """
    if options.out.suffix != ".zarr":
        raise ValueError(f"--out is {options.out}: a track is a Zarr folder; give a name that ends in .zarr")
    if os.path.lexists(options.out) and options.bigwig is None:
        raise ValueError(
            f"{options.out} exists: remove it, or give another name with --out (--bigwig PREFIX would write bigWig "
            "files of it)"
        )
    check_can_write("--out", options.out)
    if len(set(options.contigs)) < len(options.contigs):
        raise ValueError("--contigs names a contig twice; leave one out")
    if options.batch_tokens < 1:
        raise ValueError(f"--batch-tokens is {options.batch_tokens}: it must be at least 1")
    if options.context is not None and options.context < 1:
        raise ValueError(f"--context is {options.context}: it must be at least 1 token")
    if options.bigwig is not None:
        check_bigwigs(options.bigwig)
