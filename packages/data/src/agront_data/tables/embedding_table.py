"""`EmbeddingTable`: the columns of embeddings, of sequences or of their tokens."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from agront_tokenizer import KmerTokenizer
from jaxtyping import Float32, Int

from agront_data.sequences import InputSequence, LabelType
from agront_data.tables.record_batches import row_bytes
from agront_data.tables.sequence_columns import TOKEN_FIELDS, sequence_columns, sequence_fields, token_columns

# Of one sequence, where each of its tokens is kept.
_MOST_BYTES = 1 << 32


@dataclasses.dataclass(frozen=True, kw_only=True)
class EmbeddingTable:
    """The columns of embeddings, a `Table`.

    Attributes:
        layers: Numbers of the model's hidden states: 0 are the embedded tokens, 1 comes after the first layer.
        embed_dim: D, numbers in an embedding.
        label_types: Types of the columns label, label2, …
        tokenizer: Names the tokens where a row is a token; None where it is a sequence.

    Raises:
        ValueError: A hidden state is named twice.
    """

    layers: tuple[int, ...]
    embed_dim: int
    label_types: tuple[LabelType, ...] = ()
    tokenizer: KmerTokenizer | None = None

    def __post_init__(self) -> None:
        if len(set(self.layers)) < len(self.layers):
            numbers = ", ".join(map(str, self.layers))
            raise ValueError(f"--layers names a hidden state twice (they are number {numbers}); leave one out")

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
        fields = [*sequence_fields(self.label_types), ("num_tiles", pa.int64())]
        fields += TOKEN_FIELDS if self.per_token else ()
        fields += [(name, pa.list_(pa.float32(), self.embed_dim)) for name in self.embedding_names]
        return pa.schema(fields)

    def num_rows(self, sequence: InputSequence) -> int:
        """Counts the rows of a sequence."""
        return sequence.num_tokens if self.per_token else 1

    def check_memory(self, most_tokens: int) -> None:
        """Refuses a sequence of so many tokens whose rows would not fit the memory, in which they are at once.

        Raises:
            ValueError: They take more than 4 GiB.
        """
        num_bytes = most_tokens * row_bytes(self.schema)
        if self.per_token and num_bytes > _MOST_BYTES:
            raise ValueError(
                f"the longest sequence has {most_tokens:,} tokens, whose embeddings take {num_bytes / 1e9:,.1f} GB of "
                "memory at once; cut it with --tile 6138"
            )

    def batch(
        self,
        sequences: Sequence[InputSequence],
        vectors: Float32[np.ndarray, "N layers D"] | Sequence[Float32[np.ndarray, "_ layers D"]],
        num_tiles: Int[np.ndarray, "N"],
    ) -> pa.RecordBatch:
        """Returns the rows of some sequences, in their order.

        Args:
            sequences: The N sequences.
            vectors: Their embeddings, one a sequence; or, `per_token`, those of each one's tokens, `<cls>` first.
            num_tiles: In how many pieces the model saw each one.
        """
        columns = sequence_columns(sequences, self.label_types)
        columns["num_tiles"] = pa.array(np.asarray(num_tiles, np.int64))
        if self.tokenizer is not None:
            num_tokens = np.array([each.num_tokens for each in sequences], np.int64)
            rows = pa.array(np.repeat(np.arange(len(sequences)), num_tokens))
            columns = {name: column.take(rows) for name, column in columns.items()}
            columns |= token_columns(sequences, self.tokenizer)
            vectors = np.concatenate(vectors) if len(vectors) else np.zeros((0, len(self.layers), self.embed_dim))
        vectors = np.asarray(vectors, np.float32)
        for place, name in enumerate(self.embedding_names):
            flat = np.ascontiguousarray(vectors[:, place]).reshape(-1)
            columns[name] = pa.FixedSizeListArray.from_arrays(pa.array(flat), self.embed_dim)
        return pa.record_batch([columns[name] for name in self.schema.names], schema=self.schema)


def embedding_names(layers: Sequence[int]) -> list[str]:
    """Names the columns of embeddings: `embedding`; of several layers `embedding_layer_0` and so on."""
    return ["embedding"] if len(layers) == 1 else [f"embedding_layer_{layer}" for layer in layers]
