"""Finished parts to the output: VCF or BCF with more INFO, or a table."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agront_data.tables import PartFiles, VariantTable, annotations, check_output, score_fields, write_table
from agront_data.variant_files import InfoField, VariantFile, check_annotated_output, write_annotated
from agront_data.variants import Score, score_columns

from scoring.options import ScoreVariants

_VCF_ENDINGS = (".vcf", ".vcf.gz", ".bcf")
_TABLE_ENDINGS = (".tsv", ".parquet")
_MEANINGS = {
    "llr": "the masked token that covers a substitution",
    "wildtype": "the token that covers a substitution, not masked",
    "base": "the base, its probability summed over masked tokens",
    "base_wildtype": "the base, its probability summed over tokens that are not masked",
    "calibrated": "the base or token, minus its mean at sites of the same five bases",
    "pll": "the tokens that cover the alleles, each masked alone",
}
_DISTANCES = {"cosine": "1 - cosine", "l2": "Euclidean distance", "dot": "Dot product"}


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
    for score in scores:
        if score == "embedding":
            fields += _embedding_fields()
            continue
        if score == "influence":
            meaning = "Mean change of log-odds of the other bases of the window by ALT; mean over strands and frames"
            fields.append(InfoField("AGRONT_INFLUENCE", "A", "Float", meaning))
            continue
        name = f"AGRONT_{score.upper()}"
        meanings = {
            name: ("Float", f"log p(ALT) - log p(REF) of {_MEANINGS[score]}; mean over strands and frames"),
            f"{name}_SD": ("Float", f"Standard deviation of {name} over strands and frames"),
            f"{name}_N": ("Integer", f"Number of strands and frames of {name}"),
        }
        columns = [f"AGRONT_{column.upper()}" for column, _ in score_fields(score)]
        fields += [InfoField(column, "A", *meanings[column]) for column in columns]
    return [*fields, InfoField("AGRONT_REASON", "A", "String", "Why an alternative allele has no score")]


def _embedding_fields() -> list[InfoField]:
    fields = []
    for column in score_columns("embedding"):
        distance, of_mean = _DISTANCES[column.rpartition("_")[2]], "_mean_" in column
        what = "means of the window" if of_mean else "vectors of the token that covers a substitution"
        meaning = f"{distance} of the {what}, with REF and with ALT; mean over strands and frames"
        fields.append(InfoField(f"AGRONT_{column.upper()}", "A", "Float", meaning))
    return fields


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
        for ending in (".tbi", ".csi"):
            index = whole.with_name(f"{whole.name}{ending}")
            if index.exists():
                os.replace(index, out.with_name(f"{out.name}{ending}"))
    parts.finish(out, whole)
