#!/usr/bin/env python3
"""Fetch genomes from Ensembl Plants or NCBI, verified, for `tools/prepare_data.py`."""

import bootstrap  # noqa: F401
import dataclasses
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import tyro
from agront_data.files import check_can_write
from agront_data.public_genomes import (
    Download,
    ManifestEntry,
    download_files,
    download_of,
    left_out,
    receipted_files,
    remote_sizes,
    select_genomes,
    swap_server,
    verify_file,
)
from rich.console import Console
from rich.filesize import decimal
from terminal import DownloadBars, bars, errors_as_sentences, make_console, read_options, say, shell_command

_REPOSITORY = Path(__file__).parents[1]


@dataclasses.dataclass(frozen=True, kw_only=True)
class FetchGenomes:
    """Fetch genomes from Ensembl Plants or NCBI: resumed where an earlier call broke off, and verified.

    `fetch_genomes.py verify --out FOLDER` compares what is in a folder with what was fetched.
    """

    genomes: Annotated[
        tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="NAME …", help_behavior_hint="(required)")
    ]
    """Presets (tiny, arabidopsis, crops-8, agront-48) or species, as arabidopsis_thaliana."""
    out: Path
    """The folder for the files, each SPECIES.fa.gz."""
    variant: Literal["ensembl-plants", "released"] = "ensembl-plants"
    """Ensembl Plants, as the model card says, or NCBI RefSeq, as the authors' list of files names it."""
    server: str | None = None
    """A mirror with the same tree, as https://mirror.example.org/base, in place of the public server."""
    dry_run: bool = False
    """Say what would be fetched, how much it is and where from."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class VerifyGenomes:
    """Compare fetched genomes with the checksums noted when they came; names what is damaged."""

    out: Path
    """The folder that they were fetched to."""


def describe(entries: Sequence[ManifestEntry], downloads: Sequence[Download], console: Console) -> None:
    """Say what would be fetched; sizes are the servers', else the manifest's."""
    sizes = remote_sizes([download.url for download in downloads])
    known = [entry.num_bytes if size is None else size for entry, size in zip(entries, sizes, strict=True)]
    for entry, download, size in zip(entries, downloads, known, strict=True):
        shown = decimal(size) if size is not None else "size unknown"
        line = f"{download.name}  {entry.assembly or entry.accession}  {shown}  ({entry.status})"
        say(console, f"{line}\n    {download.url}")
    unknown = known.count(None)
    total = decimal(sum(size or 0 for size in known)) if unknown < len(known) else "of unknown size"
    more = f", and {unknown} of unknown size" if 0 < unknown < len(known) else ""
    console.print(f"\n{len(known)} files, {total}{more}; nothing was fetched", highlight=False)


def fetch_genomes(options: FetchGenomes, console: Console) -> None:
    """Fetch and verify, showing progress, and say what comes next."""
    if options.server is not None:
        swap_server("https://server/path", options.server)  # for its check, of use also where nothing is swapped
    entries = select_genomes(options.genomes, options.variant)
    downloads = [download_of(entry, _REPOSITORY, options.server) for entry in entries]
    missing = ", ".join(left_out(options.genomes, entries))
    if missing:
        console.print(f"left out, having no address in the variant {options.variant}: {missing}\n", highlight=False)
    if options.dry_run:
        describe(entries, downloads, console)
        return
    # Bars need the sizes beforehand.
    absent = [d for d in downloads if console.is_terminal and not (options.out / d.name).exists()]
    sizes: dict[str, int | None] = {download.name: None for download in downloads}
    sizes |= zip((d.name for d in absent), remote_sizes([d.url for d in absent]), strict=True)
    check_can_write("--out", options.out, as_folder=True)
    with bars(console) as progress:
        receipts = download_files(downloads, options.out, on_progress=DownloadBars(progress, sizes).show)
    total = f"{len(receipts)} files, {decimal(sum(receipt.num_bytes for receipt in receipts))}, verified"
    console.print(f"\ngenomes  {options.out}  ({total})", highlight=False, markup=False)
    folder = options.out if options.out.name else options.out.resolve()  # "." has no name
    store = folder.with_name(f"{folder.name}-store")
    command = shell_command(Path(__file__).with_name("prepare_data.py"), "--out", store)
    command += f" {shlex.quote(str(options.out))}/*.fa.gz"  # the shell must see the "*"
    say(console, f"next     {command}")


def verify_genomes(options: VerifyGenomes, console: Console) -> None:
    """Verify each file of a folder.

    Raises:
        ValueError: There is none, or one is damaged or has no receipt.
    """
    files = sorted({*receipted_files(options.out), *options.out.glob("*.fa.gz")})
    if not files:
        raise ValueError(f"{options.out}: holds no fetched genome; check the path, or fetch some to it first")
    damaged = []
    with bars(console) as progress:
        task = progress.add_task("")
        for file in files:
            progress.reset(task, description=file.name, total=file.stat().st_size if file.exists() else None)
            state = "whole  "
            try:
                verify_file(file, on_progress=lambda done: progress.update(task, completed=done))
            except ValueError as error:
                state = "damaged"
                damaged.append(str(error))
            console.print(f"{state}  {file.name}", highlight=False, markup=False)
    if damaged:
        raise ValueError("\n".join([f"{len(damaged)} of {len(files)} files are not as they were fetched:", *damaged]))
    console.print(f"\n{len(files)} files are as they were fetched", highlight=False)


def main() -> None:
    """Read the command line; report bad input in a sentence."""
    console = make_console()
    with errors_as_sentences("what has come is kept, and the same command goes on from there"):
        if sys.argv[1:2] == ["verify"]:
            verify_genomes(read_options(VerifyGenomes, 1, prog="fetch_genomes.py verify"), console)
        else:
            fetch_genomes(read_options(FetchGenomes), console)


if __name__ == "__main__":
    main()
