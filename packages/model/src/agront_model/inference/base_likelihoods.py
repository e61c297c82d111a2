"""How likely a model finds each base at each place of every token of a row."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float32, Integer, UInt8

from agront_model.inference.base_probabilities import NUM_BASES
from agront_model.inference.rows import check_output_finite, check_rows_fit
from agront_model.inference.tiled_function import Progress, TiledFunction
from agront_model.inference.tiled_rows import TiledRows
from agront_model.pretrained import Pretrained


class BaseLikelihoods:
    """Computes what `base_probabilities` does, on the devices and for whole rows; made once for a model.

    The head runs at every token. Of its output, as wide as the vocabulary, only k x 4 numbers a token leave the device.
    """

    def __init__(
        self,
        pretrained: Pretrained,
        token_bases: UInt8[np.ndarray, "V k"],
        *,
        batch_tokens: int = 4096,
        devices: Sequence[jax.Device] | None = None,
    ):
        """Copies the parameters to the devices; compiles nothing yet.

        Args:
            pretrained: model, parameters and config, such as `load_pretrained` gives.
            token_bases: see `base_probabilities`.
            batch_tokens: see `Embedder`.
            devices: see `Embedder`.

        Raises:
            ValueError: no devices, a model without LM head, or bases of another vocabulary.
        """
        pretrained.check_lm_head()
        model, params, config = pretrained
        is_kmer = np.all(token_bases < NUM_BASES, axis=1)
        if len(token_bases) != config.vocabulary_size or not is_kmer.any():
            raise ValueError(
                f"token_bases has {len(token_bases)} rows, {is_kmer.sum()} of them k-mers; the model's vocabulary has "
                f"{config.vocabulary_size} tokens, and there must be a k-mer"
            )
        self._k = token_bases.shape[1]
        has_base = (token_bases[:, :, None] == np.arange(NUM_BASES)) & is_kmer[:, None, None]
        members = has_base.reshape(len(token_bases), -1).astype(np.float32)

        def probabilities(params: Any, arrays: tuple[Array]) -> Array:
            [tokens] = arrays
            logits = model.lm_logits(params, model.encode(params, tokens).embeddings).astype(jnp.float32)
            of_kmers = jax.nn.log_softmax(jnp.where(is_kmer, logits, -jnp.inf), axis=-1)
            # In full float32: the products of some devices have three digits otherwise.
            return jnp.matmul(jnp.exp(of_kmers), members, precision=jax.lax.Precision.HIGHEST)

        self._function = TiledFunction(
            probabilities, params, config, overlap=0, batch_tokens=batch_tokens, devices=devices
        )

    def __call__(
        self, rows: Sequence[Integer[np.ndarray, "_T"]], progress: Progress | None = None
    ) -> list[Float32[np.ndarray, "_tokens k 4"]]:
        """Computes the probabilities for each row.

        Args:
            rows: token ids, one array a sequence, not padded: `<cls>`, then at most the context's tokens.
            progress: see `Embedder.__call__`.

        Returns:
            For each token after `<cls>`: place in the token, base code. Each place sums to 1, as `base_probabilities`.

        Raises:
            ValueError: a row that a model would misread (`check_rows`) or that is longer than the context.
            FloatingPointError: the model's output is not finite; the message has the number of the row.
        """
        config = self._function.config
        check_rows_fit(rows, config)
        found = [np.zeros((len(row) - 1, self._k, NUM_BASES), np.float32) for row in rows]
        if not rows:
            return found
        tiled = TiledRows.cut(rows, config, self._function.overlap)
        for member, values in self._function(tiled, lambda batch: (), progress):
            found[member][:] = values[1 : len(rows[member])].reshape(found[member].shape)
            check_output_finite(member, found[member])
        return found
