"""What a run has learned of sequence it never saw, beside what two baselines know."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import jax
import numpy as np
from agront_data import GenomeStore, Mixture, TokenBatch, WindowGrid
from agront_data.batches import baseline_losses
from agront_tokenizer import KmerTokenizer
from agront_train import RowLosses, summarize_held_out, write_summary
from rich.console import Console
from terminal import new_table, say, shell_command, with_option


def fit_baselines(
    store: GenomeStore,
    training: WindowGrid,
    tokenizer: KmerTokenizer,
    held_out: Sequence[TokenBatch],
    num_tokens: int,
    both_strands: bool,
    mixture: Mixture,
) -> dict[str, RowLosses]:
    """Losses of each held-out row under k-mer frequencies and base composition of the training windows, by name.

    Raises:
        ValueError: fewer than two held-out rows have a token to predict.
    """
    losses = baseline_losses(store, training, tokenizer, held_out, num_tokens, both_strands, mixture)
    if any(np.count_nonzero(rows.num_tokens) < 2 for rows in losses.values()):
        raise ValueError(
            "only one held-out window has bases, and a standard error needs two: hold out more (--held-out.every, "
            "--held-out.contigs) or take shorter windows (--windows.length)"
        )
    return {name: RowLosses(rows.loss, rows.num_tokens.astype(np.float64)) for name, rows in losses.items()}


def report(
    run: Path, step: int, checkpoint: Path, losses: RowLosses, baselines: Mapping[str, RowLosses], console: Console
) -> None:
    """Print the summary of a run, and leave its numbers in `RUN/summary.json`.

    Args:
        run: the run folder.
        step: updates made.
        checkpoint: the last one.
        losses: of the held-out rows at the end.
        baselines: of the same rows, by name.
        console: where to.
    """
    numbers = summarize_held_out(step, losses, baselines)
    summary = write_summary(run, numbers)
    table = new_table("", "loss, nats a token", "perplexity", "model minus it")
    table.add_row("this model", f"{losses.mean:.3f}", f"{losses.perplexity:,.0f}", "")
    worse = []
    for name, baseline in baselines.items():
        difference, error = numbers[name]["model_minus_it"], numbers[name]["standard_error"]
        table.add_row(name, f"{baseline.mean:.3f}", f"{baseline.perplexity:,.0f}", f"{difference:+.3f} ± {error:.3f}")
        if difference > 2 * error:
            worse.append(name)

    console.print(
        f"\nHeld-out sequence after {step:,} updates: {numbers['held_out_tokens']:,} tokens, each predicted "
        "once behind <mask>",
        highlight=False,
        soft_wrap=True,
    )
    console.print(table)
    if worse:
        console.print(f"[yellow]The model does worse than {worse[0]}: it has not learned yet.[/]", highlight=False)
    command = shell_command(sys.argv[0], *with_option(sys.argv[1:], "--train.steps", str(2 * step)))
    on_all = ", and likewise on the other hosts" if jax.process_count() > 1 else ""
    lines = [
        f"checkpoint   {checkpoint}",
        f"loss curve   {run / 'loss.png'}",
        f"numbers      {run / 'metrics.jsonl'}, {summary}",
        f"tensorboard  {run / 'tensorboard'}",
        f"to go on     {command}{on_all}",
    ]
    say(console, "\n" + "\n".join(lines))
