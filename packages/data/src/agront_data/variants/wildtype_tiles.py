"""A substitution in every pair of strand and frame without a mask: tiles that serve every variant in them."""

from collections.abc import Sequence

import numpy as np
from agront_tokenizer import KmerTokenizer
from jaxtyping import UInt16

from agront_data.bases import reverse_complement
from agront_data.variants.surroundings import Surroundings
from agront_data.variants.token_pair import Strand, TokenPair
from agront_data.variants.token_tiles import tiles_of_tokens


class WildtypeTiles:
    """Lays out substitutions of one genome without a mask; keeps each tile that it has tokenized.

    On each strand, each run of A, T, C, G is cut into tokens in k phases, counted from its beginning, and the tokens of
    a phase into tiles (`tiles_of_tokens`): what covers the contig in 2 × k × 2 passes, and has a place for every
    variant.
    """

    def __init__(self, tokenizer: KmerTokenizer, *, context: int, strands: Sequence[Strand] = ("+", "-")):
        """Begins without tiles.

        Args:
            tokenizer: Makes the ids.
            context: Tokens of a tile after `<cls>`.
            strands: Which to read.
        """
        self._tokenizer, self._context, self._strands = tokenizer, context, strands
        self._tokens: dict[tuple[str, Strand, int, int], UInt16[np.ndarray, "T"]] = {}

    def pairs(self, around: Surroundings) -> list[TokenPair]:
        """Lays out a substitution of m bases on the strands, in each of the k − m + 1 frames.

        Args:
            around: A substitution of 1 to k bases, with `num_bases_around` bases on either side as far as the contig
                has them.

        Returns:
            The pairs, by strand and then by frame; those are left out whose token is not within a run. Pairs of one
            tile have the same array of tokens, those of other substitutions as well.
        """
        vocabulary, pairs = self._tokenizer.vocabulary, []
        k, (position, size, inserted) = vocabulary.k, around.change
        for strand in self._strands:
            # On "-" all is counted from the contig's other end.
            forward, length = strand == "+", around.contig_length
            begin = position if forward else length - position - size
            runs = (around.known if forward else length - around.known[:, ::-1]).tolist()
            bases = (inserted if forward else reverse_complement(inserted)).tolist()
            for frame in range(k - size + 1):
                start = begin - frame
                for run_start, run_end in runs:
                    if not run_start <= start <= run_end - k:
                        continue
                    token, phase = divmod(start - run_start, k)
                    [tile] = tiles_of_tokens(token, token + 1, (run_end - run_start - phase) // k, self._context)
                    tokens = self._tile(around, strand, run_start + phase + k * tile.start, tile.end - tile.start)
                    place = token - tile.start + 1
                    reference = int(tokens[place])
                    alternative = vocabulary.kmer_with(reference, frame, bases)
                    pairs.append(TokenPair(strand, frame, start, tokens, place, reference, alternative))
        return pairs

    def _tile(self, around: Surroundings, strand: Strand, start: int, num_tokens: int) -> UInt16[np.ndarray, "T"]:
        key = (around.contig, strand, start, num_tokens)
        if key not in self._tokens:
            end = start + num_tokens * self._tokenizer.vocabulary.k
            if strand == "+":
                bases = around.bases[start - around.first : end - around.first]
            else:
                last = around.contig_length - around.first
                bases = reverse_complement(around.bases[last - end : last - start])
            self._tokens[key] = self._tokenizer.encode_bases(bases[None])[0]
        return self._tokens[key]
