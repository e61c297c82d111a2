import collections
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from agront_data import GenomeStore, HeldOut, WindowGrid, Windows, ingest_genomes
from agront_data.duplicates import find_duplicates
from hypothesis import given, settings
from hypothesis import strategies as st

Make = Callable[..., GenomeStore]
CHLOROPLAST = Path(__file__).parents[3] / "examples/genomes/arabidopsis_thaliana_chloroplast_NC_000932.fa.gz"


def random_sequence(seed: int, length: int) -> str:
    return "".join(np.random.default_rng(seed).choice(list("ATCG"), length))


def reverse_complement(sequence: str) -> str:
    return sequence[::-1].translate(str.maketrans("ATCG", "TAGC"))


def fragments(sequence: str, length: int) -> list[tuple[int, str]]:
    """Returns start and canonical spelling of every fragment without N."""
    starts = range(len(sequence) - length + 1)
    found = [(start, sequence[start : start + length]) for start in starts]
    return [(start, min(each, reverse_complement(each))) for start, each in found if "N" not in each]


def test_a_copy_is_found_at_any_offset_on_either_strand_and_in_any_genome(lay_out: Make) -> None:
    shared = random_sequence(0, 30)
    other_letter = "A" if shared[20] != "A" else "C"
    store = lay_out(
        {
            "rice": {"c1": random_sequence(1, 47) + shared, "c2": random_sequence(2, 60)},
            "maize": {"c1": random_sequence(3, 11) + reverse_complement(shared) + random_sequence(4, 20)},
            "wheat": {"c1": random_sequence(5, 50) + shared[:20] + other_letter + random_sequence(6, 4)},
        }
    )
    report = find_duplicates(store, length=20)
    assert (report.length, report.one_in, report.duplicate_contigs) == (20, 1, ())
    maize, rice, wheat = report.genomes
    assert [each.genome for each in report.genomes] == ["maize", "rice", "wheat"]
    assert (maize.fragments, rice.fragments, wheat.fragments) == (42, 58 + 41, 56)
    assert (maize.duplicated, rice.duplicated, wheat.duplicated) == (11, 11, 1)
    assert report.total.fragments == report.total.sampled == 42 + 99 + 56
    assert report.total.duplicated == 23
    assert rice.duplicated_share == 11 / 99
    assert report.total.held_out == report.total.held_out_windows == 0
    assert report.total.held_out_duplicated_share == 0


@pytest.mark.parametrize(
    ("contigs", "expected"),
    [
        ({"c1": "GAATTC"}, (1, 0)),  # its own reverse complement stands in one place only
        ({"c1": "GAATTC", "c2": "GAATTC"}, (2, 2)),
        ({"c1": "GAATTCA", "c2": "TGAATTC"}, (4, 4)),
        ({"c1": "AAAAAAAA"}, (3, 3)),  # copies that overlap
        ({"c1": "AAAAAAAA", "c2": "TTTTTT"}, (4, 4)),
        ({"c1": "GATTACNGATTAC"}, (2, 2)),
        ({"c1": "GATTACNGATTA", "c2": "C"}, (1, 0)),  # neither through N nor across contigs
        ({"c1": "GATTA", "c2": "CGATTAC"}, (2, 0)),
        ({"c1": "NNNNNNNNNN"}, (0, 0)),
        ({"c1": "GATTA"}, (0, 0)),
    ],
)
def test_strands_overlaps_n_and_borders(lay_out: Make, contigs: Mapping[str, str], expected: tuple[int, int]) -> None:
    total = find_duplicates(lay_out({"rice": contigs}), length=6).total
    assert (total.fragments, total.duplicated) == expected
    assert total.sampled == total.fragments


# Few letters and short fragments, so that copies are frequent.
SEQUENCES = st.text(alphabet="AATTCN", min_size=1, max_size=60)
GENOMES = st.dictionaries(
    st.sampled_from(["rice", "maize", "wheat"]),
    st.dictionaries(st.sampled_from(["c1", "c2", "c3"]), SEQUENCES, min_size=1),
    min_size=1,
)


@given(genomes=GENOMES, length=st.integers(1, 9), block=st.integers(3, 20), window=st.integers(4, 25))
@settings(max_examples=60)
def test_counts_are_those_of_a_comparison_of_strings(
    lay_out: Make, genomes: Mapping[str, Mapping[str, str]], length: int, block: int, window: int
) -> None:
    store = lay_out(genomes)
    held_out = HeldOut(block_length=block, every=2, offset=1)
    everywhere: collections.Counter[str] = collections.Counter()
    trained: set[str] = set()
    unseen = []  # (genome, contig, start, spelling)
    by_genome: dict[str, list[str]] = {name: [] for name in genomes}
    for name, contigs in genomes.items():
        for contig, sequence in contigs.items():
            for start, spelling in fragments(sequence, length):
                everywhere[spelling] += 1
                by_genome[name].append(spelling)
                if start // block == (start + length - 1) // block:
                    if start // block % 2:
                        unseen.append((name, contig, start, spelling))
                    else:
                        trained.add(spelling)
    has_held_out = any(len(sequence) > block for contigs in genomes.values() for sequence in contigs.values())
    grid = None
    if has_held_out:
        # No window is left out for its N, nor moved by them.
        windows = Windows(length=window, max_n_fraction=1.0)
        if all("N" * (window + 1) not in sequence for contigs in genomes.values() for sequence in contigs.values()):
            grid = WindowGrid.build(store, windows, held_out, "held_out")
    report = find_duplicates(store, grid, length=length)

    for counts in report.genomes:
        spellings = by_genome[counts.genome]
        assert counts.fragments == counts.sampled == len(spellings)
        assert counts.duplicated == sum(everywhere[spelling] > 1 for spelling in spellings)
        if grid is None:
            continue
        mine = [each for each in unseen if each[0] == counts.genome]
        assert counts.held_out == len(mine)
        assert counts.held_out_duplicated == sum(spelling in trained for *_, spelling in mine)
        lengths = [len(sequence) for sequence in genomes[counts.genome].values()]
        blocks = [min(block, size - begin) for size in lengths for begin in range(block, size, 2 * block)]
        assert counts.held_out_windows == sum(-(-size // window) for size in blocks)
        hit = {
            (contig, start // block, start % block // window)
            for _, contig, start, spelling in mine
            if spelling in trained and start % block // window == (start % block + length - 1) // window
        }
        assert counts.held_out_windows_duplicated == len(hit)


def test_parts_are_compared_across_genomes_and_a_held_out_species_is_one(lay_out: Make) -> None:
    shared = random_sequence(0, 25)
    store = lay_out(
        {
            "rice": {"c1": random_sequence(1, 74) + "A" + shared},
            "maize": {"c1": shared + random_sequence(2, 64) + "C" + shared[:9]},
        }
    )
    grid = WindowGrid.build(store, Windows(length=30), HeldOut(genomes=("maize",)), "held_out")
    maize, rice = find_duplicates(store, grid, length=10).genomes
    assert (rice.held_out, rice.held_out_windows) == (0, 0)
    assert (maize.held_out, maize.held_out_duplicated) == (90, 16)
    assert maize.held_out_duplicated_share == 16 / 90
    assert (maize.held_out_windows, maize.held_out_windows_duplicated) == (4, 1)  # 30, 30, 30 and 9 bases


def test_a_fragment_in_a_window_that_is_skipped_for_its_n_is_in_no_window(lay_out: Make) -> None:
    shared = random_sequence(0, 10)
    store = lay_out({"rice": {"c1": shared}, "maize": {"c1": shared + "NA" * 10 + random_sequence(1, 30)}})
    grid = WindowGrid.build(store, Windows(length=30, max_n_fraction=0.2), HeldOut(genomes=("maize",)), "held_out")
    maize, _ = find_duplicates(store, grid, length=10).genomes
    assert maize.held_out_duplicated == 1
    assert (maize.held_out_windows, maize.held_out_windows_duplicated) == (1, 0)


def test_blocks_of_hashing_leave_no_seam(lay_out: Make) -> None:
    # Longer than one block of 65,536 fragments, with the copy laid over its end.
    sequence = random_sequence(0, 140_000)
    store = lay_out({"rice": {"c1": sequence}, "maize": {"c1": sequence[65_400:65_700]}})
    done: list[int] = []
    maize, rice = find_duplicates(store, length=100, on_progress=done.append).genomes
    assert (maize.fragments, maize.duplicated) == (201, 201)
    assert (rice.fragments, rice.duplicated) == (139_901, 201)
    assert done == sorted(done)
    assert 140_000 < done[-1] <= 140_300


def test_fragments_longer_than_a_block(lay_out: Make) -> None:
    sequence = random_sequence(0, 90_000)
    store = lay_out({"rice": {"c1": sequence}, "maize": {"c1": "ATC" + reverse_complement(sequence)}})
    maize, rice = find_duplicates(store, length=70_000).genomes
    assert (maize.fragments, maize.duplicated) == (20_004, 20_001)
    assert (rice.fragments, rice.duplicated) == (20_001, 20_001)


@pytest.mark.parametrize(("most_fragments", "one_in"), [(40_401, 1), (40_400, 2), (10_100, 8), (1_300, 32)])
def test_a_sample_has_fragments_with_all_their_copies(lay_out: Make, most_fragments: int, one_in: int) -> None:
    sequence = random_sequence(0, 30_100)
    # 20,001 + 10,001 + 10,200 + 199 = 40,401 fragments. All of wheat's stand twice, 200 of them in rice as well.
    store = lay_out(
        {
            "rice": {"c1": sequence[:20_100]},
            "wheat": {"c1": sequence[20_000:], "c2": reverse_complement(sequence[19_801:])},
            "maize": {"c1": random_sequence(1, 298)},
        }
    )
    report = find_duplicates(store, length=100, most_fragments=most_fragments)
    assert report.one_in == one_in
    maize, _, wheat = report.genomes
    exact = {"maize": (199, 0), "rice": (20_001, 200), "wheat": (20_201, 20_201)}
    for counts in report.genomes:
        num_fragments, duplicated = exact[counts.genome]
        assert counts.fragments == num_fragments
        # Five standard deviations, where two copies come together.
        expected = num_fragments / one_in
        most = 0 if one_in == 1 else 5 * (2 * expected) ** 0.5
        assert abs(counts.sampled - expected) <= most
        assert abs(counts.duplicated - duplicated / one_in) <= most
    assert maize.duplicated == 0
    assert wheat.duplicated == wheat.sampled


def test_the_inverted_repeats_of_a_chloroplast(tmp_path: Path) -> None:
    if not CHLOROPLAST.exists():
        pytest.skip(f"{CHLOROPLAST} is not there")
    store = ingest_genomes({"chloroplast": [CHLOROPLAST]}, tmp_path / "store")
    total = find_duplicates(store, length=1000).total
    # Two copies of 26,264 bases, each the other's reverse complement, and no other repeat of 1,000 bases.
    assert total.fragments == 154_478 - 999
    assert total.duplicated == 2 * (26_264 - 999)


def test_contigs_that_are_copies_are_named_in_groups(make_store: Make) -> None:
    first, second = random_sequence(0, 300), random_sequence(1, 300)
    store = make_store(
        {
            "rice": {"c1": first, "c2": second, "c3": first + "NNA", "n": "N" * 50},
            "maize": {"a": first.lower(), "b": reverse_complement(second), "c": second[::-1], "n": "N" * 50},
            "wheat": {"c1": reverse_complement(first), "c3": "TNN" + reverse_complement(first)},
        }
    )
    assert find_duplicates(store).duplicate_contigs == (
        ("maize:a", "rice:c1", "wheat:c1"),
        ("maize:b", "rice:c2"),
        ("rice:c3", "wheat:c3"),
    )


def test_long_contigs_are_compared_block_by_block(make_store: Make) -> None:
    sequence = random_sequence(0, 2_100_000)
    store = make_store({"rice": {"c1": sequence, "c2": sequence[1:] + sequence[0]}, "maize": {"c1": sequence[::-1]}})
    assert find_duplicates(store, length=100_000).duplicate_contigs == ()
    store = make_store({"rice": {"c1": sequence}, "maize": {"c1": reverse_complement(sequence)}}, "copies")
    assert find_duplicates(store, length=100_000).duplicate_contigs == (("maize:c1", "rice:c1"),)


def test_arguments_out_of_range_are_refused(lay_out: Make) -> None:
    store, other = lay_out({"rice": {"c1": "ATCGATTA" * 9}}), lay_out({"rice": {"c1": "ATCGATT" * 9}})
    held_out = HeldOut(block_length=6, every=3, offset=1)
    with pytest.raises(ValueError, match="length is 0"):
        find_duplicates(store, length=0)
    with pytest.raises(ValueError, match="most_fragments 0"):
        find_duplicates(store, most_fragments=0)
    for grid in (
        WindowGrid.build(store, Windows(length=6), held_out),
        WindowGrid.build(other, Windows(length=6), held_out, "held_out"),
    ):
        with pytest.raises(ValueError, match="held-out windows of memory"):
            find_duplicates(store, grid)
