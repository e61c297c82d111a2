"""The loop: input rows to part files."""

import bisect
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import pyarrow as pa

from agront_data.tables.finite_results import check_finite
from agront_data.tables.input_row import Row, Table, digest_of
from agront_data.tables.part_file import Part
from agront_data.tables.part_files import PartFiles
from agront_data.tables.record_batches import row_bytes

# Lost at most when the process is killed, about. The first part, a small one, tells how long a token takes.
_PART_SECONDS = 60.0
_FIRST_BATCHES = 4
# In memory at once. A part should be many batches, for only rows of like length share one.
_PART_BATCHES = 32
_PART_BYTES = 1 << 28


class Totals(NamedTuple):
    """Numbers of a job.

    Attributes:
        num_parts: Part files.
        num_rows: Rows of the table.
        num_inputs: Input rows, found or computed.
        num_tokens: Their tokens.
        num_inputs_found: Input rows of them that an earlier call has computed.
        num_tokens_found: Their tokens.
        counts: Sums of the parts' counts.
    """

    num_parts: int = 0
    num_rows: int = 0
    num_inputs: int = 0
    num_tokens: int = 0
    num_inputs_found: int = 0
    num_tokens_found: int = 0
    counts: Mapping[str, int] = Counter()

    def plus(self, part: Part, num_rows: int, found: bool) -> "Totals":
        """Returns the totals with one part more, of so many rows of the table."""
        return Totals(
            self.num_parts + 1,
            self.num_rows + num_rows,
            self.num_inputs + part.num_inputs,
            self.num_tokens + part.num_tokens,
            self.num_inputs_found + part.num_inputs * found,
            self.num_tokens_found + part.num_tokens * found,
            Counter(self.counts) + Counter(part.counts),
        )


def run_parts(
    rows: Iterator[Row],
    compute: Callable[[list[Row]], pa.RecordBatch],
    table: Table[Row],
    parts: PartFiles,
    *,
    batch_tokens: int,
    count: Callable[[list[Row]], Mapping[str, int]] = lambda rows: {},
    found: Callable[[Part], None] = lambda part: None,
) -> Totals:
    """Computes the rows of a table that the parts do not hold yet.

    Args:
        rows: All input, from the first row on, in the same order at each call.
        compute: From some input rows to their rows of the table, in order.
        table: The table's columns.
        parts: Opened; its parts are compared with the input, and those missing are added.
        batch_tokens: Tokens that are computed at once: a part is a few times as large.
        count: Other numbers of some input rows to keep with the parts and add up, by name.
        found: Called with each part that an earlier call has written.

    Raises:
        ValueError: The parts were made of other input, or one is damaged; or `compute` gave other columns or another
            number of rows than `table` says.
        FloatingPointError: A result is not finite; the message names input, column and value. Parts before it stay.
        OSError: A part cannot be written, as on a full disk; those before it stay.
    """
    totals = Totals()
    for number in range(len(parts)):
        part = parts.read(number)
        inputs = list(itertools.islice(rows, part.num_inputs))
        _check_same(part, inputs, totals.num_inputs, parts)
        found(part)
        totals = totals.plus(part, sum(map(table.num_rows, inputs)), found=True)
    most_tokens = _PART_BATCHES * batch_tokens
    part_tokens = min(_FIRST_BATCHES * batch_tokens, most_tokens)
    while inputs := _next_part(rows, table, part_tokens):
        begun = time.monotonic()
        part = Part(len(inputs), sum(row.num_tokens for row in inputs), count(inputs), digest_of(inputs))
        batch = compute(inputs)
        _check_computed(batch, inputs, table)
        parts.write(totals.num_parts, part, batch)
        totals = totals.plus(part, batch.num_rows, found=False)
        tokens_in_time = part.num_tokens / max(time.monotonic() - begun, 1e-9) * _PART_SECONDS
        part_tokens = round(min(max(tokens_in_time, batch_tokens), most_tokens))
    return totals


def _next_part(rows: Iterator[Row], table: Table[Row], part_tokens: int) -> list[Row]:
    """Returns as many input rows as make a part: at least one, unless none is left."""
    inputs: list[Row] = []
    most_rows = _PART_BYTES / row_bytes(table.schema)
    num_tokens = num_rows = 0
    for row in rows:
        inputs.append(row)
        num_tokens += row.num_tokens
        num_rows += table.num_rows(row)
        if num_tokens >= part_tokens or num_rows >= most_rows:
            break
    return inputs


def _check_computed(batch: pa.RecordBatch, inputs: list[Row], table: Table[Row]) -> None:
    """Refuses at once a part that no output could be made of."""
    num_rows = sum(map(table.num_rows, inputs))
    if batch.num_rows != num_rows:
        raise ValueError(f"{len(inputs)} inputs gave {batch.num_rows} rows of the table, which says {num_rows}")
    if not batch.schema.equals(table.schema):
        raise ValueError(f"columns were computed that are not the table's:\n{batch.schema}\nnot\n{table.schema}")
    ends = list(itertools.accumulate(map(table.num_rows, inputs)))
    check_finite(batch, lambda row: inputs[bisect.bisect_right(ends, row)].id)


def _check_same(part: Part, inputs: list[Row], first: int, parts: PartFiles) -> None:
    if digest_of(inputs) != part.digest:
        where = f"from number {first + 1:,}, {inputs[0].id!r}, on" if inputs else f"after number {first:,}"
        raise ValueError(
            f"{parts.folder}: its unfinished output was made of other input {where}: a file has changed since, or "
            "others are named. Remove that folder to begin anew"
        )
