"""`GenomeTrack`: log-probabilities of the four bases at every base of a genome, read."""

import dataclasses
import json
from collections import deque
from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import tensorstore as ts
from jaxtyping import Float16, Int

from agront_data.genome_names import first_names, unknown_names
from agront_data.tracks import layout
from agront_data.tracks.piece import PIECE_BASES

_READS_AHEAD = 8  # of at most 2 MiB each


@dataclasses.dataclass(frozen=True)
class GenomeTrack:
    """A track that `tools/score_genome.py` has written.

    Attributes:
        path: Its folder.
        attributes: Where it comes from: model, genome, context, versions.
        lengths: Bases of each contig, by name.
    """

    path: Path
    attributes: Mapping[str, Any]
    lengths: Mapping[str, int]

    @classmethod
    def open(cls, path: Path) -> "GenomeTrack":
        """Opens a track; reads no base yet.

        Args:
            path: Its folder.

        Raises:
            FileNotFoundError: There is none.
            ValueError: The folder is no track, or of a later version.
        """
        if not (path / "zarr.json").is_file():
            raise FileNotFoundError(f"{path}: no track there (zarr.json is missing); make one with score_genome.py")
        try:
            attributes = json.loads((path / "zarr.json").read_bytes())["attributes"]
            if attributes["format"] != layout.FORMAT:
                raise KeyError(attributes["format"])
            version = attributes["format_version"]
            lengths = {contig["name"]: contig["length"] for contig in attributes["contigs"]}
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path}: is no track of score_genome.py, or is damaged ({error!r})") from error
        if version != layout.FORMAT_VERSION:
            raise ValueError(
                f"{path}: is a track of format version {version}, and this code reads {layout.FORMAT_VERSION}; "
                "take the code that wrote it"
            )
        return cls(path, attributes, lengths)

    @cached_property
    def _arrays(self) -> dict[str, Any]:
        return {}

    def _array(self, contig: str) -> Any:
        if contig not in self.lengths:
            raise ValueError(
                f"{self.path}: has no contig {unknown_names([contig], self.lengths)}; it has "
                f"{first_names(list(self.lengths))}"
            )
        if contig not in self._arrays:
            self._arrays.clear()  # a genome may have more contigs than a process may open
            store = {"driver": "file", "path": f"{self.path / layout.array_name(contig)}/"}
            try:
                self._arrays[contig] = ts.open({"driver": "zarr3", "kvstore": store}, open=True, read=True).result()
            except ValueError as error:
                raise self._damaged(contig, "its metadata", error) from error
        return self._arrays[contig]

    def check_genome(self, lengths: Mapping[str, int], contigs: Iterable[str]) -> None:
        """Refuses a genome that the track was not made of.

        Args:
            lengths: Bases of the genome's contigs, by name.
            contigs: Those that are wanted.

        Raises:
            ValueError: The track has not all of them, or not of these lengths.
        """
        for contig in contigs:
            if contig not in self.lengths:
                raise ValueError(
                    f"{self.path}: has no contig {unknown_names([contig], self.lengths)}; it has "
                    f"{first_names(list(self.lengths))}"
                )
            if lengths.get(contig) != self.lengths[contig]:
                raise ValueError(
                    f"{self.path}: its contig {contig!r} has {self.lengths[contig]:,} bases, and the genome's has "
                    f"{lengths.get(contig, 0):,}: name the genome that the track was made of"
                )

    def read(self, contig: str, positions: Int[np.ndarray, "N"]) -> Float16[np.ndarray, "N 4"]:
        """Reads log-probabilities of A, C, G, T at some bases, each chunk that holds one once.

        Args:
            contig: The contig's name.
            positions: Bases, counted from 0, in any order.

        Returns:
            Natural logarithms; NaN for a base that no token covers.

        Raises:
            ValueError: There is no such contig or base, or its file is damaged or gone.
        """
        array, length = self._array(contig), self.lengths[contig]
        if positions.size and not 0 <= positions.min() <= positions.max() < length:
            raise ValueError(f"{self.path}: {contig!r} has {length} bases, and one beyond them is asked for")
        order = np.argsort(positions, kind="stable")
        ascending = positions[order]
        chunks = ascending // layout.CHUNK_BASES
        # Neighbouring chunks of a file are one read.
        apart = (np.diff(chunks) > 1) | (np.diff(ascending // PIECE_BASES) > 0)
        firsts = np.concatenate([[0], np.flatnonzero(apart) + 1, [positions.size]]).tolist()
        reads: deque[tuple[int, int, int, ts.Future[Any]]] = deque()
        found = np.empty((positions.size, 4), np.float16)

        def take() -> None:
            first, last, start, read = reads.popleft()
            found[order[first:last]] = self._result(read, contig, start)[ascending[first:last] - start]

        for first, last in pairwise(firsts if positions.size else []):
            start = int(chunks[first]) * layout.CHUNK_BASES
            end = min((int(chunks[last - 1]) + 1) * layout.CHUNK_BASES, length)
            reads.append((first, last, start, array[start:end].read()))
            if len(reads) > _READS_AHEAD:
                take()
        while reads:
            take()
        self._check_there(found, contig)
        return found

    def read_piece(self, contig: str, start: int, end: int) -> Float16[np.ndarray, "L 4"]:
        """Reads all bases from `start` to `end`; raises as `read`."""
        logs = self._result(self._array(contig)[start:end].read(), contig, start)
        self._check_there(logs, contig)
        return logs

    def _result(self, read: "ts.Future[Any]", contig: str, start: int) -> Float16[np.ndarray, "_ 4"]:
        try:
            return read.result()
        except ValueError as error:
            raise self._damaged(contig, f"bases from {start:,} on", error) from error

    def _check_there(self, logs: Float16[np.ndarray, "_ 4"], contig: str) -> None:
        if np.isposinf(logs).any():
            raise self._damaged(contig, "some bases", "it is gone")

    def _damaged(self, contig: str, what: str, reason: object) -> ValueError:
        return ValueError(
            f"{self.path}: {contig!r}: {what} cannot be read, a file is damaged or gone; copy the track or compute "
            f"it again ({reason})"
        )
