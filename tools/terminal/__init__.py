"""The terminal: text, tables and progress bars; command lines; errors as sentences; commands to copy."""

from terminal.command_line import read_command_line, read_options
from terminal.console import counted, make_console, new_table, say
from terminal.download_bars import DownloadBars, bars
from terminal.errors import errors_as_sentences, in_options_of
from terminal.ingest_bars import IngestBars
from terminal.output_names import check_picture_name
from terminal.rows_bar import RowsBar
from terminal.shell_command import shell_command, with_option

__all__ = [
    "DownloadBars",
    "IngestBars",
    "RowsBar",
    "bars",
    "check_picture_name",
    "counted",
    "errors_as_sentences",
    "in_options_of",
    "make_console",
    "new_table",
    "read_command_line",
    "read_options",
    "say",
    "shell_command",
    "with_option",
]
