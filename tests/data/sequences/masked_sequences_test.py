import gzip
import os
import threading
from pathlib import Path

import pytest
from agront_data import InputWarning
from agront_data.sequences import masked_sequences, read_masked_lines
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
    [sequence] = masked_sequences(["ACG<mask><mask>GT"], TOKENIZER)
    assert sequence.around(1) == ("ACG", "<mask>GT")
    assert sequence.around(2) == ("ACG<mask>", "GT")


def test_lines_keep_their_numbers_where_others_are_blank(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("\ufeffACG<mask>\r\n\n  <mask>  \n".encode())
    found = read_masked_lines(tmp_path / "a.txt", TOKENIZER)
    assert [(each.number, each.text) for each in found] == [(1, "ACG<mask>"), (3, "<mask>")]
    assert found[1].name == f"{tmp_path / 'a.txt'}: line 3"
    with (tmp_path / "a.txt").open("rb") as opened:
        given = read_masked_lines(Path("standard input"), TOKENIZER, opened)
    assert [each.name for each in given] == ["standard input: line 1", "standard input: line 3"]
    assert [each.tokens.tolist() for each in given] == [each.tokens.tolist() for each in found]


def test_a_compressed_file_and_a_pipe_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"ACG<mask>\n<mask>\n"))
    assert [each.text for each in read_masked_lines(tmp_path / "a.gz", TOKENIZER)] == ["ACG<mask>", "<mask>"]
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=[b"ACG<mask>\n"])
    writer.start()
    assert [each.text for each in read_masked_lines(tmp_path / "pipe", TOKENIZER)] == ["ACG<mask>"]
    writer.join()


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (
            ["ACGA<mask>"],
            r"^sequence 1: the <mask> follows single letters \(A\), .* multiple of 3 bases, "
            r".*leave out 1 base before it, or add 2$",
        ),
        (
            ["<mask>ACG<mask>CA<mask>"],
            "^sequence 1: <mask> 3 of 3 follows single letters .C A., .*leave out 2 bases .* or add 1$",
        ),
        (["ACGNA<mask>A"], "^sequence 1: the <mask> follows single letters"),
        (["ACG<mask>", "A<mask>", "CG<mask>A<mask>"], r"^sequence 2: .* \(2 more <mask> likewise\)$"),
    ],
)
def test_letters_before_a_mask_that_make_no_k_mer_are_said(texts: list[str], message: str) -> None:
    with pytest.warns(InputWarning, match=message) as warned:
        masked_sequences(texts, TOKENIZER)
    assert len(warned) == 1


def test_whole_k_mers_and_n_before_a_mask_and_letters_behind_it_are_all_right() -> None:
    masked_sequences(["<mask>", "ACG<mask>A", "ACN<mask>", "ACNACG<mask><mask>CG"], TOKENIZER)


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
        (b"\x80\x81", "a.txt: is not text in UTF-8 .*write one sequence on each line"),
        ("ACG<mask>".encode("utf-16"), "a.txt: is text in UTF-16; .*iconv"),
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
