"""The log-probabilities of a block of a genome, from a model of tokens."""

from collections.abc import Sequence

import numpy as np
from agront_tokenizer import KmerTokenizer
from jaxtyping import Float32

from agront_data.bases import BASE_BITS
from agront_data.regions import ContigBases
from agront_data.tracks.piece import Piece
from agront_data.variants import BaseModel, BaseSums, StrandTile, Stretch, strand_tiles


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
    tiles = [_tiles_of(piece, genome, tokenizer, context) for piece in block]
    found = iter(model([tile.tokens for of_piece in tiles for tile in of_piece]))
    logs = []
    for piece, of_piece in zip(block, tiles, strict=True):
        sums = BaseSums(piece.start, piece.end)
        for tile in of_piece:
            sums.add(tile, next(found))
        logs.append(sums.log_means())
    return logs


def _tiles_of(piece: Piece, genome: ContigBases, tokenizer: KmerTokenizer, context: int) -> list[StrandTile]:
    around, length = tokenizer.vocabulary.k * context, genome.lengths[piece.contig]
    first, last = max(0, piece.start - around), min(length, piece.end + around)
    known = genome.known_runs(piece.contig, piece.start, piece.end)
    [bases] = genome.read([(piece.contig, first, last)])
    stretch = Stretch(bases & BASE_BITS, first, length, known)
    return strand_tiles(stretch, piece.start, piece.end, tokenizer, context)
