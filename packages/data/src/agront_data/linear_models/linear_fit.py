"""`fit_linear`: ridge or logistic regression on features, its penalty chosen by validation."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Float64
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.preprocessing import StandardScaler

_PENALTIES = tuple(float(10**power) for power in range(-1, 7))


class LinearFit(NamedTuple):
    """A fitted model.

    Attributes:
        predict: From features [M, F] to probabilities, [M, K] or of classes [M, classes]; or to numbers, [M, K].
        penalties: The one chosen for each column of labels.
    """

    predict: Callable[[Float[np.ndarray, "M F"]], Float64[np.ndarray, "M P"]]
    penalties: tuple[float, ...]


def fit_linear(
    kind: Literal["binary", "classes", "multi-label", "regression"],
    features: Float[np.ndarray, "N F"],
    labels: Float[np.ndarray, "N K"],
    validation_features: Float[np.ndarray, "V F"],
    validation_labels: Float[np.ndarray, "V K"],
    *,
    num_classes: int = 2,
) -> LinearFit:
    """Fits logistic regression to labels and classes, ridge regression to numbers; features are standardised.

    The penalty is the one of 0.1, 1, … 10⁶ with the least loss on the validation part: cross-entropy, or squared error.

    Args:
        kind: What labels are.
        features: Of the sequences that are trained on.
        labels: Theirs; of `classes` one column, the number of the class; NaN where one is missing.
        validation_features: Of those that the penalty is chosen by.
        validation_labels: Theirs.
        num_classes: Of `classes`, how many there are.
    """
    scaler = StandardScaler().fit(features)
    scaled, scaled_validation = scaler.transform(features), scaler.transform(validation_features)
    models: list[Any] = []
    penalties = []
    for column, validation_column in zip(labels.T, validation_labels.T, strict=True):
        known, known_validation = np.isfinite(column), np.isfinite(validation_column)
        chosen_by = scaled_validation[known_validation], validation_column[known_validation]
        candidates = {}
        for penalty in _PENALTIES:
            model = Ridge(penalty) if kind == "regression" else LogisticRegression(C=1 / penalty, max_iter=2000)
            candidates[penalty] = model.fit(scaled[known], column[known])
        losses = {penalty: _loss(model, *chosen_by) for penalty, model in candidates.items()}
        penalties.append(min(losses, key=losses.__getitem__))
        models.append(candidates[penalties[-1]])

    def predict(asked: Float[np.ndarray, "M F"]) -> Float64[np.ndarray, "M P"]:
        rows = scaler.transform(asked)
        if kind == "regression":
            return np.stack([model.predict(rows) for model in models], axis=1)
        if kind != "classes":
            return np.stack([model.predict_proba(rows)[:, 1] for model in models], axis=1)
        [model] = models
        probabilities = np.zeros((len(rows), num_classes))
        probabilities[:, model.classes_.astype(int)] = model.predict_proba(rows)
        return probabilities

    return LinearFit(predict, tuple(penalties))


def _loss(model: Any, features: np.ndarray, labels: np.ndarray) -> float:
    if not labels.size:
        return 0.0
    if isinstance(model, Ridge):
        return float(mean_squared_error(labels, model.predict(features)))
    known = np.isin(labels, model.classes_)
    return float(log_loss(labels[known], model.predict_proba(features[known]), labels=model.classes_))
