"""The published pre-training: 1,024 tokens, 1,536 rows (1.5 M tokens) an update, 315,000 updates.

    tools/prepare_data.py --out STORE GENOME.fa.gz …
    tools/pretrain.py agront-1b --data STORE --run RUN

512 devices took 3 rows each; this version trains on the devices of one host, where `--train.micro-batches` makes the
same update fit. Never run to its end here.

Known (paper, model card): architecture, tokens, batch, updates, masking. Assumed, because no text at hand says it: the
optimizer and its schedule (those of the family's earlier models), no weight decay, no clipping, bfloat16 with float32
parameters, and what is held out (here one block of 6,138 bases in 2,000).
"""

from agront_data import HeldOut, Windows
from agront_model import AGRONT_1B, Precision
from agront_train import TrainConfig

from presets.experiment import Experiment

PUBLISHED = Experiment(
    model=AGRONT_1B,
    precision=Precision(compute="bfloat16"),
    windows=Windows(length=6138, max_n_fraction=0.05),
    held_out=HeldOut(every=2000),
    train=TrainConfig(steps=315_000, batch_size=1536),
    remat=True,
)
