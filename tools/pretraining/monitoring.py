"""What a run says of itself: who listens, whose held-out losses are told apart, what full speed would be."""

import dataclasses
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import jax
import numpy as np
from agront_data import WindowGrid
from agront_model import model_flops
from agront_train import MaskedTokenTask, Monitoring, Observer, write_session
from agront_train.devices import measured_peak_flops, peak_flops
from agront_train.observers import ProfilerTrace, WeightsAndBiasesLog
from agront_train.tasks import make_guesses, num_masked_positions
from presets import Experiment
from rich.console import Console
from terminal import RunProgress, shell_command

# Of a session's updates the first ones compile.
PROFILE_AFTER = 9

DISTRIBUTIONS = (
    *("agront-tokenizer", "agront-data", "agront-model", "agront-train"),
    *("jax", "jaxlib", "dm-haiku", "optax", "orbax-checkpoint", "tensorstore", "grain", "numpy"),
)


def make_monitoring(
    experiment: Experiment,
    task: MaskedTokenTask,
    unseen: WindowGrid,
    devices: Sequence[jax.Device],
    fingerprints: Mapping[str, str | None],
    console: Console,
) -> Monitoring:
    """The progress bar, the note of what is run, and what was asked for on the command line.

    Args:
        experiment: the run.
        task: the task that is trained; its guesses are shown.
        unseen: the held-out windows, in the order in which they are measured.
        devices: the devices of all hosts that train.
        fingerprints: of what the run is made from, for the note.
        console: where the progress bar is.
    """

    def observers(resume_at: int) -> list[Observer]:
        write_session(
            experiment.run,
            dataclasses.asdict(experiment),
            command=shell_command(sys.argv[0], *sys.argv[1:]),
            code=Path(__file__),
            distributions=DISTRIBUTIONS,
            fingerprints=fingerprints,
            devices=devices,
            resume_at=resume_at,
        )
        listening: list[Observer] = []
        if experiment.profile:
            first = min(resume_at + PROFILE_AFTER, experiment.train.steps - experiment.profile)
            first = max(first, resume_at + 1)
            listening.append(ProfilerTrace(experiment.run / "profile", first=first, updates=experiment.profile))
        if experiment.wandb is not None:
            config = {"preset": experiment.settings(), "train": experiment.train.identity()}
            listening.append(WeightsAndBiasesLog(experiment.wandb, experiment.run, config=config))
        # Last, so that its bar is not drawn before all others have said what they have to say.
        return [*listening, RunProgress(console, steps=experiment.train.steps, resume_at=resume_at)]

    return Monitoring(
        observers=observers,
        groups=held_out_species(unseen),
        guesses=make_guesses(task, experiment.tokenizer.vocabulary.tokens),
        peak_tokens_per_second=peak_tokens_per_second(experiment, task.num_tokens, devices),
    )


def held_out_species(unseen: WindowGrid) -> list[str]:
    """The species of each held-out window; none where all are of one, whose loss would stand there twice."""
    counts = np.diff(unseen.first_windows)
    if np.count_nonzero(counts) < 2:
        return []
    return [entry.name for entry, count in zip(unseen.store.genomes, counts, strict=True) for _ in range(count)]


def peak_tokens_per_second(experiment: Experiment, num_tokens: int, devices: Sequence[jax.Device]) -> float:
    """Tokens a second if the devices did nothing but the model's matrix products, at their peak rate.

    The peak is the vendor's; of a device that is not in the table, and of a CPU, the measured rate of a large product.
    Several devices of a CPU are one and the same.
    """
    compute = experiment.precision.compute
    row = model_flops(experiment.model, num_tokens, num_masked_positions(experiment.train.masking, num_tokens))
    peak = peak_flops(devices[0], compute)
    if peak is None:
        peak = measured_peak_flops(jax.local_devices()[0], compute)
    several = jax.process_count() if devices[0].platform == "cpu" else len(devices)
    return peak * several * num_tokens / row.total
