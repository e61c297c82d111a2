"""Genome stores for the eye: tables of composition, contigs, rows and duplicates; single rows."""

from store_views.row_settings import settings_of_preset, settings_of_run
from store_views.store_tables import composition_table, contig_table, print_duplicates, rows_table
from store_views.training_row import print_row

__all__ = [
    "composition_table",
    "contig_table",
    "print_duplicates",
    "print_row",
    "rows_table",
    "settings_of_preset",
    "settings_of_run",
]
