"""Best tiles of many tokens at once, beside those of each alone."""

import pytest
from agront_data.variants import tiles_of_tokens
from agront_data.variants.wildtype_tokens import best_tile


@pytest.mark.parametrize("context", [*range(1, 10), 63])
@pytest.mark.parametrize("num_tokens", [1, 2, 5, 8, 9, 31, 63, 64, 94, 95, 200])
def test_each_token_has_its_best_tile(num_tokens, context):
    for start, end in ((0, num_tokens), (num_tokens // 3, num_tokens), (0, num_tokens // 2), (num_tokens // 2,) * 2):
        tiles = list(tiles_of_tokens(start, end, num_tokens, context))
        owners = [tile[:2] for tile in tiles for _ in range(tile.own_start, tile.own_end)]
        assert owners == [best_tile(token, num_tokens, context) for token in range(start, end)]
        assert len({tile[:2] for tile in tiles}) == len(tiles)
