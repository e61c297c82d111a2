"""One update of the parameters, as pure functions: gradient, optimizer, and the optimizer's shares on many devices."""

from agront_train.update.gradient import make_gradient
from agront_train.update.optimizer import learning_rate_schedule, make_optimizer
from agront_train.update.optimizer_sharding import join, map_moments, own_share
from agront_train.update.state import TrainState, first_state, init_params, init_state
from agront_train.update.step import StepMetrics, TrainStep, make_train_step

__all__ = [
    "StepMetrics",
    "TrainState",
    "TrainStep",
    "first_state",
    "init_params",
    "init_state",
    "join",
    "learning_rate_schedule",
    "make_gradient",
    "make_optimizer",
    "make_train_step",
    "map_moments",
    "own_share",
]
