"""From checked inputs to the finished output: model, parts, file, and what is said of it."""

import importlib.metadata
import sys
import time
from typing import Any

import jax
from agront_model import AgroNTConfig, Precision
from agront_model.inference import Embedder
from agront_model.pretrained import model_fingerprint
from agront_tokenizer import AGRONT_VOCABULARY
from models import load_checked_weights
from rich.console import Console
from rich.filesize import decimal
from terminal import shell_command

from embedding.embedding_table import EmbeddingTable
from embedding.finished_parts import FinishedParts
from embedding.inputs import Inputs, Survey
from embedding.options import Embed
from embedding.output_file import write_output
from embedding.part_files import PartFiles
from embedding.part_loop import Totals, embed_parts
from embedding.progress import EmbeddingBar

# Of one sequence, where each of its tokens is kept: they are in memory at once.
_MOST_BYTES = 1 << 32
_DISTRIBUTIONS = ("agront-tokenizer", "agront-data", "agront-model", "jax", "jaxlib", "numpy")


def embed_inputs(options: Embed, inputs: Inputs, survey: Survey, console: Console) -> None:
    """Embed all sequences, write the output and say what was done.

    Raises:
        ValueError: the model cannot be used, what is unfinished is another command's, or the input has changed.
        OSError: something cannot be read or written, as on a full disk; what is finished stays.
    """
    devices = chosen_devices(options.devices)
    precision = Precision(compute=options.precision)
    pretrained, source = load_checked_weights(options.model, AGRONT_VOCABULARY, console, precision)
    config = pretrained.config
    fingerprint = model_fingerprint(pretrained.params, config)
    embedder = Embedder(
        pretrained,
        pool=options.pool,
        layers=options.layers,
        overlap=options.overlap,
        batch_tokens=options.batch_tokens,
        devices=devices,
    )
    table = EmbeddingTable(
        layers=tuple(layer % (config.num_layers + 1) for layer in options.layers),
        embed_dim=config.embed_dim,
        label_types=survey.label_types,
        per_token=options.pool == "tokens",
    )
    if len(set(table.layers)) < len(table.layers):
        raise ValueError(f"--layers {' '.join(map(str, options.layers))} names a hidden state twice; leave one out")
    check_memory(table, survey)
    parts = PartFiles(options.parts_folder)
    decisive = {**options.decisive(), "model": fingerprint, "labels": survey.label_types}
    begun = time.monotonic()
    with parts.opened(decisive):
        with EmbeddingBar(console, num_sequences=survey.num_sequences, num_tokens=survey.num_tokens) as bar:
            total_batch = options.batch_tokens * len(devices)
            totals = embed_parts(inputs.read(), parts, table, embedder, bar, batch_tokens=total_batch)
        if totals.num_sequences != survey.num_sequences:
            raise ValueError("an input changed while it was read; give the same command again")
        seconds = time.monotonic() - begun
        num_rows = totals.num_tokens if table.per_token else totals.num_sequences
        finished = FinishedParts(files=parts, num_parts=totals.num_parts, num_rows=num_rows)
        with console.status(f"writing {options.out}"):
            write_output(options.out, table, finished, metadata_of(options, table, source.name, config, fingerprint))
    summarize(totals, embedder, config, seconds, console)
    say(console, f"embeddings    {options.out}  ({counted(num_rows, 'row')}, {decimal(num_rows * table.row_bytes)})")


def summarize(totals: Totals, embedder: Embedder, config: AgroNTConfig, seconds: float, console: Console) -> None:
    """Say in a few lines what was done."""
    speed = (totals.num_tokens - totals.num_tokens_found) / seconds
    lines = [f"{counted(totals.num_sequences, 'sequence')}, {totals.num_tokens:,} tokens"]
    if totals.num_found:
        lines.append(f"{totals.num_found:,} of them were embedded before")
    if totals.num_found < totals.num_sequences:
        lines.append(
            f"{seconds:.1f} s, {speed:,.0f} tokens/s; {embedder.padding_share:.1%} padding; "
            f"{counted(embedder.num_compilations, 'compilation')}, one for each shape of a batch"
        )
    if totals.num_tiled:
        lines.append(
            f"{totals.num_tiled:,} of {counted(totals.num_sequences, 'sequence')} did not fit the context of "
            f"{config.max_tokens:,} tokens: embedded in overlapping pieces, which were merged (column num_tiles)"
        )
    say(console, "embedded      " + "\n              ".join(lines))


def counted(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def say(console: Console, text: str) -> None:
    """Print text as it is, to be copied."""
    console.print(text, highlight=False, markup=False, soft_wrap=True)


def chosen_devices(number: int | None) -> list[jax.Device]:
    """The first devices of this machine, or all.

    Raises:
        ValueError: there are not so many.
    """
    devices = jax.local_devices()
    if number is not None and not 1 <= number <= len(devices):
        raise ValueError(f"--devices is {number}: this machine has {len(devices)} ({devices[0].device_kind})")
    return devices[:number]


def check_memory(table: EmbeddingTable, survey: Survey) -> None:
    """Refuse a sequence whose tokens' embeddings would not fit the memory.

    Raises:
        ValueError: there is one.
    """
    num_bytes = survey.most_tokens * table.row_bytes
    if table.per_token and num_bytes > _MOST_BYTES:
        raise ValueError(
            f"the longest sequence has {survey.most_tokens:,} tokens, whose embeddings take {decimal(num_bytes)} of "
            "memory at once; cut it with --tile 6138"
        )


def metadata_of(
    options: Embed, table: EmbeddingTable, name: str, config: AgroNTConfig, fingerprint: str
) -> dict[str, Any]:
    """What the output says of itself; JSON-able."""
    return {
        "model": name,
        "model_fingerprint": fingerprint,
        "layer_norm_eps": config.layer_norm_eps,
        "max_tokens": config.max_tokens,
        "vocabulary_fingerprint": AGRONT_VOCABULARY.fingerprint,
        "layers": list(table.layers),
        "pool": options.pool,
        "settings": options.settings(),
        "versions": {name: importlib.metadata.version(name) for name in _DISTRIBUTIONS},
        "command": shell_command(sys.argv[0], *sys.argv[1:]),
    }
