import dataclasses

import numpy as np
import pytest
from agront_train import TrainConfig, read_metrics, sampled_batches
from toy_training import CONFIG, toy_task, toy_train


def test_so_many_batches_that_measuring_takes_its_share():
    config = TrainConfig(batch_size=32, evaluate_every=500)
    # 500 updates are 500 x 32 rows x 3 passes = 48,000; a tenth of all is a ninth of that, 5,333; a batch is 32 x 7.
    assert sampled_batches(config, rows=32, passes=7) == 23
    assert sampled_batches(dataclasses.replace(config, evaluation_share=0.5), rows=32, passes=7) == 214
    assert sampled_batches(dataclasses.replace(config, evaluate_every=1), rows=32, passes=7) == 1
    assert sampled_batches(dataclasses.replace(config, evaluation_share=1), rows=32, passes=7) is None


@pytest.mark.parametrize("share", [0, -0.1, 1.1, float("nan")])
def test_a_share_is_above_0_and_at_most_1(share):
    with pytest.raises(ValueError, match=r"train\.evaluation_share is .*: it must lie in \(0, 1\]"):
        TrainConfig(evaluation_share=share)


def test_every_seventh_of_the_tokens_takes_a_pass():
    assert toy_task().held_out_passes == 7


class Listener:
    """An observer of updates and of measurements."""

    def __init__(self):
        self.heard = []

    def record(self, record):
        self.heard.append(record.step)

    def measuring(self, done, total):
        self.heard.append((done, total))

    def note(self, message):
        pass

    def close(self):
        pass


def test_a_sample_is_measured_on_the_way_and_all_at_the_end(tmp_path):
    config = dataclasses.replace(CONFIG, steps=4, evaluate_every=2)
    whole = toy_train(tmp_path / "whole", config=config, held_out_batches=3)
    listener = Listener()
    sampled = toy_train(
        tmp_path / "sampled", config=config, held_out_batches=3, sampled_batches=1, observers=lambda _: [listener]
    )
    np.testing.assert_array_equal(sampled.held_out.loss, whole.held_out.loss)
    assert len(sampled.held_out.loss) == 24
    assert listener.heard == [1, (0, 1), (1, 1), 2, 3, (0, 3), (1, 3), (2, 3), (3, 3), 4]
    in_whole, in_sample = (list(read_metrics(tmp_path / run / "metrics.jsonl")) for run in ("whole", "sampled"))
    assert [record.get("held_out_rows") for record in in_whole] == [None, 24, None, 24]
    assert [record.get("held_out_rows") for record in in_sample] == [None, 8, None, 24]
    assert in_sample[3]["held_out_loss"] == in_whole[3]["held_out_loss"]
    # The first batch alone, measured by a run that has no other.
    toy_train(tmp_path / "first", config=config)
    assert in_sample[1]["held_out_loss"] == list(read_metrics(tmp_path / "first" / "metrics.jsonl"))[1]["held_out_loss"]
