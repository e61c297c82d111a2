import dataclasses
import hashlib
import random
from pathlib import Path

import numpy as np
import pytest
from agront_tokenizer import AGRONT_VOCABULARY, Vocabulary

PUBLISHED_SHA256 = "f1b544e27897936b50bbd925850fa8a08b421c33bb9c26e3711c140c061d0d4c"


def test_saved_file_is_the_published_one_byte_for_byte(tmp_path: Path) -> None:
    AGRONT_VOCABULARY.save(tmp_path / "vocab.txt")
    content = (tmp_path / "vocab.txt").read_bytes()
    assert len(content) == 28_718
    assert hashlib.sha256(content).hexdigest() == PUBLISHED_SHA256
    assert content.startswith(b"<unk>\n<pad>\n<mask>\n<cls>\nAAAAAA\nAAAAAT\nAAAAAC\nAAAAAG\nAAAATA\n")
    assert content.endswith(b"\nGGGGGG\nA\nT\nC\nG\nN\n<eos>\n<bos>")


def test_saved_file_equals_the_recorded_one(tmp_path: Path, reference: Path) -> None:
    AGRONT_VOCABULARY.save(tmp_path / "vocab.txt")
    assert (tmp_path / "vocab.txt").read_bytes() == (reference / "vocab.txt").read_bytes()


def test_save_replaces_the_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "new" / "vocab.txt"
    Vocabulary(k=3).save(path)
    AGRONT_VOCABULARY.save(str(path))
    assert hashlib.sha256(path.read_bytes()).hexdigest() == PUBLISHED_SHA256
    assert [entry.name for entry in path.parent.iterdir()] == ["vocab.txt"]


def test_fingerprint_is_the_files_hash() -> None:
    assert AGRONT_VOCABULARY.fingerprint == PUBLISHED_SHA256
    assert len({Vocabulary(k=k).fingerprint for k in range(3, 8)}) == 5


def test_ids_of_agront() -> None:
    vocabulary = AGRONT_VOCABULARY
    assert (vocabulary.unk_id, vocabulary.pad_id, vocabulary.mask_id, vocabulary.cls_id) == (0, 1, 2, 3)
    assert vocabulary.kmer_ids == range(4, 4100)
    assert vocabulary.nucleotide_ids == range(4, 4104)
    assert vocabulary.n_id == 4104
    assert vocabulary.size == 4105


def test_tokens_stand_at_their_ids() -> None:
    tokens = AGRONT_VOCABULARY.tokens
    assert len(tokens) == 4105
    assert tokens[:6] == ("<unk>", "<pad>", "<mask>", "<cls>", "AAAAAA", "AAAAAT")
    assert tokens[4 + 1 * 4**4 + 2 * 4**2 + 3] == "ATACAG"
    assert tokens[4099:] == ("GGGGGG", "A", "T", "C", "G", "N")


@pytest.mark.parametrize(("k", "size"), [(3, 73), (4, 265), (5, 1033), (6, 4105), (7, 16393)])
def test_size_for_each_k(k: int, size: int) -> None:
    vocabulary = Vocabulary(k=k)
    assert vocabulary.size == len(vocabulary.tokens) == len(set(vocabulary.tokens)) == size
    assert vocabulary.tokens[vocabulary.n_id] == "N"
    assert [vocabulary.tokens[i] for i in vocabulary.nucleotide_ids][-5:] == ["G" * k, "A", "T", "C", "G"]
    assert all(len(vocabulary.tokens[i]) == k for i in vocabulary.kmer_ids)


@pytest.mark.parametrize(("k", "size"), [(3, 73), (4, 265), (5, 1033), (6, 4105), (7, 16393)])
def test_a_vocabulary_is_found_by_its_size(k: int, size: int) -> None:
    assert Vocabulary.of_size(size) == Vocabulary(k=k)


@pytest.mark.parametrize("size", [0, 4104, 4107, 65545])
def test_a_size_that_no_k_has_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match=rf"no vocabulary of k-mers has {size} tokens; there are 73 \(3-mers\), 265 "):
        Vocabulary.of_size(size)


@pytest.mark.parametrize("k", [3, 6, 7])
def test_token_bases_spell_the_tokens(k: int) -> None:
    vocabulary = Vocabulary(k=k)
    table = vocabulary.token_bases
    assert table.shape == (vocabulary.size, k)
    assert table.dtype == np.uint8
    spelled = ["".join("ATCGN"[code] for code in row if code < 5) for row in table.tolist()]
    assert spelled[:4] == ["", "", "", ""]
    assert spelled[4:] == list(vocabulary.tokens[4:])
    assert (np.diff((table == 5).astype(int), axis=1) >= 0).all()  # bases first, then no base


def test_token_bases_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        AGRONT_VOCABULARY.token_bases[0, 0] = 0


@pytest.mark.usefixtures("unchecked_types")
@pytest.mark.parametrize("k", [2, 8, 0, -6, 6.0, "6", None])
def test_other_k_are_refused(k: int) -> None:
    with pytest.raises(ValueError, match=r"k is .*, but must be an integer from 3 to 7; AgroNT's own is 6"):
        Vocabulary(k=k)


def test_is_a_value() -> None:
    assert Vocabulary() == AGRONT_VOCABULARY
    assert hash(Vocabulary()) == hash(AGRONT_VOCABULARY)
    assert Vocabulary(k=5) != AGRONT_VOCABULARY
    with pytest.raises(dataclasses.FrozenInstanceError):
        AGRONT_VOCABULARY.k = 5  # type: ignore[misc]


@pytest.mark.parametrize("k", [3, 6])
def test_a_kmer_with_other_bases(k: int) -> None:
    vocabulary, rng = Vocabulary(k=k), random.Random(k)
    for size in range(k + 1):
        for place in range(k - size + 1):
            kmer = "".join(rng.choices("ATCG", k=k))
            bases = rng.choices(range(4), k=size)
            expected = kmer[:place] + "".join("ATCG"[base] for base in bases) + kmer[place + size :]
            found = vocabulary.kmer_with(vocabulary.tokens.index(kmer), place, bases)
            assert vocabulary.tokens[found] == expected
