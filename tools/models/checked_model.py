"""A model of the tokenizer's vocabulary: loaded, compared, and described in a few lines."""

import os
import warnings

from agront_model import Precision, Pretrained, load_pretrained
from agront_model.pretrained import DamagedCheckpointWarning, check_vocabulary, peek_config
from agront_tokenizer import AGRONT_VOCABULARY, KmerTokenizer, Vocabulary
from rich.console import Console
from terminal import say


def tokenizer_of(source: str | os.PathLike[str]) -> KmerTokenizer:
    """The tokenizer of a model, by the number of its token ids; AgroNT's where its config is not on this machine.

    Args:
        source: as for `load_pretrained`.
    """
    config = peek_config(source)
    try:
        return KmerTokenizer(AGRONT_VOCABULARY if config is None else Vocabulary.of_size(config.vocabulary_size))
    except ValueError:  # `check_vocabulary` refuses the model in words of its own
        return KmerTokenizer(AGRONT_VOCABULARY)


def load_checked_weights(
    model: str | os.PathLike[str], vocabulary: Vocabulary, console: Console, precision: Precision | None = None
) -> Pretrained:
    """Load a model, refuse one of another vocabulary, and describe it.

    Args:
        model: as for `load_pretrained`.
        vocabulary: the tokenizer's.
        console: takes the description.
        precision: number format of the matrix products; float32 if not given.

    Raises:
        OSError, ValueError: it cannot be found, fetched or read, or its tokens are others.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DamagedCheckpointWarning)  # the description has the same in its notes
        pretrained = load_pretrained(model, precision)
    check_vocabulary(pretrained, vocabulary.tokens, pad_token_id=vocabulary.pad_id, mask_token_id=vocabulary.mask_id)
    say(console, pretrained.description)
    return pretrained
