"""Token ids of one sequence, looked at: whether they are ids at all, and which bases they stand for."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64, Integer

from agront_tokenizer.base_alphabet import NO_BASE
from agront_tokenizer.vocabulary import Vocabulary


def check_ids(ids: Sequence[int] | Integer[np.ndarray, "T"], vocabulary: Vocabulary) -> Integer[np.ndarray, "T"]:
    """Returns the ids as an array.

    Args:
        ids: token ids of one sequence.
        vocabulary: the tokens.

    Raises:
        ValueError: if they are not integers in one dimension, or one is outside the vocabulary (id and position).
    """
    array = np.asarray(ids)
    if array.ndim != 1 or (array.size and not np.issubdtype(array.dtype, np.integer)):
        raise ValueError(f"ids must be integers in one dimension, not {array.dtype}{list(array.shape)}")
    outside = np.flatnonzero((array < 0) | (array >= vocabulary.size))
    if outside.size:
        raise ValueError(
            f"id {array[outside[0]]} at position {outside[0]} is outside the vocabulary: "
            f"ids are 0 to {vocabulary.size - 1}"
        )
    # An empty list has become an array of floats.
    return array if array.size else array.astype(np.int64)


def bases_of_ids(ids: Integer[np.ndarray, "T"], vocabulary: Vocabulary) -> Int64[np.ndarray, "T 2"]:
    """Returns the half-open interval of bases that each token stands for; `<mask>` stands for a k-mer.

    Args:
        ids: token ids of one sequence, checked.
        vocabulary: the tokens.

    Raises:
        ValueError: if one is `<unk>`, which stands for nobody knows how many bases.
    """
    unknown = np.flatnonzero(ids == vocabulary.unk_id)
    if unknown.size:
        raise ValueError(
            f"the token at position {unknown[0]} is <unk>, of which no length is known, so the places of what follows "
            "are not known either: tokenize the sequence with KmerTokenizer, which reads every base as a token"
        )
    widths_of_tokens = np.count_nonzero(vocabulary.token_bases != NO_BASE, axis=1)
    widths_of_tokens[vocabulary.mask_id] = vocabulary.k
    widths = widths_of_tokens[ids]
    ends = np.cumsum(widths)
    return np.stack([ends - widths, ends], axis=1)
