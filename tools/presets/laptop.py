"""A small AgroNT for a genome of one's own, on a CPU, in an hour or two.

    tools/prepare_data.py --out STORE GENOME.fa.gz …
    tools/pretrain.py laptop --data STORE --run RUN

Four layers, 192 wide, rows of 128 tokens: many small updates teach more in an hour than few long rows.

Seen on five pieces of plant sequence, 3.24 Mbp (the two example genomes, a megabase each of A. thaliana Ler, A. lyrata
and rice), with `--train.steps 2000 --windows.max-n-fraction 0.5`, JAX 0.10.2, half an hour on two busy cores; held-out
loss in nats a token over 51,293 tokens, and the model minus the baseline with its standard error (rows come in another
order since, and another run gives other digits): 7.968 for this model; 8.093 for 6-mer frequencies, -0.125 ± 0.010;
8.163 for base composition, -0.195 ± 0.012.
Of the held-out rows 339 share no 31-mer with training sequence (repeats): 7.988 there; 8.099, -0.111 ± 0.011.
"""

from agront_data import HeldOut, Windows
from agront_model import AgroNTConfig, Precision
from agront_train import OptimizerConfig, TrainConfig

from presets.experiment import Experiment

LAPTOP = Experiment(
    model=AgroNTConfig(num_layers=4, embed_dim=192, num_heads=6, ffn_dim=768, max_tokens=128),
    precision=Precision(),
    windows=Windows(length=762, max_n_fraction=0.05),  # 127 6-mers and <cls>; of many N, each a token, few would stay
    held_out=HeldOut(every=10, most_bases=10_000_000),
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
