from pathlib import Path

import pytest
from agront_data.sequences import masked_lines, masked_sequences, read_masked_lines
from agront_tokenizer import KmerTokenizer, Vocabulary

TOKENIZER = KmerTokenizer(Vocabulary(k=3))


def test_a_mask_counts_as_k_bases() -> None:
    [first, second] = masked_sequences(["ACG<mask>T", "<mask>n<mask>"], TOKENIZER)
    assert (first.number, first.name, first.text) == (1, "sequence 1", "ACG<mask>T")
    assert TOKENIZER.vocabulary.tokens[first.tokens[1]] == "ACG"
    assert first.spans.tolist() == [[0, 0], [0, 3], [3, 6], [6, 7]]
    assert first.masks.tolist() == [2]
    assert (second.name, second.masks.tolist()) == ("sequence 2", [1, 3])
    assert second.spans.tolist() == [[0, 0], [0, 3], [3, 4], [4, 7]]


def test_the_text_around_a_mask_may_hold_others() -> None:
    [sequence] = masked_sequences(["AC<mask><mask>GT"], TOKENIZER)
    assert sequence.around(1) == ("AC", "<mask>GT")
    assert sequence.around(2) == ("AC<mask>", "GT")


def test_lines_keep_their_numbers_where_others_are_blank(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("\ufeffACG<mask>\r\n\n  <mask>  \n".encode())
    found = read_masked_lines(tmp_path / "a.txt", TOKENIZER)
    assert [(each.number, each.text) for each in found] == [(1, "ACG<mask>"), (3, "<mask>")]
    assert found[1].name == f"{tmp_path / 'a.txt'}: line 3"
    given = masked_lines(["ACG<mask>", "", " <mask>"], "standard input", TOKENIZER)
    assert [each.name for each in given] == ["standard input: line 1", "standard input: line 3"]
    assert [each.tokens.tolist() for each in given] == [each.tokens.tolist() for each in found]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([""], "^sequence 1 is empty; leave it out$"),
        (["<mask>", "ACGT"], "^sequence 2 has no <mask>; write <mask> in the place of the 3 bases to predict$"),
        (["AU<mask>"], "^sequence 1: character 'U' at position 1"),
    ],
)
def test_sequences_without_dna_or_mask_are_refused(texts: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        masked_sequences(texts, TOKENIZER)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\n \n", "a.txt: holds no sequence; write one on each line$"),
        (b">chr1\nACG<mask>\n", "a.txt: is FASTA; write one sequence on each line, without headers$"),
        (b"\x1f\x8b\x08\x00", "a.txt: is not text .*; decompress it first if it is compressed$"),
        (b"<mask>\nACG\n", "a.txt: line 2 has no <mask>"),
    ],
)
def test_other_files_are_refused(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_masked_lines(tmp_path / "a.txt", TOKENIZER)


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="gone: no such file; name a text file"):
        read_masked_lines(tmp_path / "gone", TOKENIZER)
    with pytest.raises(FileNotFoundError, match="is a folder; name a text file"):
        read_masked_lines(tmp_path, TOKENIZER)
