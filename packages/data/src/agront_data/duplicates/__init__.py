"""Exact duplicates: sequence that a store holds more than once, and that training and held-out sequence share.

>>> from agront_data.duplicates import find_duplicates
>>> report = find_duplicates(store, held_out_grid)  # doctest: +SKIP
>>> report.total.held_out_duplicated_share  # doctest: +SKIP
"""

from agront_data.duplicates.duplicate_report import DuplicateCounts, DuplicateReport, find_duplicates
from agront_data.duplicates.rolling_hash import RollingHash

__all__ = ["DuplicateCounts", "DuplicateReport", "RollingHash", "find_duplicates"]
