"""Files of variants: VCF, BCF and tables, read record by record; and VCF and BCF with more INFO in each record.

>>> from agront_data.variant_files import open_variants
>>> variants = open_variants("calls.vcf.gz")  # doctest: +SKIP
>>> for record in variants.records():  # doctest: +SKIP
...     print(record.contig, record.position, record.reference, record.alternatives)

What a text VCF says is kept byte by byte, whatever programs wrote it; BCF is read and written by htslib.

Needs pysam: `pip install 'agront-data[variant_files]'`.
"""

try:
    import pysam  # noqa: F401
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"agront_data.variant_files needs {error.name}, which is not installed: python -m pip install "
        "'agront-data[variant_files]'",
        name=error.name,
    ) from error

from agront_data.variant_files.annotated_output import check_annotated_output, write_annotated, write_annotated_blocks
from agront_data.variant_files.info_field import InfoField
from agront_data.variant_files.record_block import RecordBlock, survey_blocks
from agront_data.variant_files.variant_file import VariantFile, open_variants

__all__ = [
    "InfoField",
    "RecordBlock",
    "VariantFile",
    "check_annotated_output",
    "open_variants",
    "survey_blocks",
    "write_annotated",
    "write_annotated_blocks",
]
