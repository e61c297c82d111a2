"""Options of all that scores substitutions in masked windows."""

import dataclasses
import os
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from agront_data.files import check_can_write
from agront_data.variants import ContigNames, Frames, Strand, read_contig_aliases


@dataclasses.dataclass(frozen=True, kw_only=True)
class WindowOptions:
    """How windows are read, and on what."""

    context: Annotated[int | None, tyro.conf.arg(metavar="INT")] = None
    """Tokens of the window around a variant; those of the model if not given. Half of them take half the time or
    less, and the scores differ."""
    frames: Frames = "all"
    """Of llr: all frames in which a token can cover the substitution, or the one that has it in its middle, which
    takes a sixth of the time."""
    strands: Literal["both", "+", "-"] = "both"
    """Read both strands, or one."""
    contig_aliases: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Two names of a contig on each line, where files and genome differ in them. chr1, Chr1 and 1 are the same without
    it."""
    species: Annotated[str | None, tyro.conf.arg(metavar="NAME")] = None
    """The genome's name in a store that holds several."""
    batch_tokens: int = 4096
    """Tokens, padding included, that a device computes at once. More need more memory."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Of the matrix products; bfloat16 is faster on GPUs and TPUs, and rounds differences of likelihoods."""
    devices: Annotated[int | None, tyro.conf.arg(metavar="INT")] = None
    """Devices (GPUs, TPU cores) to compute on; all of this machine if not given."""

    def of_windows(self) -> dict[str, Any]:
        """Options of windows that decide the output; JSON-able."""
        return {name: getattr(self, name) for name in ("context", "frames", "strands", "precision")}

    def read_strands(self) -> tuple[Strand, ...]:
        """The strands to read."""
        return ("+", "-") if self.strands == "both" else (self.strands,)

    def contig_names(self) -> ContigNames:
        """What finds contigs in the genome; raises as `read_contig_aliases`."""
        return ContigNames() if self.contig_aliases is None else read_contig_aliases(self.contig_aliases)


def check_windows(options: WindowOptions, out: Path) -> None:
    """Refuse, before model and input are read, what cannot be done or written.

    Raises:
        ValueError: see the messages.
    """
    if os.path.lexists(out):
        raise ValueError(f"{out} exists: remove it, or give another name with --out")
    check_can_write("--out", out)
    if options.batch_tokens < 1:
        raise ValueError(f"--batch-tokens is {options.batch_tokens}: it must be at least 1")
    if options.context is not None and options.context < 1:
        raise ValueError(f"--context is {options.context}: it must be at least 1 token")
