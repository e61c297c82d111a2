"""From checked inputs to the finished output: the model, the parts, the file, the summary."""

import time

import pyarrow as pa
from agront_data.sequences import Inputs, InputSequence, Survey
from agront_data.tables import EmbeddingTable, PartFiles, Totals, row_bytes, run_parts, write_table
from agront_model import AgroNTConfig, Precision, choose_devices
from agront_model.inference import Embedder
from agront_tokenizer import KmerTokenizer
from models import load_checked_weights, origin_of
from rich.console import Console
from rich.filesize import decimal
from terminal import RowsBar, counted, say

from embedding.options import Embed


def embed_inputs(options: Embed, inputs: Inputs, survey: Survey, tokenizer: KmerTokenizer, console: Console) -> None:
    """Embed all sequences, write the output and summarize.

    Args:
        options: the command line.
        inputs: the sequences.
        survey: of the inputs.
        tokenizer: of the model.
        console: takes progress and summary.

    Raises:
        ValueError: the model cannot be used, the unfinished output is another command's, or the input has changed.
        OSError: something cannot be read or written, as on a full disk; finished parts stay.
    """
    devices = choose_devices(options.devices)
    precision = Precision(compute=options.precision)
    pretrained = load_checked_weights(options.model, tokenizer.vocabulary, console, precision)
    config = pretrained.config
    embedder = Embedder(
        pretrained,
        pool=options.pool,
        layers=options.layers,
        overlap=options.overlap,
        batch_tokens=options.batch_tokens,
        devices=devices,
    )
    table = table_of(options, config, survey, tokenizer)
    origin = origin_of(pretrained, tokenizer.vocabulary)
    metadata = {**origin, "layers": list(table.layers), "pool": options.pool, "settings": options.settings()}
    parts = PartFiles.beside(options.out)
    begun = time.monotonic()
    with parts.opened({**options.decisive(), "model": origin["model_fingerprint"], "labels": survey.label_types}):
        num_rows, num_tokens = survey.num_sequences, survey.num_tokens
        with RowsBar(
            console, "embedding", "sequences", num_rows=num_rows, num_tokens=num_tokens, speed="tokens"
        ) as bar:
            totals = run_parts(
                inputs.read(tokenizer, split_labels=survey.split_labels),
                lambda sequences: embed_sequences(sequences, embedder, table, bar),
                table,
                parts,
                batch_tokens=options.batch_tokens * len(devices),
                count=lambda sequences: {"num_tiled": sum(each.num_tokens > config.max_tokens for each in sequences)},
                found=lambda part: bar.found(part.num_inputs, part.num_tokens),
            )
        if totals.num_inputs != survey.num_sequences:
            raise ValueError("an input changed while it was read; give the same command again")
        seconds = time.monotonic() - begun
        with console.status(f"writing {options.out}"):
            write_table(options.out, parts, table.schema, num_rows=totals.num_rows, metadata=metadata)
    summarize(totals, embedder, config, seconds, console)
    size = decimal(totals.num_rows * row_bytes(table.schema))
    say(console, f"embeddings    {options.out}  ({counted(totals.num_rows, 'row')}, {size})")


def table_of(options: Embed, config: AgroNTConfig, survey: Survey, tokenizer: KmerTokenizer) -> EmbeddingTable:
    """The columns of the output.

    Raises:
        ValueError: a hidden state is named twice, or the embeddings of one sequence would not fit the memory.
    """
    table = EmbeddingTable(
        layers=tuple(layer % (config.num_layers + 1) for layer in options.layers),
        embed_dim=config.embed_dim,
        label_types=survey.label_types,
        tokenizer=tokenizer if options.pool == "tokens" else None,
    )
    table.check_memory(survey.most_tokens)
    return table


def embed_sequences(
    sequences: list[InputSequence], embedder: Embedder, table: EmbeddingTable, bar: RowsBar
) -> pa.RecordBatch:
    """Embed some sequences to their rows of the table.

    Raises:
        ValueError: the device's memory is too small.
    """
    # Sequences do not finish in order, and the embedder tells their number only.
    mean_tokens = sum(each.num_tokens for each in sequences) / len(sequences)
    embeddings = embedder([each.tokens for each in sequences], lambda done: bar.computed(done, done * mean_tokens))
    return table.batch(sequences, embeddings.vectors, embeddings.num_tiles)


def summarize(totals: Totals, embedder: Embedder, config: AgroNTConfig, seconds: float, console: Console) -> None:
    """Print a few lines of numbers."""
    speed = (totals.num_tokens - totals.num_tokens_found) / seconds
    lines = [f"{counted(totals.num_inputs, 'sequence')}, {totals.num_tokens:,} tokens"]
    if totals.num_inputs_found:
        lines.append(f"{totals.num_inputs_found:,} of them were embedded before")
    if totals.num_inputs_found < totals.num_inputs:
        lines.append(
            f"{seconds:.1f} s, {speed:,.0f} tokens/s; {embedder.padding_share:.1%} padding; "
            f"{counted(embedder.num_compilations, 'compilation')}, one for each shape of a batch"
        )
    if num_tiled := totals.counts.get("num_tiled"):
        lines.append(
            f"{num_tiled:,} of {counted(totals.num_inputs, 'sequence')} did not fit the context of "
            f"{config.max_tokens:,} tokens: embedded in overlapping pieces, which were merged (column num_tiles)"
        )
    say(console, "embedded      " + "\n              ".join(lines))
