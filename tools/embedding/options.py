"""The command line of `tools/embed.py`."""

import dataclasses
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from agront_data.files import check_can_write
from agront_data.sequences import LabelSplit
from agront_data.tables import table_format
from agront_model.inference import Pool
from agront_model.pretrained import peek_config
from pictures import check_umap_is_installed
from terminal import check_picture_name


@dataclasses.dataclass(frozen=True, kw_only=True)
class Embed:
    """Turn sequences into embeddings: FASTA files, or BED files and a genome, to Parquet, NPZ or Zarr.

    Finished parts are kept in OUT.parts: after Ctrl-C, a crash or a full disk the same command continues from there.
    OUT appears when it is complete.
    """

    model: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="MODEL")]
    """A folder with weights, a run of tools/pretrain.py, or a Hugging Face repository such as
    InstaDeepAI/agro-nucleotide-transformer-1b."""
    inputs: Annotated[
        tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="[NAME=]FILE …", help_behavior_hint="(required)")
    ]
    """FASTA files, plain or compressed; with --genome BED files, whose blocks (exons) are not joined. NAME is what the
    column `species` says, and the genome in a store; without it the file's name without its endings.
    An id may occur more than once: rows keep the order of the input."""
    out: Path
    """The output: FILE.parquet, FILE.npz (whose words all take the room of the longest) or FOLDER.zarr. What
    exists is not written over."""
    genome: Annotated[str | None, tyro.conf.arg(metavar="FASTA|STORE")] = None
    """Genome that the BED files are about: a FASTA file, or a genome store (faster where regions are in no order)."""
    tile: Annotated[int | None, tyro.conf.arg(metavar="INT")] = None
    """Cut contigs, or the regions of BED files, into tiles of so many bases and embed each; tiles of N alone are left
    out. 6138 bases fill the published model's context."""
    step: Annotated[int | None, tyro.conf.arg(metavar="INT")] = None
    """Bases from the start of a tile to the next; --tile if not given."""
    labels: LabelSplit = "auto"
    """Split labels in headers (>id|1) off, as columns label, label2, …: always, never, or where all are numbers,
    equally many, and no two ids become one."""
    pool: Pool = "mean"
    """One embedding a sequence: the mean over its tokens without <cls>, or that of <cls>; or one for each token, with
    the bases it stands for."""
    layers: tuple[int, ...] = (-1,)
    """Hidden states to write: 0 are the embedded tokens, 1 comes after the first layer, -1 is the last."""
    overlap: Annotated[int | None, tyro.conf.arg(metavar="INT")] = None
    """Tokens that the pieces share which a sequence longer than the model's context is cut into; an eighth of the
    context if not given."""
    batch_tokens: int = 4096
    """Tokens, padding included, that a device computes at once. More need more memory."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Of the matrix products; bfloat16 is faster on GPUs and TPUs. Embeddings are float32 in either case."""
    devices: Annotated[int | None, tyro.conf.arg(metavar="INT")] = None
    """Devices (GPUs, TPU cores) to compute on; all of this machine if not given."""
    umap: Annotated[Path | None, tyro.conf.arg(metavar="PNG")] = None
    """Also draw the embeddings of the first layer in two dimensions: a PNG. Where OUT is finished, only this is done,
    whatever command has made it. Needs the package umap-learn."""
    colour_by: str = "species"
    """Column whose values colour the picture: species, contig, strand, label, …"""

    def decisive(self) -> dict[str, Any]:
        """Options that decide the output, apart from the model's weights and the input files; JSON-able."""
        names = ("tile", "step", "pool", "layers", "overlap", "precision")
        values = {name: getattr(self, name) for name in names}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    def settings(self) -> dict[str, Any]:
        """The same, and the names of model and files; JSON-able."""
        others = {name: getattr(self, name) for name in ("model", "genome", "labels")}
        return {**others, "inputs": list(self.inputs), **self.decisive()}


def check_output_name(out: Path) -> None:
    """Refuse what cannot become an output.

    Raises:
        ValueError: the ending is none of the three, or the folder is missing.
    """
    table_format(out)
    check_can_write("--out", out)


def check_options(options: Embed) -> None:
    """Refuse, before model and input are read, what no model can do and what could not be written.

    Raises:
        ValueError: see the messages.
    """
    check_output_name(options.out)
    first = "".join(options.inputs[:1])
    if Path(options.model).is_file() and peek_config(first) is not None:
        raise ValueError(f"{options.model} is a file, and {first} a model: give the model first, then the files")
    if not options.layers:
        raise ValueError("--layers is empty: name at least one hidden state, such as -1 for the last")
    if options.batch_tokens < 1:
        raise ValueError(f"--batch-tokens is {options.batch_tokens}: it must be at least 1")
    if options.umap is None:
        return
    check_picture_name("--umap", options.umap)
    if options.pool == "tokens":
        raise ValueError("--umap draws a point for each sequence, and --pool tokens has none: give mean or cls")
    check_umap_is_installed()
