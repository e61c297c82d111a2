import numpy as np
import pytest
from agront_model.inference.tiles import Tile, check_overlap, lay_tiles
from hypothesis import given
from hypothesis import strategies as st


@st.composite
def layouts(draw):
    """(tokens of the row, context, overlap)."""
    max_tokens = draw(st.integers(2, 40))
    return draw(st.integers(2, 400)), max_tokens, draw(st.integers(0, max_tokens - 2))


@given(layouts())
def test_every_token_is_owned_once_and_covered_by_its_owner(layout):
    num_tokens, max_tokens, overlap = layout
    tiles = lay_tiles(7, num_tokens, max_tokens, overlap)
    owners = np.zeros(num_tokens, int)
    for tile in tiles:
        assert tile.row == 7
        assert 1 <= tile.start <= tile.own_start < tile.own_stop <= tile.stop <= num_tokens
        owners[tile.own_start : tile.own_stop] += 1
    assert owners[0] == 0  # <cls> stands in all
    assert (owners[1:] == 1).all()


@given(layouts())
def test_tiles_of_a_long_row_fill_the_context_share_the_overlap_and_are_as_few_as_can_be(layout):
    num_tokens, max_tokens, overlap = layout
    tiles = lay_tiles(0, num_tokens, max_tokens, overlap)
    body, room = num_tokens - 1, max_tokens - 1
    if num_tokens <= max_tokens:
        assert tiles == [Tile(0, 1, num_tokens, 1, num_tokens)]
        return
    assert {tile.num_tokens for tile in tiles} == {max_tokens}
    assert (tiles[0].start, tiles[-1].stop) == (1, num_tokens)
    steps = np.diff([tile.start for tile in tiles])
    assert steps.max() - steps.min() <= 1
    assert room - steps.max() >= overlap
    # One tile fewer would not reach the end.
    assert room + (len(tiles) - 2) * (room - overlap) < body


@given(layouts())
def test_a_token_belongs_to_the_tile_in_which_it_is_farthest_from_an_edge(layout):
    tiles = lay_tiles(0, *layout)
    for tile in tiles:
        for token in range(tile.own_start, tile.own_stop):
            margins = [min(token - other.start, other.stop - 1 - token) for other in tiles]
            assert min(token - tile.start, tile.stop - 1 - token) == max(margins)


def test_two_tiles_laid_by_hand():
    # 79 tokens beside <cls>, 63 of them a tile: tokens 1-63 and 17-79 share 17-63, whose middle is 40.
    first, second = lay_tiles(0, 80, 64, 8)
    assert first == (0, 1, 64, 1, 41)
    assert second == (0, 17, 80, 41, 80)
    assert (first.owned, second.owned) == (slice(1, 41), slice(25, 64))
    assert (first.num_owned, second.num_owned) == (40, 39)


@pytest.mark.parametrize("overlap", [-1, 63, 64])
def test_an_overlap_that_leaves_a_tile_nothing_is_refused(overlap):
    with pytest.raises(ValueError, match=rf"\[0, 63\).*got {overlap}; an eighth of the context, 8, is"):
        check_overlap(overlap, 64)
    check_overlap(62, 64)
