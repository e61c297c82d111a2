"""A small AgroNT for a genome of one's own, on a CPU, in an hour or two.

    tools/prepare_data.py --out STORE GENOME.fa.gz …
    tools/pretrain.py laptop --data STORE --run RUN

Four layers, 192 wide, rows of 128 tokens: many small updates teach more in an hour than few long rows.
"""

from agront_data import HeldOut, Windows
from agront_model import AgroNTConfig, Precision
from agront_train import OptimizerConfig, TrainConfig

from presets.experiment import Experiment

LAPTOP = Experiment(
    model=AgroNTConfig(num_layers=4, embed_dim=192, num_heads=6, ffn_dim=768, max_tokens=128),
    precision=Precision(),
    windows=Windows(length=762, max_n_fraction=0.05),  # 127 6-mers and <cls>; of many N, each a token, few would stay
    held_out=HeldOut(every=10),
    train=TrainConfig(
        steps=5000,
        batch_size=32,
        optimizer=OptimizerConfig(
            initial_learning_rate=1e-4, peak_learning_rate=1e-3, warmup_steps=300, weight_decay=0.01, clip_norm=1.0
        ),
        evaluate_every=500,
        checkpoint_every=500,
    ),
)
