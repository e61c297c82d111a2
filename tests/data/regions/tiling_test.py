import itertools
import re

import pytest
from agront_data.regions import Region, check_tiling, tile_regions
from hypothesis import given
from hypothesis import strategies as st


def spans(region: Region, length: int, step: int | None = None) -> list[tuple[int, int]]:
    return [(tile.start, tile.end) for tile in tile_regions([region], length, step)]


def test_tiles_by_hand() -> None:
    contig = Region("chr1:0-10(+)", "chr1", 0, 10)
    assert spans(contig, 4) == [(0, 4), (4, 8), (8, 10)]
    assert spans(contig, 5) == [(0, 5), (5, 10)]
    assert spans(contig, 10) == spans(contig, 11) == spans(contig, 99, 1) == [(0, 10)]
    # bedtools makewindows adds (8, 10), which lies in the tile before it.
    assert spans(contig, 4, 2) == [(0, 4), (2, 6), (4, 8), (6, 10)]
    assert spans(contig, 4, 3) == [(0, 4), (3, 7), (6, 10)]
    assert spans(contig, 6, 5) == [(0, 6), (5, 10)]
    assert spans(contig, 1) == [(i, i + 1) for i in range(10)]


def test_on_the_reverse_strand_tiles_begin_at_the_regions_own_start() -> None:
    region = Region("gene", "chr1", 100, 110, "-")
    assert spans(region, 4) == [(106, 110), (102, 106), (100, 102)]
    assert spans(region, 4, 3) == [(106, 110), (103, 107), (100, 104)]


def test_names() -> None:
    gene = Region("gene", "chr1", 100, 106, "-", "genes.bed: line 3")
    contig = Region("chr1:0-3(+)", "chr1", 0, 3)
    assert list(tile_regions([gene, contig], 4)) == [
        Region("gene_1", "chr1", 102, 106, "-", "genes.bed: line 3"),
        Region("gene_2", "chr1", 100, 102, "-", "genes.bed: line 3"),
        Region("chr1:0-3(+)", "chr1", 0, 3),
    ]


@given(
    start=st.integers(0, 50),
    size=st.integers(1, 200),
    length=st.integers(1, 60),
    step=st.integers(1, 60),
    strand=st.sampled_from("+-"),
)
def test_every_base_is_covered_and_no_tile_is_empty_or_useless(
    start: int, size: int, length: int, step: int, strand: str
) -> None:
    step = min(step, length)
    tiles = list(tile_regions([Region("r", "c", start, start + size, strand)], length, step))
    own = [
        (t.start - start, t.end - start) if strand == "+" else (start + size - t.end, start + size - t.start)
        for t in tiles
    ]
    assert [first for first, _ in own] == [i * step for i in range(len(own))]
    assert all(last - first == length for first, last in own[:-1])
    assert 0 < own[-1][1] - own[-1][0] <= length
    assert set().union(*(range(first, last) for first, last in own)) == set(range(size))
    assert all(one[1] < other[1] for one, other in itertools.pairwise(own))


@pytest.mark.parametrize(
    ("length", "step", "message"),
    [
        (0, None, "`length` is 0: a tile has at least 1 base"),
        (-3, 1, "`length` is -3"),
        (6, 0, "`step` is 0: it must be 1 to 6, the `length`, or bases would be left out"),
        (6, 7, "`step` is 7"),
    ],
)
def test_bad_tiles_are_refused_at_the_call(length: int, step: int | None, message: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        tile_regions([], length, step)
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        check_tiling(length, step)


def test_tiles_can_be_checked_alone() -> None:
    check_tiling(6)
    check_tiling(6, 6)


def test_bad_regions_are_refused() -> None:
    with pytest.raises(ValueError, match="has no base"):
        list(tile_regions([Region("r", "c", 5, 5)], 3))
