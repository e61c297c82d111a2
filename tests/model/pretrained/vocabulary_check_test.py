import codecs
import dataclasses

import pytest
from agront_model import load_pretrained
from agront_model.pretrained import check_vocabulary


def check(pretrained, words, pad_token_id=1, mask_token_id=2):
    check_vocabulary(pretrained, words, pad_token_id=pad_token_id, mask_token_id=mask_token_id)


@pytest.fixture
def words(pretrained):
    return [f"token{number}" for number in range(pretrained.config.vocabulary_size)]


def test_numbers_are_compared_without_a_source(pretrained, words):
    check(pretrained, words)
    with pytest.raises(ValueError, match=rf"the model has {len(words)} token ids, the tokenizer {len(words) - 1}:"):
        check(pretrained, words[1:])
    with pytest.raises(ValueError, match="the model pads with id 1, the tokenizer 0:"):
        check(pretrained, words, pad_token_id=0)
    with pytest.raises(ValueError, match="the model masks with id 2, the tokenizer 3:"):
        check(pretrained, words, mask_token_id=3)


def test_the_tokens_beside_the_weights_are_compared(folder, words):
    loaded = load_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join([*words, "<eos>", "<bos>"]))  # what follows the last id is free
    check(loaded, words)
    (folder / "vocab.txt").write_text("\n".join(words[:3]))
    with pytest.raises(ValueError, match=r"vocab.txt: line 4 is missing, and the tokenizer's token 3 is 'token3'"):
        check(loaded, words)
    (folder / "vocab.txt").write_text("\n".join([*words[:3], "other"]))
    with pytest.raises(ValueError, match=r"vocab.txt: line 4 is 'other', and the tokenizer's token 3 is 'token3'"):
        check(loaded, words)


def test_marks_and_line_ends_of_other_systems_are_no_part_of_a_token(folder, words):
    loaded = load_pretrained(folder)
    text = "\r\n".join([*words, ""])
    for content in (codecs.BOM_UTF8 + text.encode(), codecs.BOM_UTF16_LE + text.encode("utf-16-le")):
        (folder / "vocab.txt").write_bytes(content)
        check(loaded, words)
        (folder / "vocab.txt").write_bytes(content.replace(b"9", b"8", 1))
        with pytest.raises(
            ValueError, match=r"vocab.txt: line 10 is 'token8', and the tokenizer's token 9 is 'token9'"
        ):
            check(loaded, words)


def test_the_tokens_of_the_authors_files_lie_around_their_folder(folder, words):
    loaded = load_pretrained(folder)
    inner = folder / "jax_model"
    (folder / "vocab.txt").write_text("other")
    elsewhere = dataclasses.replace(loaded, source=dataclasses.replace(loaded.source, folder=folder / "other"))
    check(elsewhere, words)
    beside = dataclasses.replace(loaded, source=dataclasses.replace(loaded.source, folder=inner))
    with pytest.raises(ValueError, match="line 1 is 'other'"):
        check(beside, words)
