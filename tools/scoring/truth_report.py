"""How well scores agree with the labels or effects of a column, as a table to be read by people."""

from collections.abc import Sequence

import numpy as np
from agront_data.metrics import agreement
from agront_data.tables import PartFiles
from agront_data.variant_files import VariantFile
from agront_data.variants import SUBSTITUTION_CLASSES, Score, score_columns, substitution_class, truths_of
from rich.table import Table
from terminal import new_table


def check_truth(variants: VariantFile, name: str) -> None:
    """Read the column of all records once; raises as `truths_of`, or ValueError if it has no number."""
    if not np.isfinite(truths(variants, name)).any():
        raise ValueError(f"{variants.path}: no record has a number in {name} (--truth)")


def truths(variants: VariantFile, name: str) -> np.ndarray:
    """The numbers of all alternative alleles."""
    return np.array([each for record in variants.records() for each in truths_of(record, variants.columns, name)])


def truth_table(parts: PartFiles, variants: VariantFile, name: str, scores: Sequence[Score]) -> Table:
    """Compare each score with the column, in all and by class of substitution."""
    truth = truths(variants, name)
    batches = [parts.batch(number) for number in range(len(parts))]
    alleles = [zip(batch["ref"].to_pylist(), batch["alt"].to_pylist(), strict=True) for batch in batches]
    classes = np.array([substitution_class(*pair) for of_batch in alleles for pair in of_batch])
    table = new_table("score", "substitution", "alleles", "", f"with {name}", "95 % interval")
    for column in (column for score in scores for column in score_columns(score)):
        values = np.concatenate([batch[column].to_numpy(zero_copy_only=False).astype(float) for batch in batches])
        for kind in ("all", *SUBSTITUTION_CLASSES):
            members = (classes == kind) | (kind == "all")
            for each in agreement(truth[members], values[members]):
                interval = f"{each.low:.3f} to {each.high:.3f}"
                table.add_row(column, kind, f"{each.num:,}", each.name, f"{each.value:.3f}", interval)
    return table
