"""`VariantRow`: a record that is to be scored."""

from typing import NamedTuple

from agront_data.variants.variant_record import VariantRecord


class VariantRow(NamedTuple):
    """A record with its contig in the genome; an `InputRow` of `agront_data.tables`.

    Attributes:
        number: Of the record in its file, counted from 1.
        record: The record.
        contig: The genome's name of its contig; None where the genome has none.
        num_tokens: Tokens that a model reads to score it, at most.
    """

    number: int
    record: VariantRecord
    contig: str | None
    num_tokens: int

    @property
    def id(self) -> str:
        """File and line, or file and number of the record."""
        return self.record.source

    @property
    def content(self) -> bytes:
        """The record as it was read."""
        return self.record.content + b"\n"
