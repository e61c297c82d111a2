"""The vocabulary that a model was made for, against that of a tokenizer."""

import codecs
import itertools
from collections.abc import Sequence
from pathlib import Path

from agront_model.config import AgroNTConfig
from agront_model.pretrained.git_lfs import check_fetched
from agront_model.pretrained.pretrained_model import Pretrained


def check_vocabulary(pretrained: Pretrained, tokens: Sequence[str], *, pad_token_id: int, mask_token_id: int) -> None:
    """Refuses a model whose token ids are not those of a tokenizer.

    Args:
        pretrained: a model; the `vocab.txt` beside its weights is compared too, if there is one.
        tokens: the tokenizer's tokens in the order of their ids.
        pad_token_id: the tokenizer's id of `<pad>`.
        mask_token_id: the tokenizer's id of `<mask>`.

    Raises:
        ValueError: naming the number, or the first line of the `vocab.txt`, that differs; or that is a Git LFS pointer.
    """
    source = pretrained.source
    name = "" if source is None else f" {source.name}"
    _check_ids(pretrained.config, name, len(tokens), pad_token_id, mask_token_id)
    if source is None:
        return
    for folder in (source.folder, source.folder.parent):
        if (file := folder / "vocab.txt").is_file():
            _check_tokens(file, tokens)
            return
        if source.folder.name != "jax_model":
            return


def _check_ids(config: AgroNTConfig, name: str, size: int, pad_token_id: int, mask_token_id: int) -> None:
    for what, here, there in (
        ("has", config.vocabulary_size, size),
        ("pads with id", config.pad_token_id, pad_token_id),
        ("masks with id", config.mask_token_id, mask_token_id),
    ):
        if here != there:
            tokens = " token ids" if what == "has" else ""
            raise ValueError(
                f"the model{name} {what} {here:,}{tokens}, the tokenizer {there:,}: it was made for another "
                "vocabulary, and would be told the wrong tokens"
            )


def _check_tokens(file: Path, tokens: Sequence[str]) -> None:
    """Compare a `vocab.txt`, of which lines beyond the last token are free."""
    check_fetched(file)
    content = file.read_bytes()
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    lines = content.decode(encoding, "replace").splitlines()
    for number, (line, token) in enumerate(itertools.zip_longest(lines[: len(tokens)], tokens), 1):
        if line is None or line.strip() != token:
            found = "is missing" if line is None else f"is {line.strip()!r}"
            raise ValueError(
                f"{file}: line {number:,} {found}, and the tokenizer's token {number - 1:,} is {token!r}: the model "
                "was made for another vocabulary, and would be told the wrong tokens"
            )
