"""Best tiles of many tokens at once, beside those of each alone."""

import pytest
from agront_data.variants import tiles_of_tokens


def best_tile(token, num_tokens, context):
    """Tries all tiles: the one in which a token is farthest from both ends, the left one of two that are alike."""
    starts = range(0, num_tokens, max(1, context // 2))
    tiles = [(start, min(start + context, num_tokens)) for start in starts if start <= token < start + context]
    return max(tiles, key=lambda tile: min(token - tile[0], tile[1] - 1 - token))


@pytest.mark.parametrize("context", [*range(1, 10), 63])
@pytest.mark.parametrize("num_tokens", [1, 2, 5, 8, 9, 31, 63, 64, 94, 95, 200])
def test_each_token_has_its_best_tile(num_tokens, context):
    for start, end in ((0, num_tokens), (num_tokens // 3, num_tokens), (0, num_tokens // 2), (num_tokens // 2,) * 2):
        tiles = list(tiles_of_tokens(start, end, num_tokens, context))
        owners = [tile[:2] for tile in tiles for _ in range(tile.own_start, tile.own_end)]
        assert owners == [best_tile(token, num_tokens, context) for token in range(start, end)]
        assert len({tile[:2] for tile in tiles}) == len(tiles)
