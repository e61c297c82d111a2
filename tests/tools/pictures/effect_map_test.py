import re

import numpy as np
import pytest
from agront_data import encode_sequence
from agront_data.regions import GeneModel, Region
from matplotlib.figure import Figure
from matplotlib.image import imread
from pictures import check_effects_can_be_drawn, draw_effects
from pictures.sequence_logo import draw_logo

GENE = GeneModel("FLOWER", "+", 1_010, 1_050, ((1_010, 1_020), (1_040, 1_050)), ((1_012, 1_020),))


def effects_of(length):
    effects = np.random.default_rng(0).normal(size=(length, 4))
    effects[:, 0] = 0
    return effects


def test_letters_stand_on_each_other_the_largest_above():
    axes = Figure().add_subplot()
    draw_logo(axes, np.array([[0.5, 0.0, 1.0, 0.25], [0.0, 0.0, 0.0, 2.0]]), 10)
    boxes = []
    for patch in axes.patches:
        path = patch.get_path()
        for piece in path.to_polygons(closed_only=False):
            low, high = piece.min(axis=0), piece.max(axis=0)
            if high[0] - low[0] > 0.5 and high[1] - low[1] > 0.2:  # not the hole of A
                boxes.append((round(low[0] + high[0]) / 2, round(low[1], 2), round(high[1], 2)))
    assert boxes == [(10, 0.25, 0.75), (10, 0.75, 1.75), (10, 0, 0.25), (11, 0, 2)]


def test_rows_genes_and_labels(tmp_path):
    region = Region("promoter", "chr1", 1_000, 1_200, "-")
    draw_effects(region, encode_sequence("A" * 200), effects_of(200), [GENE], tmp_path / "a.svg")
    words = re.findall(r"<text[^>]*>([^<]*)</text>", (tmp_path / "a.svg").read_text())
    assert {"promoter, chr1:1001-1200 (-)", "1,010", "1,200", " FLOWER"} <= set(words)
    assert words.count("C") == 2


@pytest.mark.parametrize("letters", ["N", "NACNNGT", "AAAAAAA"])
def test_what_has_no_score_is_grey(tmp_path, letters):
    bases = encode_sequence(letters)
    effects = np.where((bases == 4)[:, None], np.nan, effects_of(len(letters)))
    draw_effects(Region("x", "x", 0, len(letters)), bases, effects, [], tmp_path / "a.png")
    grey = np.abs(imread(tmp_path / "a.png")[..., :3] - 217 / 255).max(-1) < 0.01
    assert (grey.sum() > 1000) == ("N" in letters)


def test_a_region_that_is_too_long_is_refused():
    check_effects_can_be_drawn(Region("x", "chr1", 0, 6_000))
    with pytest.raises(ValueError, match="--plot draws regions of 6,000 bases at most, and x has 6,001; leave it out"):
        check_effects_can_be_drawn(Region("x", "chr1", 0, 6_001))
