import jax
import numpy as np
from agront_train import init_state, rows_key
from agront_train.tasks import HELD_OUT_SEED, mask_held_out
from toy_training import CONFIG, ToyBatches, ToyModel, ToyVocabulary, toy_task


def test_every_nucleotide_is_scored_once_with_only_masks_in_the_place_of_the_chosen():
    model, vocabulary = ToyModel(), ToyVocabulary()
    params = init_state(toy_task(model), CONFIG).params
    batch = next(ToyBatches(batch_size=4))
    scores = toy_task(model).row_scores(params, (), batch)
    assert {name: sums.shape for name, sums in scores.items()} == {"loss": (4, 1), "weight": (4, 1)}
    nucleotides = np.isin(batch.tokens, list(vocabulary.nucleotide_ids))
    np.testing.assert_array_equal(scores["weight"][:, 0], nucleotides.sum(1))

    expected = np.zeros(4)
    for part in range(7):  # 1 / 0.15, rounded
        key = rows_key(HELD_OUT_SEED)
        seen = mask_held_out(key, batch.tokens, batch.rows, vocabulary, part=part, parts=7).tokens
        logits = np.asarray(model.lm_logits(params, model.encode(params, seen).embeddings))
        log_probabilities = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        for row, position in zip(*np.nonzero(np.asarray(seen) != batch.tokens), strict=True):
            expected[row] -= log_probabilities[row, position, batch.tokens[row, position]]
    np.testing.assert_allclose(scores["loss"][:, 0], expected, rtol=1e-5)


def test_held_out_masks_do_not_depend_on_the_batch():
    batch = next(ToyBatches(batch_size=4))
    arguments = {"vocabulary": ToyVocabulary(), "part": 2, "parts": 7}
    whole = mask_held_out(rows_key(0), batch.tokens, batch.rows, **arguments)
    half = mask_held_out(rows_key(0), batch.tokens[2:], batch.rows[2:], **arguments)
    jax.tree.map(lambda a, b: np.testing.assert_array_equal(a[2:], b), whole, half)
