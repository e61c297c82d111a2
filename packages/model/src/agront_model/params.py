"""`Params`: the parameters of a model as a tree."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Array

Params = Mapping[str, Mapping[str, Array | np.ndarray]]
"""Parameters of a model: {module name: {parameter name: float32 array}}, on a device or the host."""
