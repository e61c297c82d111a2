"""What htslib writes to standard error and how it reads text, set for a while: both are of the whole process."""

from collections.abc import Iterator
from contextlib import contextmanager

import pysam


@contextmanager
def quiet_htslib() -> Iterator[None]:
    """Keeps htslib silent, and lets its text hold bytes that are not UTF-8, as `surrogateescape` does.

    Errors still come as exceptions.
    """
    verbosity, handler = pysam.set_verbosity(0), pysam.set_encoding_error_handler("surrogateescape")
    try:
        yield
    finally:
        pysam.set_verbosity(verbosity)
        pysam.set_encoding_error_handler(handler)
