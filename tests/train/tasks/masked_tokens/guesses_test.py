import jax
import jax.numpy as jnp
import numpy as np
import pytest
from agront_train import init_state
from agront_train.tasks import make_guesses
from toy_training import CLS, CONFIG, MASK, PAD, ToyBatch, ToyBatches, ToyEncoding, ToyModel, toy_task

NAMES = [f"t{number}" for number in range(21)]
ROW = next(ToyBatches()).tokens[0]


def batch_of(row, number):
    return ToyBatch(row[None], np.array([number]))


class KnownModel:
    """At each position the logit of id i is ln i, so its probability is i / (0 + 1 + … + 20) = i / 210."""

    init = None

    def encode(self, params, tokens):
        return ToyEncoding(jnp.zeros((*tokens.shape, 2)))

    def lm_logits(self, params, embeddings):
        return jnp.broadcast_to(jnp.log(jnp.arange(21.0)), (*embeddings.shape[:-1], 21))


def test_the_likeliest_tokens_by_hand():
    guesses = make_guesses(toy_task(KnownModel()), NAMES, positions=2, top=3)({}, (), batch_of(ROW, 7))
    assert len(guesses) == 2
    for guess in guesses:
        assert guess.row == 7
        assert guess.token == NAMES[ROW[guess.position]]
        tokens, shares = zip(*guess.top, strict=True)
        assert tokens == ("t20", "t19", "t18")
        np.testing.assert_allclose(shares, [20 / 210, 19 / 210, 18 / 210], rtol=1e-5)


def test_the_model_sees_masks_at_nucleotides_and_guesses_there_only():
    seen = []

    class Watched(ToyModel):
        def encode(self, params, tokens):
            jax.debug.callback(lambda tokens: seen.append(np.asarray(tokens)), tokens)
            return super().encode(params, tokens)

    model = Watched()
    params = init_state(toy_task(model), CONFIG).params
    guesses = make_guesses(toy_task(model), NAMES)(params, (), batch_of(ROW, 7))
    jax.effects_barrier()
    (tokens,) = seen[-1]
    masked = np.flatnonzero(tokens == MASK)
    np.testing.assert_array_equal(np.delete(tokens, masked), np.delete(ROW, masked))
    positions = [guess.position for guess in guesses]
    assert len(positions) == 4  # of about 28 / 7
    assert positions == sorted(positions)
    assert set(positions) <= set(masked)
    logits = model.lm_logits(params, ToyModel().encode(params, tokens[None]).embeddings)[0]
    shares = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    for guess in guesses:
        best = np.argsort(-shares[guess.position])[:3]
        assert [token for token, _ in guess.top] == [NAMES[index] for index in best]
        np.testing.assert_allclose([share for _, share in guess.top], shares[guess.position][best], rtol=1e-5)


def test_a_row_with_few_nucleotides_gets_fewer_guesses_and_one_without_gets_none():
    guess = make_guesses(toy_task(KnownModel()), NAMES)
    row = np.full(32, PAD, np.uint16)
    row[0] = CLS
    assert guess({}, (), batch_of(row, 0)) == ()
    row[5:7] = 9, 10  # of two, the first of seven parts holds one
    (found,) = guess({}, (), batch_of(row, 0))
    assert found.position in (5, 6)
    assert found.token == {5: "t9", 6: "t10"}[found.position]


@pytest.mark.parametrize(("positions", "top"), [(0, 3), (4, 0), (4, 22)])
def test_numbers_out_of_range_are_refused(positions, top):
    with pytest.raises(ValueError, match=f"positions is {positions} and top is {top}"):
        make_guesses(toy_task(KnownModel()), NAMES, positions=positions, top=top)
