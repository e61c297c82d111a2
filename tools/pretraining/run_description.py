"""What will be trained on what, said before it takes time."""

import jax
from agront_data import RowOrder, WindowGrid
from agront_data.windows import describe_skipped
from agront_model import count_parameters
from presets import Experiment
from rich.console import Console


def describe(
    experiment: Experiment,
    training: WindowGrid,
    unseen: WindowGrid,
    sample: int,
    num_tokens: int,
    devices: list[jax.Device],
    console: Console,
) -> None:
    """Say what will be trained on what, before it takes time; `sample` held-out windows are measured on the way."""
    model, config = experiment.model, experiment.train
    lines = [
        f"data   {training.store.num_bases:,} bases of {len(training.store.genomes)} genomes; {len(training):,} "
        f"windows of {experiment.windows.length:,} bases to train on, {len(unseen):,} held out",
        f"model  {count_parameters(model):,} parameters: {model.num_layers} layers, width {model.embed_dim}, "
        f"{experiment.precision.compute}" + ("" if experiment.init_from is None else f", from {experiment.init_from}"),
        f"train  {config.steps:,} updates of {config.batch_size:,} rows x {num_tokens:,} tokens, on {len(devices)} "
        f"{devices[0].platform.upper()} device{'s' if len(devices) > 1 else ''}"
        + (f" of {jax.process_count()} hosts" if jax.process_count() > 1 else ""),
    ]
    if sample < len(unseen):
        every = f"{config.evaluate_every:,} updates"
        lines.append(f"       {sample:,} of the held-out windows are measured every {every}, all at the end")
    lines += [f"       {sentence}" for sentence in describe_skipped(training)]
    if not experiment.mixture.is_proportional:
        shares = RowOrder(grid=training, seed=config.seed, mixture=experiment.mixture).shares()
        lines.append("mix    " + ", ".join(f"{name} {share:.1%}" for name, share in shares.items()))
    console.print("\n".join(lines), highlight=False, soft_wrap=True)
