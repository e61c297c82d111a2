"""How well scores agree with what was measured, with intervals.

Needs scipy: `pip install 'agront-data[metrics]'`.
"""

try:
    import scipy  # noqa: F401
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"agront_data.metrics needs {error.name}, which is not installed: python -m pip install 'agront-data[metrics]'",
        name=error.name,
    ) from error

from agront_data.metrics.agreement import Agreement, agreement, auprc, auroc, spearman

__all__ = ["Agreement", "agreement", "auprc", "auroc", "spearman"]
