"""Exact duplicates in a store, of either strand: `duplicate_report` finds and counts them."""
