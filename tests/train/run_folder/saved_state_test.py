import jax
import numpy as np
from agront_train.run_folder.saved_state import SavedState
from agront_train.update import TrainState

STATE = TrainState(np.int32(1), np.int32(2), np.int32(3), {"w": np.ones(4)}, (np.zeros(4),), {"encoder": np.ones(9)})


def test_names_of_saved_arrays_are_those_of_the_format():
    names = [jax.tree_util.keystr(path) for path, _ in jax.tree_util.tree_flatten_with_path(SavedState.of(STATE))[0]]
    assert names == [".step", ".skipped", ".skipped_in_a_row", ".params['w']", ".opt_state[0]"]


def test_all_but_frozen_parameters_comes_back():
    assert SavedState.of(STATE).to_state() == STATE._replace(frozen=())
