"""Writes one genome into a store, shard by shard."""

import hashlib

import numpy as np
import tensorstore as ts
from jaxtyping import Int64, UInt8

from agront_data import bases, storage
from agront_data.genome import BaseCounts, Contig, Genome
from agront_data.n_runs import find_runs, join_touching


class GenomeWriter:
    """Takes contigs one after another; holds two shards (32 MiB), never the genome."""

    def __init__(self, store: ts.KvStore, name: str) -> None:
        self._store = store
        self._name = name
        self._array = storage.create_bases_array(store, name)
        self._shard: UInt8[np.ndarray, "S"] = np.empty(storage.SHARD_BASES, np.uint8)
        self._filled = 0
        self._written = 0
        self._pending: ts.WriteFutures | None = None
        self._contigs: list[Contig] = []
        self._n_runs: list[Int64[np.ndarray, "R 2"]] = [np.empty((0, 2), np.int64)]
        self._counts = np.zeros(len(BaseCounts._fields), np.int64)
        self._digest = hashlib.sha256()

    @property
    def length(self) -> int:
        """Number of bases taken so far."""
        return self._written + self._filled

    def start_contig(self, name: str, length: int) -> None:
        """Starts a contig; `append` then takes its `length` codes, in blocks of any size."""
        self._contigs.append(Contig(name, self.length, length))
        self._digest.update(f"{name}\0{length}\0".encode())

    def append(self, codes: UInt8[np.ndarray, "W"]) -> None:
        """Counts, hashes and buffers a block of codes (0-4, soft-masked + 8) of the contig at hand."""
        start = self.length
        self._digest.update(codes.data)
        letters = codes & bases.BASE_BITS
        counts = [np.count_nonzero(letters == code) for code in range(bases.N + 1)]
        counts.append(np.count_nonzero(codes & bases.SOFT_MASKED))
        self._counts += counts
        if counts[bases.N]:
            self._n_runs.append(find_runs(letters == bases.N) + start)
        while codes.size:
            part = codes[: storage.SHARD_BASES - self._filled]
            self._shard[self._filled : self._filled + part.size] = part
            self._filled += part.size
            codes = codes[part.size :]
            if self._filled == storage.SHARD_BASES:
                self._flush()

    def finish(self) -> Genome:
        """Writes what is left and returns the genome's entry for `store.json`."""
        self._flush()
        self._wait()
        contig_starts = np.array([contig.start for contig in self._contigs], np.int64)
        runs = join_touching(np.concatenate(self._n_runs), contig_starts)
        storage.create_n_runs_array(self._store, self._name, len(runs)).write(runs).result()
        return Genome(
            name=self._name,
            contigs=tuple(self._contigs),
            counts=BaseCounts(*self._counts.tolist()),
            fingerprint=self._digest.hexdigest(),
        )

    def _flush(self) -> None:
        """Starts writing the shard at hand, while the next is being filled."""
        self._wait()
        end = self.length
        if end == self._written:
            return
        self._array = self._array.resize(exclusive_max=[end], expand_only=True).result()
        self._pending = self._array[self._written : end].write(self._shard[: self._filled])
        self._shard = np.empty(storage.SHARD_BASES, np.uint8)
        self._written, self._filled = end, 0

    def _wait(self) -> None:
        if self._pending is not None:
            self._pending.result()
            self._pending = None
