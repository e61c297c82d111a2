"""A track computed in pieces, beside what strings say of each base alone."""

import numpy as np
import pytest
from agront_data import ingest_genomes
from agront_data.regions import ContigBases
from agront_data.tracks import Piece, block_probabilities, cut_blocks
from agront_tokenizer import KmerTokenizer
from hypothesis import given, settings
from hypothesis import strategies as st

TOKENIZER = KmerTokenizer()
# Ends, runs of N, runs shorter than a token, lower case, another letter.
LETTERS = "ACGTTNACGTANN" + "".join(np.random.default_rng(1).choice(list("ACGT"), 300)) + "RACGTACNNNGATTACA"


def fasta(path, **contigs):
    path.write_text("".join(f">{name}\n{letters}\n" for name, letters in contigs.items()))
    return path


def whole(genome, model, context, most_bases=1 << 18):
    """The track of each contig, joined of its pieces."""
    pieces = {}
    for block in cut_blocks(genome.lengths, most_bases):
        for piece, logs in zip(block, block_probabilities(block, genome, TOKENIZER, context, model), strict=True):
            assert logs.shape == (piece.end - piece.start, 4)
            pieces.setdefault(piece.contig, []).append(logs)
    return {contig: np.concatenate(logs) for contig, logs in pieces.items()}


@pytest.mark.parametrize("context", [2, 5, 8, 63])
def test_equals_each_base_alone(tmp_path, model, by_letters, context):
    genome = ContigBases(fasta(tmp_path / "genome.fa", one=LETTERS.lower(), short="ACGTA", six="ACGTAC", none="NN"))
    found = whole(genome, model, context)
    np.testing.assert_allclose(found["one"], by_letters(LETTERS.replace("R", "N"), context), atol=1e-5)
    np.testing.assert_allclose(found["six"], by_letters("ACGTAC", context), atol=1e-5)
    assert np.isnan(found["short"]).all()
    assert np.isnan(found["none"]).all()
    np.testing.assert_allclose(np.exp(found["six"]).sum(axis=1), 1, atol=1e-5)


@settings(max_examples=40)
@given(data=st.data())
def test_no_base_depends_on_the_pieces(data, model, tmp_path_factory):
    letters = data.draw(st.text(st.sampled_from("ACGT" * 20 + "N"), min_size=1, max_size=200))
    genome = ContigBases(fasta(tmp_path_factory.mktemp("genome") / "genome.fa", one=letters, two="GATTACA"))
    context, most_bases = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 210))
    together, cut = whole(genome, model, context), whole(genome, model, context, most_bases)
    assert together.keys() == cut.keys()
    for contig in together:
        np.testing.assert_array_equal(together[contig], cut[contig])  # to the bit


def test_the_other_strand_is_the_complement(tmp_path, model, turn):
    letters = LETTERS.replace("R", "N")
    genome = ContigBases(fasta(tmp_path / "genome.fa", one=letters, other=turn(letters)))
    found = whole(genome, model, 9)
    np.testing.assert_allclose(found["other"], found["one"][::-1, ::-1], atol=1e-6)  # T, G, C, A


def test_a_store_says_the_same(tmp_path, model):
    path = fasta(tmp_path / "genome.fa", zero="ACGTACGTNNACG", one=LETTERS)
    ingest_genomes({"rice": [path]}, tmp_path / "store")
    stored = whole(ContigBases(tmp_path / "store"), model, 8, 100)
    for contig, logs in whole(ContigBases(path), model, 8).items():
        np.testing.assert_array_equal(stored[contig], logs)


def test_a_piece_is_read_in_few_tiles(tmp_path, model):
    letters = "".join(np.random.default_rng(6).choice(list("ACGT"), 6 * 4_000))
    genome = ContigBases(fasta(tmp_path / "genome.fa", one=letters))
    rows = []
    block_probabilities([Piece("one", 0, len(letters))], genome, TOKENIZER, 100, lambda r: rows.extend(r) or model(r))
    assert 2 * 6 * 4_000 / 50 - 2 * 6 * 2 < len(rows) <= 2 * 6 * 4_000 / 50
    assert len({row.tobytes() for row in rows}) == len(rows)


def test_blocks():
    assert list(cut_blocks({"a": 25, "b": 3, "c": 4, "d": 2, "e": 10}, 10)) == [
        [Piece("a", 0, 10)],
        [Piece("a", 10, 20)],
        [Piece("a", 20, 25), Piece("b", 0, 3)],
        [Piece("c", 0, 4), Piece("d", 0, 2)],
        [Piece("e", 0, 10)],
    ]
