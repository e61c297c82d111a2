"""Tables that take long to compute: part by part, resumable, and in the end one file.

`PartFiles` is the folder of a job that is not finished. `run_parts` goes through the input, computes what the folder
does not hold yet, and writes it there. `write_table` makes one file of the parts: Parquet, NPZ, Zarr or TSV;
`table_format` reads the first three again. A job brings its input (`InputRow`), its columns (`Table`), and a function
from a list of input rows to a `pyarrow.RecordBatch`. The jobs know nothing of the meaning of the numbers;
`EmbeddingTable` has the columns of embeddings, `VariantTable` those of scores of variants.
`DependencyMap` computes and keeps a map of nucleotide dependencies.

Needs pyarrow and zarr: `pip install 'agront-data[tables]'`.
"""

try:
    import pyarrow  # noqa: F401
    import zarr  # noqa: F401
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"agront_data.tables needs {error.name}, which is not installed: python -m pip install 'agront-data[tables]'",
        name=error.name,
    ) from error

from agront_data.tables.dependency_map import DependencyMap
from agront_data.tables.embedding_table import EmbeddingTable, embedding_names
from agront_data.tables.input_row import InputRow, Table
from agront_data.tables.mean_scores import mean_scores
from agront_data.tables.output_file import TableFormat, check_output, table_format, write_table
from agront_data.tables.parquet_rows import parquet_rows
from agront_data.tables.part_file import Part
from agront_data.tables.part_files import PartFiles
from agront_data.tables.part_loop import Totals, run_parts
from agront_data.tables.record_batches import row_bytes
from agront_data.tables.sequence_columns import TOKEN_FIELDS, sequence_columns, sequence_fields, token_columns
from agront_data.tables.variant_table import VariantTable, annotations, count_reasons, score_fields

__all__ = [
    "TOKEN_FIELDS",
    "DependencyMap",
    "EmbeddingTable",
    "InputRow",
    "Part",
    "PartFiles",
    "Table",
    "TableFormat",
    "Totals",
    "VariantTable",
    "annotations",
    "check_output",
    "count_reasons",
    "embedding_names",
    "mean_scores",
    "parquet_rows",
    "row_bytes",
    "run_parts",
    "score_fields",
    "sequence_columns",
    "sequence_fields",
    "table_format",
    "token_columns",
    "write_table",
]
