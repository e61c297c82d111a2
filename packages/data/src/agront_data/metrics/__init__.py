"""How well scores agree with what was measured, and predictions with labels, with intervals.

Needs scipy and scikit-learn: `pip install 'agront-data[metrics]'`.
"""

try:
    import scipy  # noqa: F401
    import sklearn  # noqa: F401
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"agront_data.metrics needs {error.name}, which is not installed: python -m pip install 'agront-data[metrics]'",
        name=error.name,
    ) from error

from agront_data.metrics.agreement import Agreement, agreement, auprc, auroc, spearman
from agront_data.metrics.predictions import Figure, prediction_figures

__all__ = ["Agreement", "Figure", "agreement", "auprc", "auroc", "prediction_figures", "spearman"]
