"""A track as bigWig files for genome browsers: letters by their information, entropy, log-odds of the reference."""

import importlib.util
import os
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Float32, UInt8

from agront_data.bases import BASE_BITS, A, C, G, N, T
from agront_data.files import check_new_file
from agront_data.regions import ContigBases
from agront_data.tracks.genome_track import GenomeTrack
from agront_data.tracks.layout import LETTERS
from agront_data.tracks.piece import cut_blocks

SIGNALS = (*LETTERS, "entropy", "ref_log_odds")
_COLUMN = np.array([LETTERS.index("ATCG"[code]) for code in (A, T, C, G)])


def bigwig_paths(prefix: Path) -> dict[str, Path]:
    """Names the files: `PREFIX.A.bw` and so on, by signal."""
    return {signal: prefix.with_name(f"{prefix.name}.{signal}.bw") for signal in SIGNALS}


def check_bigwigs(prefix: Path) -> None:
    """Refuses, before hours of work, what could not be written.

    Raises:
        ValueError: pyBigWig is not installed, a file is there already, or nothing can be written there.
    """
    if importlib.util.find_spec("pyBigWig") is None:
        raise ValueError("bigWig files need pyBigWig, which is not installed: python -m pip install pyBigWig")
    for path in bigwig_paths(prefix).values():
        check_new_file("--bigwig", path)


def write_bigwigs(prefix: Path, track: GenomeTrack, genome: ContigBases) -> list[Path]:
    """Writes a track as six bigWig files, which get their names when all are whole.

    Args:
        prefix: Beginning of their names.
        track: The track.
        genome: Has its contigs.

    Returns:
        The files.

    Raises:
        ValueError: The genome has other contigs, or data of the track are damaged.
        OSError: A file cannot be written, as on a full disk.
    """
    import pyBigWig

    track.check_genome(genome.lengths, track.lengths)
    paths = bigwig_paths(prefix)
    partial = {signal: path.with_name(f"{path.name}.partial") for signal, path in paths.items()}
    try:
        with ExitStack() as stack:
            files = {
                name: stack.enter_context(closing(pyBigWig.open(str(path), "w"))) for name, path in partial.items()
            }
            for file in files.values():
                file.addHeader(list(track.lengths.items()))
            for block in cut_blocks(track.lengths):
                for contig, start, end in block:
                    [bases] = genome.read([(contig, start, end)])
                    _add(files, contig, start, signals(track.read_piece(contig, start, end), bases & BASE_BITS))
        for signal, path in paths.items():
            os.replace(partial[signal], path)
    except RuntimeError as error:
        raise OSError(f"{prefix}: bigWig files cannot be written: {error}; make room") from error
    finally:
        for path in partial.values():
            path.unlink(missing_ok=True)
    return list(paths.values())


def signals(logs: Float[np.ndarray, "L 4"], bases: UInt8[np.ndarray, "L"]) -> dict[str, Float32[np.ndarray, "_L"]]:
    """Computes what the files show of some bases; NaN where the track has none.

    Args:
        logs: Log-probabilities of A, C, G, T; float16 need not add up to 1.
        bases: Codes of the reference, without the soft-mask bit.

    Returns:
        By name: for each letter p · (2 − entropy), a sequence logo's height; the entropy in bits; ln(p / (1 − p)) of
        the reference.
    """
    logs = logs.astype(np.float64)
    p = np.exp(logs)
    p /= p.sum(axis=1, keepdims=True)
    entropy = -(p * np.log2(p)).sum(axis=1)
    heights = p * (2 - entropy)[:, None]
    is_reference = np.arange(4) == _COLUMN[np.minimum(bases, G)][:, None]
    log_odds = np.log(p[is_reference]) - np.log(p[~is_reference].reshape(-1, 3).sum(axis=1))
    log_odds[bases >= N] = np.nan
    found = {**dict(zip(LETTERS, heights.T, strict=True)), "entropy": entropy, "ref_log_odds": log_odds}
    return {name: np.ascontiguousarray(values, np.float32) for name, values in found.items()}


def _add(files: dict[str, Any], contig: str, start: int, found: dict[str, Float32[np.ndarray, "_L"]]) -> None:
    for first, end in _runs(np.isfinite(found["entropy"])):
        for name, values in found.items():
            files[name].addEntries(contig, start + first, values=values[first:end], span=1, step=1)


def _runs(wanted: Bool[np.ndarray, "L"]) -> Iterator[tuple[int, int]]:
    """Yields start and end of each run of what is wanted."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], wanted, [False]]).astype(np.int8)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
