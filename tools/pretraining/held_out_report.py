"""What a run has learned of sequence it never saw, beside what two baselines know."""

import sys
from collections.abc import Mapping
from pathlib import Path

import jax
from agront_train import RowLosses, summarize_held_out, write_summary
from rich.console import Console
from terminal import new_table, say, shell_command, with_option


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
