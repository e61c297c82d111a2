"""Insertions and deletions of random sequence, which no model can prefer: what `pll` says of their length alone."""

import jax
import numpy as np
import pytest
from agront_data.regions import ContigBases
from agront_data.variants import VariantRecord, VariantRow, VariantScoring
from agront_model import load_pretrained
from agront_model.inference import TokenLikelihoods
from agront_tokenizer import KmerTokenizer

NUM_BASES, NUM_VARIANTS = 60_000, 200


@pytest.mark.slow
@pytest.mark.parametrize("length", [1, 3, 6, 12, 30, -1, -3, -6, -12, -30])
def test_pll_has_little_bias_by_length(tmp_path, reference, length):
    rng = np.random.default_rng(length % 97)
    letters = "".join(rng.choice(list("ACGT"), NUM_BASES))
    (tmp_path / "random.fa").write_text(f">c\n{letters}\n")
    rows = []
    for position in rng.choice(np.arange(1_000, NUM_BASES - 1_000), NUM_VARIANTS, replace=False).tolist():
        old, new = letters[position : position + 1 + max(0, -length)], letters[position]
        new += "".join(rng.choice(list("ACGT"), max(0, length)))
        rows.append(VariantRow(1, VariantRecord("", "c", position, old, (new,)), "c", 1))
    scoring = VariantScoring(tokenizer=KmerTokenizer(), context=21, scores=("pll",))
    model = TokenLikelihoods(load_pretrained(reference / "esm_tiny"), devices=jax.local_devices()[:1])
    scores = np.array(
        [allele.scores["pll"].value for [allele] in scoring(rows, ContigBases(tmp_path / "random.fa"), model)]
    )
    assert scores.size == NUM_VARIANTS
    assert abs(scores.mean()) <= (0.1 + 3 / np.sqrt(NUM_VARIANTS)) * scores.std()
