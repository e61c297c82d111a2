"""Linear models of labels: what a model of sequences is to be compared with.

Needs scikit-learn: `pip install 'agront-data[linear_models]'`.
"""

try:
    import sklearn  # noqa: F401
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"agront_data.linear_models needs {error.name}, which is not installed: python -m pip install "
        "'agront-data[linear_models]'",
        name=error.name,
    ) from error

from agront_data.linear_models.linear_fit import LinearFit, fit_linear

__all__ = ["LinearFit", "fit_linear"]
