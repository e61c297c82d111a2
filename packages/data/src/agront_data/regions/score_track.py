"""A number for each base as genome browsers read it: bedGraph, or bigWig by pyBigWig."""

import importlib.util
import itertools
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import numpy as np
from jaxtyping import Float

_BED_GRAPH = (".bedgraph", ".bg", ".bdg")
_BIG_WIG = (".bw", ".bigwig")

Scores = Mapping[str, Mapping[int, float]]
"""By contig and base, counted from 0."""


def check_score_track(path: Path) -> None:
    """Refuses a name that no track can have, before the scores are computed.

    Raises:
        ValueError: Its ending is of neither format, or is bigWig's and pyBigWig is not installed.
    """
    if path.suffix.lower() not in (*_BED_GRAPH, *_BIG_WIG):
        raise ValueError(f"{path}: its ending says the format; give one of {', '.join((*_BED_GRAPH, *_BIG_WIG))}")
    if path.suffix.lower() in _BIG_WIG and importlib.util.find_spec("pyBigWig") is None:
        raise ValueError(
            f"{path}: bigWig needs the package pyBigWig: python -m pip install pyBigWig; or give a name "
            "that ends in .bedgraph"
        )


def write_score_track(path: Path, scores: Scores, lengths: Mapping[str, int]) -> None:
    """Writes the finite ones of scores, contigs by name and bases in order, a base an interval of its own.

    Args:
        path: bedGraph (.bedgraph, .bg, .bdg) or bigWig (.bw, .bigwig); it replaces one of that name once it
            is whole.
        scores: The scores.
        lengths: Bases of each contig.

    Raises:
        ValueError: As `check_score_track`.
        OSError: It cannot be written, as on a full disk.
    """
    check_score_track(path)
    is_text = path.suffix.lower() in _BED_GRAPH
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        if is_text:
            with partial.open("w", encoding="utf-8") as file:
                file.writelines(
                    f"{contig}\t{first}\t{last}\t{score:.6g}\n" for contig, first, last, score in _rows(scores)
                )
        else:
            _write_bigwig(partial, scores, lengths)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _write_bigwig(path: Path, scores: Scores, lengths: Mapping[str, int]) -> None:
    import pyBigWig

    with closing(pyBigWig.open(str(path), "w")) as file:
        file.addHeader([(name, lengths[name]) for name in sorted(scores, key=str.encode)])
        for contig, rows in itertools.groupby(_rows(scores), key=lambda row: row[0]):
            _, starts, ends, values = zip(*rows, strict=True)
            file.addEntries([contig] * len(starts), list(starts), ends=list(ends), values=list(values))


def scores_by_base(contig_scores: list[tuple[str, int, Float[np.ndarray, "_L"]]]) -> dict[str, dict[int, float]]:
    """Joins the scores of pieces, each a contig, its first base and a score for each base; pieces may overlap."""
    scores: dict[str, dict[int, float]] = {}
    for contig, start, values in contig_scores:
        scores.setdefault(contig, {}).update(enumerate(values.tolist(), start))
    return scores


def _rows(scores: Scores) -> Iterator[tuple[str, int, int, float]]:
    for contig in sorted(scores, key=str.encode):
        for base in sorted(scores[contig]):
            if math.isfinite(score := scores[contig][base]):
                yield contig, base, base + 1, score
