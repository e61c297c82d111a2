"""Mean scores by context: options and run of `calibrate.py`."""

from calibration.calibration_run import score_sites
from calibration.options import Calibrate, check_options

__all__ = ["Calibrate", "check_options", "score_sites"]
