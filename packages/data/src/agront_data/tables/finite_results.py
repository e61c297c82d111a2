"""Results that are not finite, found before they are in a file."""

import re
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from agront_data.sequences import label_names

# Labels are input: where a file says "nan", so does the table.
_LABEL = re.compile(rf"{label_names(1)[0]}[0-9]*")


def check_finite(batch: pa.RecordBatch, name_of: Callable[[int], str]) -> None:
    """Refuses rows with a result that is NaN or infinite; one may be missing (null), and labels are no results.

    Args:
        batch: Rows of a table.
        name_of: Names a row, by its number in the batch, for the message.

    Raises:
        FloatingPointError: Names the first such row, its column and the value.
    """
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        vector = pa.types.is_fixed_size_list(column.type)
        values = column.flatten() if vector else column
        if not pa.types.is_floating(values.type) or (_LABEL.fullmatch(name) and not vector):
            continue
        bad = ~np.isfinite(values.to_numpy(zero_copy_only=False))
        if values.null_count:  # NumPy has NaN for them
            bad &= values.is_valid().to_numpy(zero_copy_only=False)
        if bad.any():
            place = int(bad.argmax())
            row = place // column.type.list_size if vector else place
            raise FloatingPointError(
                f"{name_of(row)}: {name} holds {values[place].as_py()}, which is no finite number, and is not written: "
                "the model's numbers grow beyond what their format can hold. Compute in float32 if it was bfloat16, "
                "else take other weights"
            )
