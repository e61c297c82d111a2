"""`DependencyMap`: a map of nucleotide dependencies, some positions at a time, and its NPZ file when it is whole."""

import dataclasses
import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from agront_tokenizer import KmerTokenizer
from jaxtyping import Float32, UInt8

from agront_data.bases import decode_bases
from agront_data.regions import Region
from agront_data.tables.part_file import Part
from agront_data.tables.part_files import PartFiles
from agront_data.variants import BaseModel, dependency_rows

# The model reads the window as it is once for each part: a 48th more for so many positions.
_FEWEST_POSITIONS = 16


@dataclasses.dataclass(frozen=True)
class DependencyMap:
    """The map of a region, which the model reads alone.

    The file has the arrays `map` ([substituted, changed], see `dependency_rows`), `position` (from 1), `reference`
    (letters), `contig`, `region` (its name), and `metadata`, a JSON string.

    Attributes:
        region: The region.
        bases: Codes of its forward strand.
        path: The file.
        settings: All else that decides the numbers, as far as it is known; JSON-able.
    """

    region: Region
    bases: UInt8[np.ndarray, "L"]
    path: Path
    settings: Mapping[str, Any]

    def is_finished(self) -> bool:
        """Tells whether the file is there.

        Raises:
            ValueError: There is another file of that name, or unfinished output of another map.
        """
        if not os.path.lexists(self.path):
            PartFiles.beside(self.path).check_begun(self._identity())
            return False
        try:
            with np.load(self.path, allow_pickle=False) as arrays:
                found = json.loads(str(arrays["metadata"]))["map_of"]
                same = all(found.get(name) == value for name, value in self._identity().items())
        except (OSError, KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile, EOFError):
            same = False
        if not same:
            raise ValueError(
                f"{self.path} exists, and is not the map of {self.region.name} by this model: remove it, or give "
                "another name"
            )
        return True

    def values(self) -> Float32[np.ndarray, "L L"]:
        """Reads the map from its file."""
        with np.load(self.path, allow_pickle=False) as arrays:
            return arrays["map"]

    def compute(
        self,
        tokenizer: KmerTokenizer,
        model: BaseModel,
        batch_tokens: int,
        metadata: Mapping[str, Any],
        found: Callable[[int], None],
    ) -> None:
        """Computes what is missing, and writes the file.

        Args:
            tokenizer: The model's.
            model: Gives probabilities; called for 6k rows a position, and 2k more.
            batch_tokens: What the model computes at once; a part has rows for it.
            metadata: Written to the file; JSON-able.
            found: Told how many positions an earlier call has computed, where there are some.

        Raises:
            ValueError: Unfinished output is of another map, or damaged.
            OSError: Something cannot be written, as on a full disk; finished parts stay.
            FloatingPointError: The model's output is not finite.
        """
        parts, size, k = PartFiles.beside(self.path), self.bases.size, tokenizer.vocabulary.k
        row_tokens = size // k + 1
        step = max(_FEWEST_POSITIONS, batch_tokens // (6 * k * row_tokens))
        with parts.opened(self._identity()):
            done = sum(parts.read(number).num_inputs for number in range(len(parts)))
            if done:
                found(done)
            while done < size:
                end = min(done + step, size)
                try:
                    rows = dependency_rows(self.bases, done, end, tokenizer, model)
                except FloatingPointError as error:
                    raise FloatingPointError(f"{self.region.name}, from its base {done + 1:,} on: {error}") from error
                column = pa.FixedSizeListArray.from_arrays(pa.array(rows.reshape(-1)), size)
                part = Part(end - done, (end - done) * row_tokens, {}, "")
                parts.write(len(parts), part, pa.record_batch({"row": column}))
                done = end
            columns = [parts.batch(number)["row"].flatten() for number in range(len(parts))]
            whole = parts.whole_path(self.path)
            with parts.writing(whole):
                self._write(whole, columns, metadata)
            parts.finish(self.path, whole)

    def _identity(self) -> dict[str, Any]:
        digest = hashlib.blake2b(self.bases.tobytes(), digest_size=16).hexdigest()
        return {"contig": self.region.contig, "first": self.region.start + 1, "bases": digest, **self.settings}

    def _write(self, path: Path, columns: Sequence[pa.Array], metadata: Mapping[str, Any]) -> None:
        values = np.concatenate([column.to_numpy(zero_copy_only=False) for column in columns])
        with path.open("wb") as file:
            np.savez(
                file,
                map=values.reshape(self.bases.size, self.bases.size),
                position=np.arange(self.region.start + 1, self.region.end + 1),
                reference=np.array(list(decode_bases(self.bases))),
                contig=np.array(self.region.contig),
                region=np.array(self.region.name),
                metadata=np.array(json.dumps({**metadata, "map_of": self._identity()})),
            )
