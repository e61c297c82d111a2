"""The log-probabilities of a block of a genome, from a model of tokens."""

from collections.abc import Callable, Sequence

import numpy as np
from agront_tokenizer import KmerTokenizer
from jaxtyping import Float32, Integer

from agront_data.regions import ContigBases
from agront_data.tracks.base_sums import BaseSums
from agront_data.tracks.piece import Piece
from agront_data.tracks.strand_tiles import strand_tiles

BaseModel = Callable[[list[Integer[np.ndarray, "_T"]]], Sequence[np.ndarray]]
"""From rows of token ids, `<cls>` first, to the probabilities of A, T, C, G, [tokens, k, 4] of each, such as
`agront_model.inference.BaseLikelihoods`."""


def block_probabilities(
    block: Sequence[Piece], genome: ContigBases, tokenizer: KmerTokenizer, context: int, model: BaseModel
) -> list[Float32[np.ndarray, "_L 4"]]:
    """Computes log p of A, C, G, T at every base of some pieces: what the score `base_wildtype` compares.

    Args:
        block: The pieces; the model is called once for all of them.
        genome: Has their contigs.
        tokenizer: The model's.
        context: Tokens of a tile after `<cls>`.
        model: Gives probabilities of bases.

    Returns:
        For each piece the logarithm of the mean over strands and frames; NaN for a base that no token covers.
    """
    tiles = [strand_tiles(piece, genome, tokenizer, context) for piece in block]
    found = iter(model([tile.tokens for of_piece in tiles for tile in of_piece]))
    logs = []
    for piece, of_piece in zip(block, tiles, strict=True):
        sums = BaseSums(piece)
        for tile in of_piece:
            sums.add(tile, next(found))
        logs.append(sums.log_means())
    return logs
