"""A file of variants read once, before hours are spent on the half that is right."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from agront_data.variants.variant_record import VariantRecord
from agront_data.variants.variant_row import VariantRow


class VariantSurvey(NamedTuple):
    """Numbers of all records of a file.

    Attributes:
        num_records: How many there are.
        num_tokens: Tokens that a model reads to score them, at most.
        contigs: Names of their contigs, in the order of the file.
    """

    num_records: int
    num_tokens: int
    contigs: tuple[str, ...]


Cost = Callable[[VariantRecord, VariantRecord | None], int]
"""Cost of a record after the one before it, None of the first, such as `VariantScoring.num_tokens`."""


def survey_variants(records: Iterable[VariantRecord], num_tokens: Cost) -> VariantSurvey:
    """Reads all records once; raises what reading them raises.

    Args:
        records: All records of a file.
        num_tokens: Cost of one.
    """
    num_records = total = 0
    contigs: dict[str, None] = {}
    before = None
    for record in records:
        num_records += 1
        total += num_tokens(record, before)
        contigs[record.contig] = None
        before = record
    return VariantSurvey(num_records, total, tuple(contigs))


def variant_rows(
    records: Iterable[VariantRecord], contigs: Mapping[str, str], num_tokens: Cost
) -> Iterator[VariantRow]:
    """Yields the rows to be scored, in the order of the file; raises what reading them raises.

    Args:
        records: All records of the file.
        contigs: The genome's name of each contig that it has.
        num_tokens: As for `survey_variants`.
    """
    before = None
    for number, record in enumerate(records, 1):
        yield VariantRow(number, record, contigs.get(record.contig), num_tokens(record, before))
        before = record
