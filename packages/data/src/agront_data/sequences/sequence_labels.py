"""Labels in FASTA headers: `>id|1`, `>id|0.73`, `>id|0|1|0`, as the Plants Genomic Benchmark writes them.

Other headers have a `|` inside a name: `>ENA|LR862139|LR862139.1`, `>000000F|arrow`. So labels are split off on
request, or where all headers of an input are such that no name can be lost.
"""

import re
from collections.abc import Iterable
from typing import Literal

LabelType = Literal["int64", "float64", "string"]
"""Type of the labels at one place in the headers: the narrowest that holds all of them."""

LabelSplit = Literal["auto", "split", "none"]
"""Whether to split labels off: where headers are surely labelled, always, or never."""

# Words before the first "|" in identifiers of NCBI (`>lcl|NC_003070.9_gene_1`) and ENA: there it divides no labels.
# https://ncbi.github.io/cxx-toolkit/pages/ch_demo#ch_demo.id1_fetch.html_ref_fasta
_DATABASE_TAG = re.compile(
    r"bb[ms]|dbj|emb|ena|gb|gim?|gnl|gpp|lcl|nat|oth|pat|pdb|pgp|pir|prf|ref|sp|tp[deg]|tr", re.IGNORECASE
)
# No zero before other digits, and no more digits than a number can have: 00012 would become another word.
_INTEGER = re.compile(r"[+-]?(0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(
    rf"({_INTEGER.pattern}|[+-]?((0|[1-9][0-9]*)\.[0-9]*|\.[0-9]+))(e[+-]?[0-9]{{1,2}})?|[+-]?(nan|inf)", re.IGNORECASE
)


def split_labels(name: str) -> tuple[str, tuple[str, ...]]:
    """Divides the first word of a header into an identifier and the labels after it.

    Args:
        name: Such as `promoter_7|0.73`, or `lcl|NC_003070.9_gene_1`, which is an identifier as a whole.
    """
    identifier, *labels = name.split("|")
    if not identifier or _DATABASE_TAG.fullmatch(identifier):
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
                if not is_number(label):
                    self._types[place] = "string"
                elif self._types[place] == "int64" and not _INTEGER.fullmatch(label):
                    self._types[place] = "float64"

    def result(self) -> tuple[LabelType, ...]:
        """Returns the types. Whole numbers of which some are missing are float64, which has NaN for them."""
        return tuple(
            "float64" if kind == "int64" and count < self._num_sequences else kind
            for kind, count in zip(self._types, self._counts, strict=True)
        )


def is_number(label: str) -> bool:
    """Returns whether a label is a number, and not a word of digits such as 00012, which a number would change."""
    return _NUMBER.fullmatch(label) is not None
