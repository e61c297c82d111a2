import json
from pathlib import Path

import numpy as np
import pytest
from agront_tokenizer import KmerTokenizer, Vocabulary


def test_files(tmp_path: Path) -> None:
    KmerTokenizer().save_pretrained(tmp_path / "tokenizer")
    names = sorted(path.name for path in (tmp_path / "tokenizer").iterdir())
    assert names == ["special_tokens_map.json", "tokenizer_config.json", "vocab.txt"]
    configuration = json.loads((tmp_path / "tokenizer" / "tokenizer_config.json").read_text())
    assert configuration["tokenizer_class"] == "EsmTokenizer"
    assert configuration["model_max_length"] == 1024
    # Written out: without it transformers appends <eos>, an id that the model has no row for.
    assert configuration["eos_token"] is None
    assert "eos_token" in configuration
    special = json.loads((tmp_path / "tokenizer" / "special_tokens_map.json").read_text())
    assert special == {"cls_token": "<cls>", "mask_token": "<mask>", "pad_token": "<pad>", "unk_token": "<unk>"}


def test_the_longest_sequence_is_the_models(tmp_path: Path) -> None:
    KmerTokenizer().save_pretrained(tmp_path, max_tokens=40)
    assert json.loads((tmp_path / "tokenizer_config.json").read_text())["model_max_length"] == 40


@pytest.mark.parametrize("k", [3, 6])
def test_auto_tokenizer_gives_equal_ids(tmp_path: Path, k: int) -> None:
    transformers = pytest.importorskip("transformers", reason="transformers is not installed: no live comparison")
    tokenizer = KmerTokenizer(Vocabulary(k=k))
    tokenizer.save_pretrained(tmp_path)
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path)

    random = np.random.default_rng(k)
    sequences = ["", "A", "N", "ATCCCGGNNTCGACACN", "ATCCCG<mask>GN", "<mask>AT<mask>"]
    sequences += ["".join(random.choice(list("ATCG" * 5 + "N"), size)) for size in range(1, 300, 7)]
    for sequence in sequences:
        assert theirs(sequence)["input_ids"] == tokenizer.encode(sequence).tolist(), sequence
    padded = theirs(sequences, padding=True)["input_ids"]
    assert padded == tokenizer.encode_batch(sequences).tolist()
    assert (theirs.pad_token_id, theirs.mask_token_id, theirs.cls_token_id, theirs.unk_token_id) == (1, 2, 3, 0)
    assert theirs.eos_token_id is None
    assert theirs.model_max_length == 1024
