"""Labels learned through adapters and a head: the model's own weights never change, and runs resume exactly."""

from functools import partial

import jax
import numpy as np
import pytest
from agront_data.labelled import LabelledBatch
from agront_model import IA3, AgroNTConfig, HeadConfig, LoRA, make_head, make_model, split_adapters, with_adapters
from agront_train import LabelTask, Objective, OptimizerConfig, TrainConfig, train

MODEL = AgroNTConfig(vocabulary_size=40, num_layers=2, embed_dim=24, num_heads=2, ffn_dim=32, max_tokens=16)
NUM_TOKENS, BATCH = 10, 16
CONFIG = TrainConfig(
    steps=60,
    batch_size=BATCH,
    optimizer=OptimizerConfig(initial_learning_rate=1e-3, peak_learning_rate=1e-2, warmup_steps=10),
    evaluate_every=60,
    checkpoint_every=20,
)
ADAPTERS = {"lora": LoRA(rank=2, alpha=4, dropout=0.2, layers=("query", "value", "up")), "ia3": IA3()}


def make_task(adapter):
    model = make_model(MODEL, adapter=adapter)

    def init_adapters(rng):
        return split_adapters(model.init(rng, np.zeros((1, 1), np.int32)))[0]

    return LabelTask(
        encoder=model,
        head=make_head(HeadConfig(1, "mean"), MODEL),
        objective=Objective("binary"),
        num_tokens=NUM_TOKENS,
        pad_id=MODEL.pad_token_id,
        init_model=init_adapters,
        join=with_adapters,
    )


@pytest.fixture(scope="module")
def base():
    params = make_model(MODEL).init(jax.random.key(0), np.zeros((1, 1), np.int32))
    return jax.tree.map(np.asarray, dict(params))


class Batches:
    """Label 1 where token 7 comes before token 9; both are in each row, among others."""

    def __init__(self, number=0):
        self.number = number

    def __iter__(self):
        return self

    def __next__(self):
        rows = self.number * BATCH + np.arange(BATCH)
        self.number += 1
        tokens, labels = np.full((BATCH, NUM_TOKENS), MODEL.pad_token_id, np.uint16), np.zeros((BATCH, 1), np.float32)
        for place, row in enumerate(rows):
            rng = np.random.default_rng(row)
            length = int(rng.integers(6, NUM_TOKENS))
            letters = rng.integers(10, 40, length)
            first, second = np.sort(rng.choice(length, 2, replace=False))
            labels[place] = row % 2
            letters[first], letters[second] = (7, 9) if row % 2 else (9, 7)
            tokens[place, 0], tokens[place, 1 : length + 1] = 3, letters
        labels[rng.integers(BATCH)] = np.nan
        return LabelledBatch(rows, tokens, labels)

    def get_state(self):
        return {"number": self.number}

    def set_state(self, state):
        self.number = state["number"]


def run(folder, base, adapter, devices=1, steps=CONFIG.steps):
    return train(
        make_task(adapter),
        Batches(),
        [next(Batches(1000))],
        config=TrainConfig(**{**CONFIG.__dict__, "steps": steps}),
        run=folder,
        identity={"task": "order"},
        frozen=base,
        devices=jax.local_devices()[:devices],
    )


@pytest.mark.parametrize("name", ADAPTERS)
def test_a_checkpoint_is_a_delta_and_a_resumed_run_is_the_same(tmp_path, base, name):
    whole = run(tmp_path / "whole", base, ADAPTERS[name])
    run(tmp_path / "parts", base, ADAPTERS[name], steps=25)
    resumed = run(tmp_path / "parts", base, ADAPTERS[name])
    jax.tree.map(np.testing.assert_array_equal, resumed.state, whole.state)
    assert whole.state.params.keys() == {"model", "head"}
    sizes = [sum(leaf.size for leaf in jax.tree.leaves(tree)) for tree in (whole.state.params["model"], base)]
    assert 0 < sizes[0] < 0.1 * sizes[1]
    saved = (tmp_path / "whole" / "checkpoints" / "60" / "metadata" / "metadata").read_text()
    assert "head/out" in saved
    assert ("lora_down" if name == "lora" else "ia3") in saved
    assert "embeddings" not in saved  # a weight of the base
    assert whole.scores["predictions"].shape == (BATCH, 1)
    logits, labels = whole.scores["predictions"][:, 0], next(Batches(1000)).labels[:, 0]
    known = np.isfinite(labels)
    losses = np.log1p(np.exp(np.where(labels == 1, -logits, logits)))
    assert whole.held_out.mean == pytest.approx(losses[known].mean(), rel=1e-5)


def test_it_is_the_same_on_any_number_of_devices(tmp_path, base):
    one, four = (run(tmp_path / str(count), base, ADAPTERS["lora"], devices=count, steps=10) for count in (1, 4))
    jax.tree.map(partial(np.testing.assert_allclose, atol=1e-4), one.state.params, four.state.params)


def test_it_learns_what_a_bag_of_tokens_cannot_tell(tmp_path, base):
    result = run(tmp_path / "run", base, ADAPTERS["lora"], steps=600)
    assert result.held_out.mean < 0.5  # guessing has log 2 = 0.69
