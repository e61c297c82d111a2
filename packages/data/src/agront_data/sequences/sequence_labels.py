"""Labels in FASTA headers: `>id|1`, `>id|0.73`, `>id|0|1|0`, as the Plants Genomic Benchmark writes them."""

import re
from collections.abc import Iterable
from typing import Literal

LabelType = Literal["int64", "float64", "string"]
"""Type of the labels at one place in the headers: the narrowest that holds all of them."""

# Words before the first "|" in NCBI's own identifiers (`>lcl|NC_003070.9_gene_1`): there it divides no labels.
# https://ncbi.github.io/cxx-toolkit/pages/ch_demo#ch_demo.id1_fetch.html_ref_fasta
_NCBI_TAG = re.compile(
    r"bb[ms]|dbj|emb|gb|gim?|gnl|gpp|lcl|nat|oth|pat|pdb|pgp|pir|prf|ref|sp|tp[deg]|tr", re.IGNORECASE
)
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?(([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?|nan|inf)", re.IGNORECASE)


def split_labels(name: str) -> tuple[str, tuple[str, ...]]:
    """Divides the first word of a header into an identifier and the labels after it.

    Args:
        name: Such as `promoter_7|0.73`, or `lcl|NC_003070.9_gene_1`, which is an identifier as a whole.
    """
    identifier, *labels = name.split("|")
    if not identifier or _NCBI_TAG.fullmatch(identifier):
        return name, ()
    return identifier, tuple(labels)


def label_names(count: int) -> list[str]:
    """Returns names for so many columns of labels: label, label2, label3 and so on."""
    return ["label", *(f"label{number}" for number in range(2, count + 1))][:count]


class LabelTypes:
    """Finds the type of the labels at each place in the headers."""

    def __init__(self) -> None:
        self._types: list[LabelType] = []
        self._counts: list[int] = []
        self._num_sequences = 0

    def add(self, labels: Iterable[str]) -> None:
        """Takes the labels of the next sequence; an empty one is missing."""
        self._num_sequences += 1
        for place, label in enumerate(labels):
            if place == len(self._types):
                self._types.append("int64")
                self._counts.append(0)
            if label:
                self._counts[place] += 1
                if not _NUMBER.fullmatch(label):
                    self._types[place] = "string"
                elif self._types[place] == "int64" and not _INTEGER.fullmatch(label):
                    self._types[place] = "float64"

    def result(self) -> tuple[LabelType, ...]:
        """Returns the types. Whole numbers of which some are missing are float64, which has NaN for them."""
        return tuple(
            "float64" if kind == "int64" and count < self._num_sequences else kind
            for kind, count in zip(self._types, self._counts, strict=True)
        )
