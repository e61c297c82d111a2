"""A model of the tokenizer's vocabulary: loaded, compared, and described in a few lines."""

import os
import warnings

import jax
from agront_model import Precision, Pretrained, load_pretrained
from agront_model.pretrained import DamagedCheckpointWarning, WeightSource, check_vocabulary, peek_config
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
) -> tuple[Pretrained, WeightSource]:
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
    source = pretrained.source
    assert source is not None  # of everything that was loaded
    check_vocabulary(pretrained, vocabulary.tokens, pad_token_id=vocabulary.pad_id, mask_token_id=vocabulary.mask_id)
    describe_model(pretrained, source, console)
    return pretrained, source


def describe_model(pretrained: Pretrained, source: WeightSource, console: Console) -> None:
    """Print the notes of the source, a line for the model, and one for its licence if that is known."""
    num_parameters = sum(leaf.size for leaf in jax.tree.leaves(pretrained.params))
    eps = pretrained.config.layer_norm_eps
    lines = [
        *source.notes,
        f"model         {source.name}: {num_parameters:,} parameters from {source.format}, layer-norm eps {eps:g}",
    ]
    if source.licence:
        lines.append(f"              {source.licence.sentence}")
    say(console, "\n".join(lines))
