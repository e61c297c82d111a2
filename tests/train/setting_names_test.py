import dataclasses

import pytest
from agront_train import MaskingConfig, OptimizerConfig, option_names, with_options


@dataclasses.dataclass(frozen=True)
class Windows:
    length: int = 96
    max_n_fraction: float = 0.5


@dataclasses.dataclass(frozen=True)
class Train:
    optimizer: OptimizerConfig
    masking: MaskingConfig
    batch_size: int = 8
    seed: int = 0


@dataclasses.dataclass(frozen=True)
class Experiment:
    windows: Windows
    train: Train
    both_strands: bool = True


OPTIONS = option_names(Experiment(Windows(), Train(OptimizerConfig(), MaskingConfig())))


def test_every_field_has_its_option():
    assert OPTIONS["length"] == "--windows.length"
    assert OPTIONS["both_strands"] == "--both-strands"
    assert OPTIONS["clip_norm"] == "--train.optimizer.clip-norm"
    assert OPTIONS["batch_size"] == "--train.batch-size"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("raise max_n_fraction", "raise --windows.max-n-fraction"),
        ("`length` is 0; a length", "--windows.length is 0; a length"),
        ("`train.batch_size` of 8 (train.seed)", "--train.batch-size of 8 (--train.seed)"),
        ("optimizer.warmup_steps is 0:", "--train.optimizer.warmup-steps is 0:"),
        ("\n  train.masking.rate: 0.15 there", "\n  --train.masking.rate: 0.15 there"),
        # what is no field, or no name of one
        ("length and steps", "length and steps"),
        ("/data/batch_size.fa, my-batch_size", "/data/batch_size.fa, my-batch_size"),
        ("x/max_n_fraction/y and batch_size_2", "x/max_n_fraction/y and batch_size_2"),
        ("data.length, `genome`", "data.length, `genome`"),
        ("--train.batch-size 8.", "--train.batch-size 8."),
    ],
)
def test_fields_become_options_and_nothing_else(message, expected):
    assert with_options(message, OPTIONS) == expected
