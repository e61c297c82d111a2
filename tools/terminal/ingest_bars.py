"""Bars for genomes that are being read."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from agront_data import GenomeProgress
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn


class IngestBars:
    """A bar for each genome that is being read, and one for all, by the bytes of their files."""

    def __init__(self, console: Console, genomes: Mapping[str, Sequence[Path]]) -> None:
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[bases]:,} bases"),
            TimeRemainingColumn(),
        )
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
        paths = [path for files in genomes.values() for path in files if path.is_file()]
        self._all = self._progress.add_task("all genomes", total=sum(path.stat().st_size for path in paths), bases=0)
        self._bars: dict[str, TaskID] = {}
        self._read: dict[str, GenomeProgress] = {}

    def __enter__(self) -> "IngestBars":
        self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()

    def show(self, state: GenomeProgress) -> None:
        """Move the bars."""
        if state.genome not in self._bars:
            self._bars[state.genome] = self._progress.add_task(state.genome, total=state.bytes_in_all, bases=0)
        self._progress.update(self._bars[state.genome], completed=state.bytes_read, bases=state.num_bases)
        self._progress.update(self._bars[state.genome], visible=state.bytes_read < state.bytes_in_all)
        self._read[state.genome] = state
        read = self._read.values()
        self._progress.update(
            self._all, completed=sum(each.bytes_read for each in read), bases=sum(each.num_bases for each in read)
        )
