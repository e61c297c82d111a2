"""The tokenizer's files as `transformers` reads them."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from agront_tokenizer.vocabulary import Vocabulary
from agront_tokenizer.whole_file import write_whole

_SPECIAL_TOKENS = {
    "cls_token": "<cls>",
    "mask_token": "<mask>",
    "pad_token": "<pad>",
    "unk_token": "<unk>",
}


def save_tokenizer(vocabulary: Vocabulary, folder: str | os.PathLike[str], max_tokens: int) -> None:
    """Writes `vocab.txt`, `special_tokens_map.json` and, last, `tokenizer_config.json`, which names the class.

    Args:
        vocabulary: the tokens.
        folder: where; made if missing.
        max_tokens: longest sequence that the model takes, `<cls>` included; where `transformers` truncates, if asked.
    """
    folder = Path(folder)
    vocabulary.save(folder / "vocab.txt")
    write_whole(folder / "special_tokens_map.json", _json_bytes(_SPECIAL_TOKENS))
    configuration = {
        "tokenizer_class": "EsmTokenizer",
        "model_max_length": max_tokens,
        **_SPECIAL_TOKENS,
        # Left out, it would default to `<eos>`, which is appended to every sequence and has no row in the model.
        "eos_token": None,
    }
    write_whole(folder / "tokenizer_config.json", _json_bytes(configuration))


def _json_bytes(content: Mapping[str, object]) -> bytes:
    return (json.dumps(content, indent=2) + "\n").encode("ascii")
