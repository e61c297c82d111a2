"""`GenomeStore`: genomes as one code per base, checksummed, read in batches of windows."""

import dataclasses
import os
import threading
from typing import Any

import numpy as np
import tensorstore as ts
from jaxtyping import Int64, UInt8, UInt16

from agront_data import bases
from agront_data.genome_names import first_names, unknown_names
from agront_data.store import key_value, layout
from agront_data.store.answer import SECONDS_TO_TRANSFER, answer_to
from agront_data.store.genome import Genome
from agront_data.store.store_header import StoreHeader, read_header


@dataclasses.dataclass(frozen=True)
class GenomeStore:
    """Genomes opened for reading; make one with `GenomeStore.open`, or write one with `ingest_genomes`.

    Attributes:
        location: Folder or URL.
        genomes: Sorted by name, so that the order of ingest does not matter.
        fingerprint: sha256 of the contents: names, contigs and codes, however they are chunked.
    """

    location: str
    genomes: tuple[Genome, ...]
    fingerprint: str
    _bases: tuple[ts.TensorStore, ...] = dataclasses.field(repr=False, compare=False)
    _n_runs: tuple[ts.TensorStore, ...] = dataclasses.field(repr=False, compare=False)
    _soft_mask: tuple[ts.TensorStore, ...] = dataclasses.field(repr=False, compare=False)
    _given_up: threading.Event = dataclasses.field(default_factory=threading.Event, repr=False, compare=False)

    @classmethod
    def open(cls, location: str | os.PathLike[str], *, endpoint: str | None = None) -> "GenomeStore":
        """Opens a finished store.

        Args:
            location: Folder, or tensorstore URL such as `gs://bucket/path`.
            endpoint: Address of an S3-compatible server that is not Amazon's, for `s3://bucket/path`.

        Raises:
            FileNotFoundError: There is no store.
            OSError: The place cannot be reached: a server that does not answer is given up after a minute.
            ValueError: The store is not finished, or of another format version.
        """
        location = os.fspath(location)
        key_value_store = key_value.open_key_value_store(location, endpoint, first_key=layout.STORE_KEY)
        genomes, fingerprint = _read_finished_header(key_value_store, location)
        kinds = (layout.bases_key, layout.n_runs_key, layout.soft_mask_key)
        opening = [layout.open_array(key_value_store, key_of(genome.name)) for key_of in kinds for genome in genomes]
        try:
            arrays = tuple(answer_to(request, location, SECONDS_TO_TRANSFER) for request in opening)
        except TimeoutError as error:
            raise OSError(f"{location}: {error}; check the network, and run the same again") from error
        except (ValueError, OSError) as error:
            raise ValueError(f"{location}: an array of the store is gone or damaged; ingest again ({error})") from error
        for genome, array in zip(genomes, arrays, strict=False):
            if array.shape != (genome.length,):
                raise ValueError(
                    f"{location}: genome {genome.name!r} has an array of {array.shape[0]:,} bases, not of "
                    f"{genome.length:,}; copy or ingest the store again"
                )
        bases_of, n_runs_of, soft_mask_of = (arrays[i * len(genomes) : (i + 1) * len(genomes)] for i in range(3))
        return cls(location, genomes, fingerprint, bases_of, n_runs_of, soft_mask_of)

    @property
    def num_bases(self) -> int:
        """Number of bases in all genomes."""
        return sum(genome.length for genome in self.genomes)

    def indices_of(self, species: str | None) -> range:
        """Returns the indices of the genomes that are meant: the one of that name, or all where it is None.

        Raises:
            ValueError: No genome has the name.
        """
        names = [genome.name for genome in self.genomes]
        if species is None:
            return range(len(names))
        if species not in names:
            raise ValueError(
                f"{self.location}: has no genome {unknown_names([species], names)}; it has {first_names(names)}"
            )
        return range(names.index(species), names.index(species) + 1)

    def n_runs(self, genome: int) -> Int64[np.ndarray, "R 2"]:
        """Returns start and end (half-open, in the genome's array) of each run of N, sorted."""
        runs = np.asarray(self._result(self._n_runs[genome].read(), genome, "the runs of N"), np.int64)
        # A file that is gone reads as -1, -1.
        if (runs[:, 1] - runs[:, 0]).sum() != self.genomes[genome].counts.N:
            raise ValueError(
                f"{self.location}: genome {self.genomes[genome].name!r}: a file of the runs of N, under "
                f"{layout.n_runs_key(self.genomes[genome].name)}, is gone; copy or ingest the store again"
            )
        return runs

    def soft_mask(self, genome: int) -> UInt16[np.ndarray, "K"]:
        """Returns the number of soft-masked bases in each block of 1,024 (the last one possibly shorter)."""
        counts = np.asarray(self._result(self._soft_mask[genome].read(), genome, "the soft-mask"), np.uint16)
        if counts.sum(dtype=np.int64) != self.genomes[genome].counts.soft_masked:
            raise ValueError(
                f"{self.location}: genome {self.genomes[genome].name!r}: a file of the soft-mask, under "
                f"{layout.soft_mask_key(self.genomes[genome].name)}, is gone; copy or ingest the store again"
            )
        return counts

    def read_windows(
        self,
        genome: Int64[np.ndarray, "B"],
        start: Int64[np.ndarray, "B"],
        length: Int64[np.ndarray, "B"],
        width: int,
        *,
        keep_soft_mask: bool = False,
    ) -> UInt8[np.ndarray, "B {width}"]:
        """Reads a batch of windows at once.

        Args:
            genome: Index into `genomes`.
            start: First base in the genome's array.
            length: Number of bases, at most `width`.
            width: Number of columns returned.
            keep_soft_mask: Whether bit 3 stays set at soft-masked bases.

        Returns:
            Codes 0–4 (see `agront_data.bases`), filled with 5 to the right of a window shorter than `width`.

        Raises:
            OSError: The server that holds the store refuses, or has not answered for five minutes.
            ValueError: A window lies outside its genome or is longer than `width`, or its data are damaged (the
                message names the file).

        Warns:
            SilentServerWarning: It has not answered for ten seconds.
        """
        rows = np.column_stack([genome, start, length]).tolist()
        windows = np.full((len(rows), width), bases.NO_BASE, np.uint8)
        for g, s, n in rows:
            if not (0 <= g < len(self.genomes) and s >= 0 and 0 < n <= width and s + n <= self.genomes[g].length):
                raise ValueError(
                    f"{self.location}: no window of {n} bases at {s} of genome {g} (width {width}): "
                    f"the store has genomes of {[entry.length for entry in self.genomes]} bases"
                )
        with ts.Batch() as batch:
            reads = [self._bases[g][s : s + n].read(batch=batch) for g, s, n in rows]
        for row, (read, (g, s, n)) in enumerate(zip(reads, rows, strict=True)):
            windows[row, :n] = self._result(read, g, f"bases {s} to {s + n}")
        if windows.size and windows.max() == layout.MISSING_CODE:
            g, s, n = rows[int(np.argmax(windows.max(axis=1)))]
            raise ValueError(
                f"{self.location}: genome {self.genomes[g].name!r}: the file that holds bases {s} to {s + n}, under "
                f"{layout.bases_key(self.genomes[g].name)}, is gone; copy or ingest the store again"
            )
        if not keep_soft_mask:
            windows &= bases.BASE_BITS
        return windows

    def give_up(self) -> None:
        """Ends all waiting for a server that is silent; nothing more can be read from it. A folder is not affected."""
        self._given_up.set()

    def _result(self, future: "ts.Future[Any]", genome: int, what: str) -> Any:
        try:
            return answer_to(future, self.location, SECONDS_TO_TRANSFER, self._given_up)
        except (ValueError, OSError) as error:
            place = f"{self.location}: genome {self.genomes[genome].name!r}: {what} cannot be read"
            if key_value.local_folder(self.location) is not None:
                raise ValueError(f"{place}, the file is damaged; copy or ingest the store again ({error})") from error
            if "was ignored by server" in str(error):
                raise OSError(
                    f"{place}: the server sends whole files only, not parts of them (HTTP range requests); use another "
                    "server, or copy the store to a folder here"
                ) from error
            raise OSError(
                f"{place}; check the network and your rights, and run the same again. If the file is damaged, copy or "
                f"ingest the store again ({error})"
            ) from error


def _read_finished_header(key_value_store: ts.KvStore, location: str) -> StoreHeader:
    header = read_header(key_value_store, location)
    if header is None:
        if key_value.read_key(key_value_store, layout.UNFINISHED_KEY) is not None:
            raise ValueError(f"{location}: is not a finished store: its ingest was interrupted; run it again")
        if (folder := key_value.local_folder(location)) and os.path.isfile(folder):
            raise FileNotFoundError(f"{location}: no genome store there, but a file; make a store of it first")
        raise FileNotFoundError(f"{location}: no genome store there ({layout.STORE_KEY} is missing); ingest one first")
    return header
