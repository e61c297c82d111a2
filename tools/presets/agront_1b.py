"""The published pre-training: 1,024 tokens, 1,536 rows (1.5 M tokens) an update, 315,000 updates.

    tools/prepare_data.py --out STORE GENOME.fa.gz …
    tools/pretrain.py agront-1b --data STORE --run RUN

512 devices took 3 rows each; this version trains on the devices of one host, where `--train.micro-batches` makes the
same update fit. Never run to its end here.

Known (paper, model card): architecture, tokens, batch, updates, masking. Assumed, because no text at hand says it: the
optimizer and its schedule (those of the family's earlier models), no weight decay, no clipping, bfloat16 with float32
parameters, and what is held out (here one block in 2,000, of the length of a window).

The texts differ in how the corpus was cut (see `CHUNK_SCHEMES`), so there is a preset for each: `agront-1b` fills the
context with 6,138 bases; `agront-1b-paper-chunks` has the paper's chunks of 6,100, rows of 1,021 tokens;
`agront-1b-released-chunks` those of the released corpus, 6,000 bases of 6,200, rows of 1,001 tokens.
"""

import dataclasses

from agront_data import CHUNK_SCHEMES, HeldOut
from agront_model import AGRONT_1B, Precision
from agront_train import TrainConfig

from presets.experiment import Experiment

PUBLISHED = Experiment(
    model=AGRONT_1B,
    precision=Precision(compute="bfloat16"),
    windows=dataclasses.replace(CHUNK_SCHEMES["agront-6138"], max_n_fraction=0.05),
    held_out=HeldOut(every=2000),
    train=TrainConfig(steps=315_000, batch_size=1536),
    remat=True,
)

PAPER_CHUNKS = dataclasses.replace(
    PUBLISHED,
    windows=dataclasses.replace(CHUNK_SCHEMES["paper-6100"], max_n_fraction=0.05),
    held_out=HeldOut(every=2000, block_length=6100),
)

RELEASED_CHUNKS = dataclasses.replace(
    PUBLISHED,
    windows=dataclasses.replace(CHUNK_SCHEMES["released-6200"], max_n_fraction=0.05),
    held_out=HeldOut(every=2000, block_length=6000),
)
