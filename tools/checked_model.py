"""A model that is one of the tokenizer's vocabulary, and what is said of it."""

import itertools
import os
from pathlib import Path

import jax
from agront_model import AgroNTConfig, Precision
from agront_tokenizer import AGRONT_VOCABULARY, Vocabulary
from command_line import make_console
from licence import licence_of
from rich.console import Console
from weight_source import LoadedWeights, load_weights


def load_checked_weights(
    source: str | os.PathLike[str], precision: Precision | None = None, console: Console | None = None
) -> LoadedWeights:
    """Load a model, refuse one of another vocabulary, and say what was loaded.

    Args:
        source: as for `weight_source.find_weights`.
        precision: number format of the matrix products; float32 if not given.
        console: where to; standard output if not given.

    Raises:
        OSError, ValueError: it cannot be found, fetched or read, or its tokens are others.
    """
    loaded = load_weights(source, precision)
    check_vocabulary(loaded)
    say_what_was_loaded(loaded, console or make_console())
    return loaded


def check_vocabulary(loaded: LoadedWeights, vocabulary: Vocabulary = AGRONT_VOCABULARY) -> None:
    """Refuse a model whose token ids are not those of a vocabulary.

    Raises:
        ValueError: naming the number, or the first line of its `vocab.txt`, that differs.
    """
    check_ids(loaded.pretrained.config, loaded.name, vocabulary)
    for folder in (loaded.folder, loaded.folder.parent):
        if (file := folder / "vocab.txt").is_file():
            check_tokens(file, vocabulary)
            return
        if loaded.folder.name != "jax_model":
            return


def check_ids(config: AgroNTConfig, name: str, vocabulary: Vocabulary) -> None:
    """Compare what a config says of the vocabulary; raises as `check_vocabulary`."""
    for what, here, there in (
        ("has", config.vocabulary_size, vocabulary.size),
        ("pads with id", config.pad_token_id, vocabulary.pad_id),
        ("masks with id", config.mask_token_id, vocabulary.mask_id),
    ):
        if here != there:
            tokens = " token ids" if what == "has" else ""
            raise ValueError(
                f"the model {name} {what} {here:,}{tokens}, the tokenizer {there:,}: it was made for another "
                "vocabulary, and would be told the wrong tokens"
            )


def check_tokens(file: Path, vocabulary: Vocabulary) -> None:
    """Compare a `vocab.txt`, of which lines beyond the last token are free; raises as `check_vocabulary`."""
    lines = file.read_bytes().decode("utf-8", "replace").splitlines()
    for number, (line, token) in enumerate(itertools.zip_longest(lines[: vocabulary.size], vocabulary.tokens), 1):
        if line is None or line.strip() != token:
            found = "is missing" if line is None else f"is {line.strip()!r}"
            raise ValueError(
                f"{file}: line {number:,} {found}, and the tokenizer's token {number - 1:,} is {token!r}: the model "
                "was made for another vocabulary, and would be told the wrong tokens"
            )


def say_what_was_loaded(loaded: LoadedWeights, console: Console) -> None:
    """One line, another for the licence, if that is known, and one for all that went not quite as it should."""
    num_parameters = sum(leaf.size for leaf in jax.tree.leaves(loaded.pretrained.params))
    eps = loaded.pretrained.config.layer_norm_eps
    lines = [
        *loaded.notes,
        f"model         {loaded.name}: {num_parameters:,} parameters from {loaded.format}, layer-norm eps {eps:g}",
    ]
    if licence := licence_of(loaded):
        lines.append(f"              {licence.sentence}")
    console.print("\n".join(lines), highlight=False, markup=False, soft_wrap=True)
