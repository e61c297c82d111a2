"""Finished parts to the output: VCF or BCF with more INFO, or a table."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from agront_data.tables import PartFiles, VariantTable, annotations, check_output, score_fields, write_table
from agront_data.variant_files import InfoField, VariantFile, check_annotated_output, write_annotated
from agront_data.variants import Score

from scoring.options import ScoreVariants

_VCF_ENDINGS = (".vcf", ".vcf.gz", ".bcf")
_TABLE_ENDINGS = (".tsv", ".parquet")
_RATIO = "log p(ALT) - log p(REF) of"
_WITH_BOTH = "of the vectors with REF and with ALT, of the"
_MEANINGS = {
    "llr": f"{_RATIO} the masked token that covers a substitution",
    "wildtype": f"{_RATIO} the token that covers a substitution, not masked",
    "base": f"{_RATIO} the base, its probability summed over masked tokens",
    "base_wildtype": f"{_RATIO} the base, its probability summed over tokens that are not masked",
    "pll": f"{_RATIO} the tokens that cover the alleles, each masked alone",
    "calibrated": f"{_RATIO} a base, minus its mean at sites of the same five bases",
    "influence": "Mean change of the log-odds of the window's other bases, ALT in the place of REF",
    "embedding_cosine": f"1 - cosine {_WITH_BOTH} token that covers a substitution",
    "embedding_l2": f"Euclidean distance {_WITH_BOTH} token that covers a substitution",
    "embedding_dot": f"Dot product {_WITH_BOTH} token that covers a substitution",
    "embedding_mean_cosine": f"1 - cosine {_WITH_BOTH} mean of the window",
    "embedding_mean_l2": f"Euclidean distance {_WITH_BOTH} mean of the window",
    "embedding_mean_dot": f"Dot product {_WITH_BOTH} mean of the window",
}


def check_scored_output(out: Path, variants: VariantFile, scores: Sequence[Score]) -> None:
    """Refuse an output that could not be written.

    Raises:
        ValueError: the ending is none of the five; or VCF or BCF could not hold the input, or has scores already.
    """
    if out.name.endswith(_VCF_ENDINGS):
        check_annotated_output(out, variants, info_fields(scores))
    elif out.suffix in _TABLE_ENDINGS:
        check_output(out, VariantTable(scores=tuple(scores), columns=text_columns(out, variants)).schema)
    else:
        endings = ", ".join((*_VCF_ENDINGS, *_TABLE_ENDINGS))
        raise ValueError(f"{out}: its ending says the format; give one of {endings}")


def text_columns(out: Path, variants: VariantFile) -> tuple[str, ...]:
    """The input's other columns, where the output is a table; VCF and BCF are written from the input itself."""
    return () if out.name.endswith(_VCF_ENDINGS) else variants.columns


def info_fields(scores: Sequence[Score]) -> list[InfoField]:
    """The INFO fields of scores, one value an alternative allele."""
    fields = []
    for column, kind in (field for score in scores for field in score_fields(score)):
        number_kind = "Integer" if pa.types.is_integer(kind) else "Float"
        fields.append(InfoField(f"AGRONT_{column.upper()}", "A", number_kind, _meaning(column)))
    return [*fields, InfoField("AGRONT_REASON", "A", "String", "Why an alternative allele has no score")]


def _meaning(column: str) -> str:
    if column.endswith("_sd"):
        return f"Standard deviation of AGRONT_{column[:-3].upper()} over strands and frames"
    if column.endswith("_n"):
        return f"Number of strands and frames of AGRONT_{column[:-2].upper()}"
    return f"{_MEANINGS[column]}; mean over strands and frames"


def write_scores(
    options: ScoreVariants,
    variants: VariantFile,
    table: VariantTable,
    parts: PartFiles,
    num_rows: int,
    origin: Mapping[str, Any],
) -> None:
    """Make the output of its parts; raises as `write_table` and `write_annotated`."""
    out, metadata = options.out, {**origin, "settings": options.settings()}
    if not out.name.endswith(_VCF_ENDINGS):
        write_table(out, parts, table.schema, num_rows=num_rows, metadata=metadata)
        return
    whole = parts.whole_path(out)
    with parts.writing(whole):
        write_annotated(
            whole,
            out,
            variants,
            info_fields(options.score),
            [f"##agront_score_variants={json.dumps(metadata)}"],
            annotations(parts, options.score),
        )
        move_index(whole, out)
    parts.finish(out, whole)


def move_index(whole: Path, out: Path) -> None:
    """Give the index of an output, where there is one, its name."""
    for ending in (".tbi", ".csi"):
        index = whole.with_name(f"{whole.name}{ending}")
        if index.exists():
            os.replace(index, out.with_name(f"{out.name}{ending}"))
