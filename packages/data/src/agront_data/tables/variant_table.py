"""`VariantTable`: the columns of scores of variants, a row an alternative allele."""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from agront_data.tables.part_files import PartFiles
from agront_data.variants import Score, ScoredAllele, VariantRow, score_columns

_PLACE = (
    *(("record", pa.int64()), ("chrom", pa.string()), ("pos", pa.int64())),
    *(("ref", pa.string()), ("alt", pa.string())),
)
_REASON = ("reason", pa.string())


@dataclasses.dataclass(frozen=True, kw_only=True)
class VariantTable:
    """The columns of scores of variants, a `Table`: place and alleles as in the file, scores, and a reason.

    Positions are counted from 1, as in VCF; `record` counts the records of the file, from 1.

    Attributes:
        scores: Each has three columns, such as `llr`, `llr_sd` and `llr_n`; those of bases have no `_sd`.
        columns: Names of `VariantRecord.fields`, which are columns too.

    Raises:
        ValueError: A column of the file is named as one of these.
    """

    scores: tuple[Score, ...]
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = [name for name, _ in self._fields]
        for column in self.columns:
            if names.count(column) > 1:
                raise ValueError(
                    f"the file of variants has a column {column!r}, and so has the output: rename the file's"
                )

    @property
    def _fields(self) -> list[tuple[str, pa.DataType]]:
        others = [(name, pa.string()) for name in self.columns]
        return [*_PLACE, *others, *(field for score in self.scores for field in score_fields(score)), _REASON]

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the columns."""
        return pa.schema(self._fields)

    def num_rows(self, row: VariantRow) -> int:
        """Counts the alternative alleles of a record."""
        return len(row.record.alternatives)

    def batch(self, rows: Sequence[VariantRow], found: Sequence[Sequence[ScoredAllele]]) -> pa.RecordBatch:
        """Returns the rows of some records, in their order.

        Args:
            rows: The records.
            found: What each of their alternative alleles has.
        """
        columns: dict[str, list[object]] = {name: [] for name, _ in self._fields}
        for row, alleles in zip(rows, found, strict=True):
            record = row.record
            others = dict(zip(self.columns, record.fields, strict=True)) if self.columns else {}
            for alternative, allele in zip(record.alternatives, alleles, strict=True):
                values: dict[str, object] = {
                    "record": row.number,
                    "chrom": record.contig,
                    "pos": record.position + 1,
                    "ref": record.reference,
                    "alt": alternative,
                    "reason": allele.reason,
                    **others,
                }
                for score, (value, deviation, num_pairs) in allele.scores.items():
                    values |= {score: value, f"{score}_sd": deviation, f"{score}_n": num_pairs}
                for name, column in columns.items():
                    column.append(values.get(name))
        return pa.record_batch([pa.array(columns[name], kind) for name, kind in self._fields], schema=self.schema)


def score_fields(score: Score) -> list[tuple[str, pa.DataType]]:
    """Lists the columns of a score: itself; its deviation over strands and frames, if it has one; their number.

    Those of `calibrated`, `influence` and `embedding` are their numbers alone.
    """
    values = [(column, pa.float64()) for column in score_columns(score)]
    if score in ("calibrated", "influence", "embedding"):
        return values
    fields = [*values, (f"{score}_sd", pa.float64()), (f"{score}_n", pa.int64())]
    return [field for field in fields if field[0] not in ("base_sd", "base_wildtype_sd")]


def annotations(parts: PartFiles, scores: Sequence[Score]) -> Iterator[dict[str, str]]:
    """Yields what each record's INFO gets, one part in memory at a time.

    Args:
        parts: The whole table.
        scores: Those of the table.

    Yields:
        Values by key, `AGRONT_LLR` and so on: one a allele, separated by commas, `.` where there is none. A key without
        any value is left out.
    """
    names = [name for score in scores for name, _ in score_fields(score)] + [_REASON[0]]
    record, values = None, {name: list[str]() for name in names}
    for number in range(len(parts)):
        batch = parts.batch(number)
        columns = [batch[name].to_pylist() for name in names]
        for of_row, *row in zip(batch["record"].to_pylist(), *columns, strict=True):
            if of_row != record and record is not None:
                yield _info(values)
                values = {name: [] for name in names}
            record = of_row
            for name, value in zip(names, row, strict=True):
                values[name].append(_in_words(value))
    if record is not None:
        yield _info(values)


def _info(values: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {f"AGRONT_{name.upper()}": ",".join(each) for name, each in values.items() if set(each) != {"."}}


def _in_words(value: float | str | None) -> str:
    if value is None:
        return "."
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def count_reasons(parts: PartFiles) -> Counter[str | None]:
    """Counts the alleles by the reason why they have no score; None counts those that have one."""
    reasons: Counter[str | None] = Counter()
    for number in range(len(parts)):
        reasons.update(parts.batch(number)[_REASON[0]].to_pylist())
    return reasons
