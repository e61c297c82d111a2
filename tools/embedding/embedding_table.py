"""The columns of embeddings, a `Table` of `agront_data.tables`."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from agront_data.sequences import InputSequence, LabelType, label_names
from agront_tokenizer import KmerTokenizer
from jaxtyping import Float32, Int

_WORDS = ("id", "species", "contig", "strand")


@dataclasses.dataclass(frozen=True, kw_only=True)
class EmbeddingTable:
    """What the columns are.

    Attributes:
        layers: numbers of the hidden states: 0 are the embedded tokens, num_layers comes after the last layer.
        embed_dim: D, numbers in an embedding.
        label_types: of the columns label, label2, …
        tokenizer: names the tokens where a row is a token; None where it is a sequence.
    """

    layers: tuple[int, ...]
    embed_dim: int
    label_types: tuple[LabelType, ...] = ()
    tokenizer: KmerTokenizer | None = None

    @property
    def per_token(self) -> bool:
        """Whether a row is a token rather than a sequence."""
        return self.tokenizer is not None

    @property
    def embedding_names(self) -> list[str]:
        """Names of the columns with embeddings, one a layer."""
        return embedding_names(self.layers)

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the columns."""
        fields = [*((name, pa.string()) for name in _WORDS[:3]), ("start", pa.int64()), ("end", pa.int64())]
        fields.append(("strand", pa.string()))
        names = label_names(len(self.label_types))
        fields += [(name, _ARROW_TYPES[kind]) for name, kind in zip(names, self.label_types, strict=True)]
        fields += [("num_tokens", pa.int64()), ("num_tiles", pa.int64())]
        if self.per_token:
            fields += [("token", pa.string()), ("token_start", pa.int64()), ("token_end", pa.int64())]
        fields += [(name, pa.list_(pa.float32(), self.embed_dim)) for name in self.embedding_names]
        return pa.schema(fields)

    def num_rows(self, sequence: InputSequence) -> int:
        """Rows that a sequence gives."""
        return sequence.num_tokens if self.per_token else 1

    def batch(
        self,
        sequences: Sequence[InputSequence],
        vectors: Float32[np.ndarray, "N layers D"] | Sequence[Float32[np.ndarray, "_ layers D"]],
        num_tiles: Int[np.ndarray, "N"],
    ) -> pa.RecordBatch:
        """Rows for some sequences, in their order.

        Args:
            sequences: N sequences.
            vectors: their embeddings: of a row a sequence; or, `per_token`, of each one's tokens, `<cls>` first.
            num_tiles: in how many pieces the model saw each one.
        """
        columns: dict[str, Any] = {name: [getattr(each, name) for each in sequences] for name in _WORDS}
        columns["start"] = np.array([each.start for each in sequences], np.int64)
        columns["end"] = np.array([each.end for each in sequences], np.int64)
        columns["num_tokens"] = np.array([each.num_tokens for each in sequences], np.int64)
        columns["num_tiles"] = np.asarray(num_tiles, np.int64)
        for place, (name, kind) in enumerate(zip(label_names(len(self.label_types)), self.label_types, strict=True)):
            texts = (each.labels[place] if place < len(each.labels) else "" for each in sequences)
            columns[name] = [_PARSERS[kind](text) if text else None for text in texts]
        if self.tokenizer is not None:
            rows = np.repeat(np.arange(len(sequences)), columns["num_tokens"])
            columns = {name: pa.array(column, self.schema.field(name).type).take(pa.array(rows))
                       for name, column in columns.items()}  # fmt: skip
            columns |= _token_columns(sequences, self.tokenizer)
            vectors = np.concatenate(vectors) if len(vectors) else np.zeros((0, len(self.layers), self.embed_dim))
        vectors = np.asarray(vectors, np.float32)
        for place, name in enumerate(self.embedding_names):
            flat = np.ascontiguousarray(vectors[:, place]).reshape(-1)
            columns[name] = pa.FixedSizeListArray.from_arrays(pa.array(flat), self.embed_dim)
        arrays = [
            column if isinstance(column, pa.Array) else pa.array(column, field.type)
            for field in self.schema
            for column in [columns[field.name]]
        ]
        return pa.record_batch(arrays, schema=self.schema)


def embedding_names(layers: Sequence[int]) -> list[str]:
    """`embedding`; of several layers `embedding_layer_0` and so on."""
    return ["embedding"] if len(layers) == 1 else [f"embedding_layer_{layer}" for layer in layers]


def _token_columns(sequences: Sequence[InputSequence], tokenizer: KmerTokenizer) -> dict[str, Any]:
    """Each token with the bases of its contig that it stands for; `<cls>`, an empty span, stands before the first."""
    names = np.array(tokenizer.vocabulary.tokens, dtype=object)
    tokens, starts, ends = [], [], []
    for each in sequences:
        spans = tokenizer.spans_of_ids(each.tokens)
        tokens.append(names[each.tokens])
        if each.strand == "-":
            starts.append(each.end - spans[:, 1])
            ends.append(each.end - spans[:, 0])
        else:
            starts.append(each.start + spans[:, 0])
            ends.append(each.start + spans[:, 1])
    return {
        "token": np.concatenate([*tokens, np.array([], dtype=object)]),
        "token_start": np.concatenate([*starts, np.array([], np.int64)]),
        "token_end": np.concatenate([*ends, np.array([], np.int64)]),
    }


_ARROW_TYPES = {"int64": pa.int64(), "float64": pa.float64(), "string": pa.string()}
_PARSERS = {"int64": int, "float64": float, "string": str}
