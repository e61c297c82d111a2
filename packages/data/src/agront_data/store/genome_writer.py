"""Writes one genome into a store, shard by shard."""

import hashlib

import numpy as np
import tensorstore as ts
from jaxtyping import Int64, UInt8

from agront_data import bases
from agront_data.store import key_value, layout
from agront_data.store.genome import BaseCounts, Contig, Genome
from agront_data.store.n_runs import find_runs, join_touching
from agront_data.store.soft_mask import SoftMaskCounter


class GenomeWriter:
    """Takes contigs one after another; holds two shards (32 MiB), never the genome."""

    def __init__(self, store: ts.KvStore, name: str) -> None:
        self._store = store
        self._name = name
        self._array = layout.create_bases_array(store, name)
        self._shard: UInt8[np.ndarray, "S"] = np.empty(layout.SHARD_BASES, np.uint8)
        self._filled = 0
        self._written = 0
        self._pending: ts.WriteFutures | None = None
        self._names: list[str] = []
        self._counts: list[Int64[np.ndarray, "6"]] = []
        self._n_runs: list[Int64[np.ndarray, "_ 2"]] = [np.empty((0, 2), np.int64)]
        self._soft_mask = SoftMaskCounter()
        self._contig_digest = hashlib.sha256()
        self._digest = hashlib.sha256()

    @property
    def length(self) -> int:
        """Number of bases taken so far."""
        return self._written + self._filled

    def start_contig(self, name: str) -> None:
        """Ends the contig at hand and starts the next; `append` then takes its codes, in blocks of any size."""
        self._end_contig()
        self._names.append(name)
        self._counts.append(np.zeros(len(BaseCounts._fields), np.int64))

    def append(self, codes: UInt8[np.ndarray, "W"]) -> None:
        """Counts, hashes and buffers a block of codes (0-4, soft-masked + 8) of the contig at hand."""
        start = self.length
        self._contig_digest.update(codes.data)
        letters = codes & bases.BASE_BITS
        counts = [np.count_nonzero(letters == code) for code in range(bases.N + 1)]
        soft_masked = (codes & bases.SOFT_MASKED) != 0
        self._soft_mask.append(soft_masked)
        self._counts[-1] += [*counts, np.count_nonzero(soft_masked)]
        if counts[bases.N]:
            self._n_runs.append(find_runs(letters == bases.N) + start)
        while codes.size:
            part = codes[: layout.SHARD_BASES - self._filled]
            self._shard[self._filled : self._filled + part.size] = part
            self._filled += part.size
            codes = codes[part.size :]
            if self._filled == layout.SHARD_BASES:
                self._flush()

    def finish(self) -> Genome:
        """Writes what is left and returns the genome's entry for `store.json`."""
        self._end_contig()
        self._flush()
        self._wait()
        key_value.written(layout.end_bases_array(self._array, self.length), self._store)
        counts = tuple(BaseCounts(*each.tolist()) for each in self._counts)
        lengths = [each.length for each in counts]
        contigs = tuple(map(Contig, self._names, np.cumsum([0, *lengths])[:-1].tolist(), lengths))
        borders = np.array([contig.start for contig in contigs], np.int64)
        runs = join_touching(np.concatenate(self._n_runs), borders)
        key_value.written(layout.create_n_runs_array(self._store, self._name, len(runs)).write(runs), self._store)
        soft_mask = self._soft_mask.counts()
        array = layout.create_soft_mask_array(self._store, self._name, len(soft_mask))
        key_value.written(array.write(soft_mask), self._store)
        return Genome(name=self._name, contigs=contigs, contig_counts=counts, fingerprint=self._digest.hexdigest())

    def _end_contig(self) -> None:
        if self._names:
            length = int(self._counts[-1][: bases.N + 1].sum())
            self._digest.update(f"{self._names[-1]}\0{length}\0{self._contig_digest.hexdigest()}\n".encode())
            self._contig_digest = hashlib.sha256()

    def _flush(self) -> None:
        """Starts writing the shard at hand, while the next is being filled."""
        self._wait()
        end = self.length
        if end == self._written:
            return
        self._pending = self._array[self._written : end].write(self._shard[: self._filled])
        self._shard = np.empty(layout.SHARD_BASES, np.uint8)
        self._written, self._filled = end, 0

    def _wait(self) -> None:
        if self._pending is not None:
            key_value.written(self._pending, self._store)
            self._pending = None
