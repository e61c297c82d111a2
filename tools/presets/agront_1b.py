"""The published pre-training: 1,024 tokens, 1,536 rows (1.5 M tokens) an update, 315,000 updates.

    tools/plan.py agront-1b --devices tpu-v4:512
    tools/prepare_data.py --out STORE GENOME.fa.gz …
    tools/pretrain.py agront-1b --data STORE --run RUN

512 devices took 3 rows each. Any split of the 1,536 rows into devices, micro-batches (`--train.micro-batches`) and rows
makes the same update. Never run to its end here.

Each value below is marked: *known* (paper, model card, published `config.json`), *derived* from what is known, or
*assumed*, because no text at hand says it.

The texts differ in how the corpus was cut (see `CHUNK_SCHEMES`), so there is a preset for each: `agront-1b` fills the
context with 6,138 bases; `agront-1b-paper-chunks` has the paper's chunks of 6,100, rows of 1,021 tokens;
`agront-1b-released-chunks` those of the released corpus, 6,000 bases of 6,200, rows of 1,001 tokens.
"""

import dataclasses

from agront_data import CHUNK_SCHEMES, HeldOut
from agront_model import AGRONT_1B, Precision
from agront_train import MaskingConfig, OptimizerConfig, TrainConfig

from presets.experiment import Experiment

PUBLISHED = Experiment(
    model=AGRONT_1B,  # known
    precision=Precision(compute="bfloat16"),  # assumed; parameters, residual stream and softmax are float32
    windows=dataclasses.replace(
        CHUNK_SCHEMES["agront-6138"],  # known: 1,024 tokens, <cls> and 1,023 6-mers; assumed: no overlap, random starts
        max_n_fraction=0.05,  # assumed
    ),
    held_out=HeldOut(every=2000),  # assumed: one block in 2,000, of the length of a window
    train=TrainConfig(
        steps=315_000,  # known
        batch_size=1536,  # derived: 1.5 M tokens over 512 devices make 3 rows each
        masking=MaskingConfig(rate=0.15, mask_share=0.8, random_share=0.1),  # known
        optimizer=OptimizerConfig(
            # Adam and its schedule are known of the family's earlier models, and assumed of this one.
            initial_learning_rate=5e-5,
            peak_learning_rate=1e-4,
            warmup_steps=16_000,
            b1=0.9,
            b2=0.999,
            eps=1e-8,
            weight_decay=0.0,  # assumed
            clip_norm=None,  # assumed
        ),
    ),
    remat=False,  # fits a TPU v4; changes memory and time, not the result
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
