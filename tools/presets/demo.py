"""A small AgroNT on the two shipped genomes, on a CPU, in two to three minutes.

    make pretrain

or, step by step,

    tools/prepare_data.py --out runs/example-store examples/genomes/*.fa.gz
    tools/pretrain.py demo --data runs/example-store --run runs/demo

Expect: training loss from 8.3 (guessing among 4,105 tokens) to about 7.95; held-out loss 7.92, below the 8.00 of the
base composition and about level with the 7.93 of 6-mer frequencies. 240,000 bases teach little more: whole genomes do.
"""

from agront_data import HeldOut, Windows
from agront_model import AgroNTConfig, Precision
from agront_train import OptimizerConfig, TrainConfig

from presets.experiment import Experiment

DEMO = Experiment(
    model=AgroNTConfig(num_layers=3, embed_dim=96, num_heads=4, ffn_dim=384, max_tokens=128),
    precision=Precision(),
    windows=Windows(length=762, max_n_fraction=0.05),  # 127 6-mers and <cls>; of many N, each a token, few would stay
    held_out=HeldOut(every=10, most_bases=1_000_000),
    train=TrainConfig(
        steps=1000,
        batch_size=16,
        optimizer=OptimizerConfig(
            initial_learning_rate=1e-4, peak_learning_rate=1e-3, warmup_steps=150, weight_decay=0.01, clip_norm=1.0
        ),
        evaluate_every=250,
        checkpoint_every=250,
    ),
)
