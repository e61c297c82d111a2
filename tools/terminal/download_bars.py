"""Bars for files on their way."""

from collections.abc import Mapping

from agront_data.public_genomes import DownloadProgress
from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TimeRemainingColumn, TransferSpeedColumn

_ENDED = ("done", "present", "failed")


class DownloadBars:
    """A bar for each file on its way and one for all; a line for each that has ended."""

    def __init__(self, progress: Progress, sizes: Mapping[str, int | None]) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}
        self._states = {name: DownloadProgress(name, "waiting", 0, size) for name, size in sizes.items()}
        self._all = progress.add_task("", total=None)

    def show(self, state: DownloadProgress) -> None:
        """Takes a file's progress."""
        state = state._replace(total=state.total or self._states[state.name].total)
        if state.name not in self._tasks:
            self._tasks[state.name] = self._progress.add_task("", completed=state.num_bytes)
        ended = state.state in _ENDED
        self._progress.update(
            self._tasks[state.name],
            description=f"{state.name}  {state.state}",
            completed=state.num_bytes,
            total=state.total,
            visible=not ended,
        )
        if ended:
            self._progress.console.print(f"{state.state:8}  {state.name}  {decimal(state.num_bytes)}", highlight=False)
        self._states[state.name] = state
        states = self._states.values()
        totals = [s.total for s in states]
        self._progress.update(
            self._all,
            description=f"{sum(s.state in _ENDED for s in states)} of {len(states)} files",
            completed=sum((s.total or 0) if s.state == "verifying" else s.num_bytes for s in states),
            total=None if None in totals else sum(total or 0 for total in totals),
        )


def bars(console: Console) -> Progress:
    """Bars for bytes; none where there is no terminal."""
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    return Progress("{task.description}", *columns, console=console, disable=not console.is_terminal, transient=True)
