"""What a run says of itself: who listens, whose held-out losses are told apart, what full speed would be."""

import dataclasses
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import jax
import numpy as np
from agront_data import WindowGrid
from agront_data.windows import species_of_windows
from agront_model import model_flops
from agront_train import MaskedTokenTask, Monitoring, Observer, write_session
from agront_train.devices import peak_rate
from agront_train.observers import ProfilerTrace, WeightsAndBiasesLog
from agront_train.tasks import make_guesses
from presets import Experiment
from rich.console import Console
from terminal import shell_command

from pretraining.run_progress import RunProgress

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
    order: np.ndarray,
    devices: Sequence[jax.Device],
    fingerprints: Mapping[str, str | None],
    console: Console,
) -> Monitoring:
    """The progress bar, the note of what is run, and what was asked for on the command line.

    Args:
        experiment: the run.
        task: the task that is trained; its guesses are shown.
        unseen: the held-out windows.
        order: their numbers, in the order in which they are measured.
        devices: the devices of all hosts that train.
        fingerprints: of what the run is made from, for the note.
        console: where the progress bar is.
    """
    row_flops = model_flops(experiment.model, task.num_tokens, task.num_masked).total
    of_window = species_of_windows(unseen)
    species = [of_window[number] for number in order]

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
        groups=species if len(set(species)) > 1 else [],  # of one species the loss would stand there twice
        guesses=make_guesses(task, experiment.tokenizer.vocabulary.tokens),
        peak_tokens_per_second=peak_rate(devices, experiment.precision.compute) * task.num_tokens / row_flops,
    )
