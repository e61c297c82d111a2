"""The loop: sequences in, part files out."""

import itertools
import time
from collections.abc import Iterator
from typing import NamedTuple

import jax
from agront_model.inference import Embedder

from embedding.embedding_table import EmbeddingTable
from embedding.input_sequence import InputSequence, digest_of
from embedding.part_file import Part
from embedding.part_files import PartFiles
from embedding.progress import EmbeddingBar

# Lost at most when the process is killed, about: how fast a model is, its first part tells, which is a small one.
_PART_SECONDS = 60.0
_FIRST_BATCHES = 4
# In memory at once. A part should be many batches, for only sequences of like length share one.
_PART_BATCHES = 32
_PART_BYTES = 1 << 28


class Totals(NamedTuple):
    """What a loop went through.

    Attributes:
        num_parts: part files.
        num_sequences: sequences, found or embedded.
        num_tokens: their tokens.
        num_tiled: sequences of them that are longer than the model's context.
        num_found: sequences of them that an earlier call has embedded.
        num_tokens_found: their tokens.
    """

    num_parts: int = 0
    num_sequences: int = 0
    num_tokens: int = 0
    num_tiled: int = 0
    num_found: int = 0
    num_tokens_found: int = 0

    def plus(self, part: Part, found: bool) -> "Totals":
        """With a part more."""
        return Totals(
            self.num_parts + 1,
            self.num_sequences + part.num_sequences,
            self.num_tokens + part.num_tokens,
            self.num_tiled + part.num_tiled,
            self.num_found + part.num_sequences * found,
            self.num_tokens_found + part.num_tokens * found,
        )


def embed_parts(
    sequences: Iterator[InputSequence],
    parts: PartFiles,
    table: EmbeddingTable,
    embedder: Embedder,
    bar: EmbeddingBar,
    *,
    batch_tokens: int,
) -> Totals:
    """Embeds what the parts do not hold yet.

    Args:
        sequences: all, from the first on.
        parts: opened; its parts are compared with the sequences, and those missing are added.
        table: the columns.
        embedder: of the model.
        bar: moved on.
        batch_tokens: tokens that all devices compute at once.

    Raises:
        ValueError: the parts hold other sequences.
        OSError: a part cannot be written, as on a full disk; those before it stay.
    """
    totals = Totals()
    for number in range(len(parts)):
        part = parts.read(number)
        _check_same(part, list(itertools.islice(sequences, part.num_sequences)), totals.num_sequences, parts)
        bar.found(part.num_sequences, part.num_tokens)
        totals = totals.plus(part, found=True)
    most_tokens = _PART_BATCHES * batch_tokens
    part_tokens = min(_FIRST_BATCHES * batch_tokens, most_tokens)
    while rows := _next_part(sequences, table, part_tokens):
        begun = time.monotonic()
        part = _embed_part(rows, totals.num_parts, parts, table, embedder, bar)
        totals = totals.plus(part, found=False)
        tokens_in_time = part.num_tokens / max(time.monotonic() - begun, 1e-9) * _PART_SECONDS
        part_tokens = round(min(max(tokens_in_time, batch_tokens), most_tokens))
    return totals


def _next_part(sequences: Iterator[InputSequence], table: EmbeddingTable, part_tokens: int) -> list[InputSequence]:
    """As many sequences as make a part: at least one, unless none is left."""
    rows: list[InputSequence] = []
    num_tokens = 0
    for sequence in sequences:
        rows.append(sequence)
        num_tokens += sequence.tokens.size
        num_vectors = num_tokens if table.per_token else len(rows)
        if num_tokens >= part_tokens or num_vectors * table.row_bytes >= _PART_BYTES:
            break
    return rows


def _embed_part(
    rows: list[InputSequence],
    number: int,
    parts: PartFiles,
    table: EmbeddingTable,
    embedder: Embedder,
    bar: EmbeddingBar,
) -> Part:
    num_tokens = sum(row.tokens.size for row in rows)
    mean_tokens = num_tokens / len(rows)  # rows are not done in order: which of them are is not said
    try:
        embeddings = embedder([row.tokens for row in rows], lambda done: bar.embedded(done, done * mean_tokens))
    except jax.errors.JaxRuntimeError as error:
        if "RESOURCE_EXHAUSTED" not in str(error):
            raise
        raise ValueError(
            "the device's memory is too small for a batch: give the same command with a smaller --batch-tokens"
        ) from error
    num_tiled = int((embeddings.num_tiles > 1).sum())
    part = Part(len(rows), num_tokens, num_tiled, digest_of(rows))
    parts.write(number, part, table.batch(rows, embeddings.vectors, embeddings.num_tiles))
    return part


def _check_same(part: Part, rows: list[InputSequence], first: int, parts: PartFiles) -> None:
    if digest_of(rows) != part.digest:
        where = f"from number {first + 1:,}, {rows[0].id!r}, on" if rows else f"after number {first:,}"
        raise ValueError(
            f"{parts.folder}: its unfinished output was made of other sequences {where}: an input has changed since, "
            "or others are named. Remove that folder to begin anew"
        )
