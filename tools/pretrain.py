#!/usr/bin/env python3
"""Pre-train an AgroNT on a genome store: `tools/pretrain.py demo --data STORE --run RUN`. Again, to resume."""

import bootstrap  # noqa: F401
import dataclasses
import signal
import sys
from pathlib import Path

import jax
from agront_data import GenomeStore, PretrainingLoader, TokenBatch, WindowGrid, held_out_batches
from agront_data.batches import baseline_losses, held_out_order
from agront_data.files import check_can_write
from agront_model import choose_devices, explaining_memory
from agront_model.pretrained import model_fingerprint
from agront_train import (
    RowLosses,
    baselines_of,
    check_batch_size,
    connect,
    disconnect,
    is_first,
    on_first,
    parameters_digest,
    sampled_batches,
    stop_signals,
    train,
)
from models import load_checked_weights, tokenizer_of
from pictures import plot_losses
from presets import PRESETS, Experiment, in_options
from pretraining import describe, ending_at_once, make_monitoring, report
from rich.console import Console
from terminal import errors_as_sentences, make_console, read_command_line, shell_command


def open_store(location: str, endpoint: str | None) -> GenomeStore:
    """Open a genome store; where there is none, say which command makes one."""
    try:
        return GenomeStore.open(location, endpoint=endpoint)
    except FileNotFoundError as error:
        server = [] if endpoint is None else ["--endpoint", endpoint]
        prepare_data = Path(__file__).with_name("prepare_data.py")
        command = shell_command(prepare_data, "--out", location, *server, "GENOME.fa.gz")
        raise FileNotFoundError(f"{error}: {command}") from error


def pretrain(experiment: Experiment, console: Console) -> int:
    """Train, draw the loss curve, and say what was learned beyond two baselines. Returns the exit status."""
    config, start = experiment.train, None
    on_first(lambda: check_can_write("--run", experiment.run, as_folder=True))
    if experiment.init_from is not None:
        vocabulary = tokenizer_of(experiment.init_from).vocabulary
        start = load_checked_weights(experiment.init_from, vocabulary, console, experiment.precision)
        start.check_lm_head()
        experiment = dataclasses.replace(experiment, model=start.config, init_from=start.name)
    tokenizer, task = experiment.tokenizer, experiment.task()
    num_tokens = task.num_tokens
    devices = choose_devices(experiment.devices)
    all_devices = devices if jax.process_count() == 1 else jax.devices()
    check_batch_size(config, len(all_devices))
    store = open_store(experiment.data, experiment.endpoint)
    training = WindowGrid.build(store, experiment.windows, experiment.held_out, "training")
    unseen = WindowGrid.build(store, experiment.windows, experiment.held_out, "held_out")
    # As many rows at once as a device holds in training.
    rows = config.batch_size // config.micro_batches
    sampled = sampled_batches(config, rows=rows, passes=task.held_out_passes)
    sample = len(unseen) if sampled is None else sampled * rows
    describe(experiment, training, unseen, sample, num_tokens, all_devices, console)

    loader = PretrainingLoader(
        store,
        training,
        tokenizer,
        batch_size=config.batch_size,
        num_tokens=num_tokens,
        seed=config.seed,
        host=jax.process_index(),
        hosts=jax.process_count(),
        both_strands=experiment.both_strands,
        mixture=experiment.mixture,
        soft_masked_weight=experiment.soft_masked_weight,
    )
    order = held_out_order(len(unseen), sample)
    held_out: list[TokenBatch] = list(
        held_out_batches(store, unseen, tokenizer, batch_size=rows, num_tokens=num_tokens, order=order)
    )

    # Before training, not after: whatever is wrong with the data shows now.
    def fit_baselines() -> dict[str, RowLosses]:
        strands, mixture = experiment.both_strands, experiment.mixture
        return baselines_of(baseline_losses(store, training, tokenizer, held_out, num_tokens, strands, mixture))

    baselines = on_first(fit_baselines) or {}
    fingerprints = {"vocabulary": tokenizer.vocabulary.fingerprint, "store": store.fingerprint}
    older = {}
    if start is not None:
        fingerprints["initial_parameters"] = model_fingerprint(start.params, start.config)
        older["initial_parameters"] = parameters_digest(start.params)
    smaller = "for a step: give more --train.micro-batches, or --remat; tools/plan.py computes what fits"
    with explaining_memory(smaller), stop_signals(lambda text: console.print(text, soft_wrap=True)) as signals:
        result = train(
            task,
            loader,
            held_out,
            config=config,
            run=experiment.run,
            identity=experiment.identity(fingerprints, older),
            initial_params=None if start is None else start.params,
            sampled_batches=sampled,
            monitoring=make_monitoring(experiment, task, unseen, order, all_devices, fingerprints, console),
            should_stop=signals,
            devices=None if jax.process_count() > 1 else devices,
        )
    losses = result.held_out
    if losses is None:
        console.print("The same command again goes on from there.")
        return 130 if signals.received == signal.SIGINT else 0

    def conclude() -> None:
        levels = {name: baseline.mean for name, baseline in baselines.items()}
        plot_losses(experiment.run / "metrics.jsonl", experiment.run / "loss.png", baselines=levels)
        report(experiment.run, int(result.state.step), result.checkpoint, losses, baselines, console)

    on_first(conclude)
    return 0


def main() -> None:
    """Read the command line; report bad input in a sentence."""
    with errors_as_sentences("", in_options):
        experiment = read_command_line(PRESETS, __doc__)
    again = "the same command again resumes from the last checkpoint, if there is one"
    with ending_at_once(), errors_as_sentences(again, in_options):
        connect(experiment.coordinator, experiment.num_processes, experiment.process_id)
        choose_devices(experiment.devices)  # the first that asks JAX for any: its errors show here
        status = pretrain(experiment, make_console(quiet=not is_first()))
        disconnect()
        sys.exit(status)


if __name__ == "__main__":
    main()
