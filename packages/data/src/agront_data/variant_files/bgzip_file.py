"""Files that bgzip compresses: gzip in blocks, which an index can point into."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pysam

from agront_data.variant_files.htslib_noise import quiet_htslib


@contextmanager
def new_bgzip_file(path: Path) -> Iterator[pysam.BGZFile]:
    """Opens a file to write to; whatever the ending of its name, it is compressed.

    Raises:
        OSError: It cannot be written, as on a full disk.
    """
    try:
        with quiet_htslib(), pysam.BGZFile(str(path.absolute()), "wb", None) as file:
            yield file
    except OSError as error:
        if "BGZFile" not in str(error):  # pysam's own have neither number nor path
            raise
        raise OSError(f"{path} cannot be written ({error}); make room, or name another place") from error
