#!/usr/bin/env python3
"""Pre-train an AgroNT on a genome store: `tools/pretrain.py demo --data STORE --run RUN`. Again, to resume."""

from pathlib import Path

import jax
import tyro
from agront_data import GenomeStore, PretrainingLoader, RowOrder, TokenBatch, WindowGrid, held_out_batches
from agront_model import AgroNTConfig, count_parameters, make_model
from agront_tokenizer import KmerTokenizer, Vocabulary
from agront_train import ProgressBar, plot_losses, train
from command_line import errors_as_sentences
from held_out_report import fit_baselines, report
from presets import PRESETS, Experiment
from rich.console import Console
from shell_command import shell_command


def row_tokens(experiment: Experiment, tokenizer: KmerTokenizer) -> int:
    """The tokens of a row: `<cls>`, the k-mers of a window, and single letters where k does not divide it.

    Raises:
        ValueError: the model has no positions for so many.
    """
    length, k = experiment.windows.length, tokenizer.vocabulary.k
    num_tokens = 1 + length // k + length % k
    if num_tokens > experiment.model.max_tokens:
        raise ValueError(
            f"a window of {length} bases makes {num_tokens} tokens, but the model has {experiment.model.max_tokens} "
            f"positions: give --windows.length {(experiment.model.max_tokens - 1) * k} or less, or --model.max-tokens "
            f"{num_tokens}"
        )
    return num_tokens


def check_vocabulary(model: AgroNTConfig, vocabulary: Vocabulary) -> None:
    """Refuse a model that is not of the tokenizer's vocabulary.

    Raises:
        ValueError: naming the option, with both values.
    """
    for option, here, there in (
        ("vocabulary-size", model.vocabulary_size, vocabulary.size),
        ("pad-token-id", model.pad_token_id, vocabulary.pad_id),
        ("mask-token-id", model.mask_token_id, vocabulary.mask_id),
    ):
        if here != there:
            raise ValueError(f"--model.{option} is {here}, but the tokenizer's is {there}: leave the option out")


def open_store(location: str, endpoint: str | None) -> GenomeStore:
    """Open a genome store; where there is none, say which command makes one."""
    try:
        return GenomeStore.open(location, endpoint=endpoint)
    except FileNotFoundError as error:
        server = [] if endpoint is None else ["--endpoint", endpoint]
        prepare_data = Path(__file__).with_name("prepare_data.py")
        command = shell_command(prepare_data, "--out", location, *server, "GENOME.fa.gz")
        raise FileNotFoundError(f"{error}: {command}") from error


def choose_devices(experiment: Experiment) -> list[jax.Device]:
    """The first so many of this machine's devices.

    Raises:
        ValueError: there are not so many.
    """
    devices = jax.local_devices()
    if experiment.devices is None:
        return devices
    if not 1 <= experiment.devices <= len(devices):
        raise ValueError(f"--devices is {experiment.devices}: this machine has {len(devices)}")
    return devices[: experiment.devices]


def pretrain(experiment: Experiment, console: Console) -> None:
    """Train, draw the loss curve, and say what was learned beyond two baselines."""
    config, tokenizer = experiment.train, KmerTokenizer()
    check_vocabulary(experiment.model, tokenizer.vocabulary)
    num_tokens = row_tokens(experiment, tokenizer)
    devices = choose_devices(experiment)
    store = open_store(experiment.data, experiment.endpoint)
    training = WindowGrid.build(store, experiment.windows, experiment.held_out, "training")
    unseen = WindowGrid.build(store, experiment.windows, experiment.held_out, "held_out")
    describe(experiment, training, unseen, num_tokens, devices, console)

    loader = PretrainingLoader(
        store,
        training,
        tokenizer,
        batch_size=config.batch_size,
        num_tokens=num_tokens,
        seed=config.seed,
        both_strands=experiment.both_strands,
        mixture=experiment.mixture,
        soft_masked_weight=experiment.soft_masked_weight,
    )
    # As many rows at once as a device holds in training.
    rows = len(devices) * max(1, config.batch_size // (len(devices) * config.micro_batches))
    held_out: list[TokenBatch] = list(
        held_out_batches(store, unseen, tokenizer, batch_size=rows, num_tokens=num_tokens)
    )
    # Before training, not after: whatever is wrong with the data shows now.
    baselines = fit_baselines(
        store, training, tokenizer, held_out, num_tokens, experiment.both_strands, experiment.mixture
    )
    result = train(
        make_model(experiment.model, experiment.precision, remat=experiment.remat),
        loader,
        held_out,
        config=config,
        vocabulary=tokenizer.vocabulary,
        num_tokens=num_tokens,
        run=experiment.run,
        identity={
            **experiment.identity(),
            "vocabulary": tokenizer.vocabulary.fingerprint,
            "store": store.fingerprint,
        },
        observers=lambda resume_at: [ProgressBar(console, steps=config.steps, resume_at=resume_at)],
        devices=devices,
    )
    losses = {name: baseline.mean for name, baseline in baselines.items()}
    plot_losses(experiment.run / "metrics.jsonl", experiment.run / "loss.png", baselines=losses)
    report(experiment, result, baselines, console)


def describe(
    experiment: Experiment,
    training: WindowGrid,
    unseen: WindowGrid,
    num_tokens: int,
    devices: list[jax.Device],
    console: Console,
) -> None:
    """Say what will be trained on what, before it takes time."""
    model, config = experiment.model, experiment.train
    lines = [
        f"data   {training.store.num_bases:,} bases of {len(training.store.genomes)} genomes; {len(training):,} "
        f"windows of {experiment.windows.length:,} bases to train on, {len(unseen):,} held out",
        f"model  {count_parameters(model):,} parameters: {model.num_layers} layers, width {model.embed_dim}, "
        f"{experiment.precision.compute}",
        f"train  {config.steps:,} updates of {config.batch_size:,} rows x {num_tokens:,} tokens, on {len(devices)} "
        f"{devices[0].platform.upper()} device{'s' if len(devices) > 1 else ''}",
    ]
    for count, what in (
        (training.short_windows, "training windows are short and padded"),
        (training.skipped_short, "stretches are shorter than a window and skipped"),
        (training.skipped_n, "training windows hold too many N and are skipped"),
        (training.skipped_soft_masked, "training windows are soft-masked too far and are skipped"),
    ):
        if count:
            lines.append(f"       {count:,} {what}")
    if not experiment.mixture.is_proportional:
        shares = RowOrder(grid=training, seed=config.seed, mixture=experiment.mixture).shares()
        lines.append("mix    " + ", ".join(f"{name} {share:.1%}" for name, share in shares.items()))
    console.print("\n".join(lines), highlight=False, soft_wrap=True)


def main() -> None:
    """Read the command line; report bad input in a sentence."""
    experiment = tyro.extras.overridable_config_cli(PRESETS, description=__doc__)
    with errors_as_sentences("the same command again resumes from the last checkpoint"):
        pretrain(experiment, Console())


if __name__ == "__main__":
    main()
