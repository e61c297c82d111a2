"""How many held-out rows a measurement during training takes."""

from agront_train.config import TrainConfig

# Of a training row: forward, and backward, which is twice the work. An update's other work comes on top.
_TRAINING_PASSES = 3


def sampled_batches(config: TrainConfig, *, rows: int, passes: int) -> int | None:
    """Returns the number of held-out batches that fit `config.evaluation_share` of the time, one at least.

    It follows from the work, counted in passes of a row through the model, and not from a clock: all measurements of a
    run, also after it is resumed, and those of other runs with these settings take the same rows.

    Args:
        config: the run.
        rows: rows of a held-out batch.
        passes: passes forward through the model that measuring a row takes: `MaskedTokenTask.held_out_passes`.

    Returns:
        None for all batches, where the share is 1.
    """
    if config.evaluation_share == 1:
        return None
    training = config.evaluate_every * config.batch_size * _TRAINING_PASSES
    measured = config.evaluation_share / (1 - config.evaluation_share) * training
    return max(1, int(measured / (rows * passes)))
