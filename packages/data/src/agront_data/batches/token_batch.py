"""`TokenBatch`: what goes from the host to the devices; and whether windows fit into its rows."""

from typing import NamedTuple

import numpy as np
from agront_tokenizer import KmerTokenizer
from jaxtyping import Float32, Int64, UInt8, UInt16

from agront_data.bases import BASE_BITS
from agront_data.store import GenomeStore
from agront_data.windows import WindowGrid


class TokenBatch(NamedTuple):
    """A batch on the host.

    Attributes:
        tokens: Ids, `<cls>` first, right-padded with `<pad>`.
        rows: Number of each row, unique within a run; what the device draws for a row hangs on it.
        loss_weights: How much each token counts in the loss if it is to be predicted; None where all count 1.
    """

    tokens: UInt16[np.ndarray, "B T"]
    rows: Int64[np.ndarray, "B"]
    loss_weights: Float32[np.ndarray, "B T"] | None = None


def check_fit(store: GenomeStore, grid: WindowGrid, tokenizer: KmerTokenizer, num_tokens: int) -> None:
    """Checks that grid and store belong together, and that windows fit into rows: only what N displaces is ever cut.

    Raises:
        ValueError: They do not.
    """
    if grid.store.fingerprint != store.fingerprint:
        raise ValueError(f"the grid was built over {grid.store.location}, not over {store.location}; build it anew")
    length = grid.windows.length
    needed = tokenizer.num_tokens(length)
    if needed > num_tokens:
        raise ValueError(
            f"a window of {length} bases makes {needed} tokens, more than num_tokens={num_tokens}: take windows of "
            f"{tokenizer.most_bases(max(num_tokens, 2))} bases, or num_tokens={needed}"
        )


def count_bases_read(bases: UInt8[np.ndarray, "W"], tokenizer: KmerTokenizer, num_tokens: int) -> int:
    """Counts the bases of one window that its row holds; those to their right are cut, as each N takes a token.

    Args:
        bases: Codes 0–4, with or without the soft-mask bit.
        tokenizer: Makes ids of bases.
        num_tokens: Tokens in a row, `<cls>` included.
    """
    [tokens] = tokenizer.encode_bases(bases[np.newaxis] & BASE_BITS, num_tokens)
    return len(tokenizer.decode(tokens))
