"""Labels: a model learns to predict what is known of a row, of its tokens, or of its bases."""

from agront_train.tasks.labels.interfaces import Encoder, Head, LabelledTokens
from agront_train.tasks.labels.objective import Objective, ObjectiveKind
from agront_train.tasks.labels.task import LabelTask

__all__ = ["Encoder", "Head", "LabelTask", "LabelledTokens", "Objective", "ObjectiveKind"]
