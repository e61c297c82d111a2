"""The shipped genomes and a small real model, for the tests of the whole."""

import dataclasses
from pathlib import Path

import pytest
from agront_data import GenomeStore, HeldOut, PretrainingLoader, TokenBatch, WindowGrid, Windows, held_out_batches
from agront_data import ingest_genomes as ingest
from agront_model import AgroNT, AgroNTConfig, make_model
from agront_tokenizer import KmerTokenizer
from agront_train import MaskedTokenTask, OptimizerConfig, TrainConfig

ROOT = Path(__file__).parents[2]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Parts:
    """All that a run is made of."""

    model: AgroNT
    tokenizer: KmerTokenizer
    store: GenomeStore
    training: WindowGrid
    held_out: WindowGrid
    num_tokens: int
    config: TrainConfig

    @property
    def task(self) -> MaskedTokenTask:
        """Masked tokens of the rows."""
        return MaskedTokenTask(
            model=self.model,
            vocabulary=self.tokenizer.vocabulary,
            masking=self.config.masking,
            num_tokens=self.num_tokens,
        )

    def loader(self) -> PretrainingLoader:
        """The loader of a new run."""
        return PretrainingLoader(
            self.store,
            self.training,
            self.tokenizer,
            batch_size=self.config.batch_size,
            num_tokens=self.num_tokens,
            seed=self.config.seed,
        )

    def held_out_batches(self, batch_size: int) -> list[TokenBatch]:
        """Each held-out window once."""
        return list(
            held_out_batches(
                self.store, self.held_out, self.tokenizer, batch_size=batch_size, num_tokens=self.num_tokens
            )
        )


@pytest.fixture(scope="session")
def parts(tmp_path_factory) -> Parts:
    """A model of two layers and rows of 64 tokens, some of them short, on `examples/genomes`."""
    genomes = {path.name: [path] for path in sorted((ROOT / "examples" / "genomes").glob("*.fa.gz"))}
    assert len(genomes) == 2
    store = ingest(genomes, tmp_path_factory.mktemp("genomes") / "store")
    windows, held_out = Windows(length=378), HeldOut(every=19, block_length=2000)
    return Parts(
        model=make_model(AgroNTConfig(num_layers=2, embed_dim=24, num_heads=3, ffn_dim=48, max_tokens=64)),
        tokenizer=KmerTokenizer(),
        store=store,
        training=WindowGrid.build(store, windows, held_out, "training"),
        held_out=WindowGrid.build(store, windows, held_out, "held_out"),
        num_tokens=64,
        config=TrainConfig(
            steps=20,
            batch_size=8,
            # eps: at 1e-8 Adam makes 2e-5 of the rounding noise in the key bias, whose true gradient is zero.
            optimizer=OptimizerConfig(initial_learning_rate=1e-3, peak_learning_rate=3e-3, warmup_steps=5, eps=1e-6),
            evaluate_every=20,
            checkpoint_every=20,
        ),
    )
