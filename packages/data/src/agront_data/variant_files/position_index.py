"""Indexes beside compressed files, by which programs find the records of a region."""

import os
import warnings
from pathlib import Path

import pysam

from agront_data.input_warning import InputWarning
from agront_data.variant_files.htslib_noise import quiet_htslib

# A tabix index has places for so many bases of a contig (tabix specification).
_MOST_OF_TABIX = 1 << 29


def write_index(whole: Path, *, is_bcf: bool, longest: int, path: Path) -> bool:
    """Writes `WHOLE.tbi`, or `WHOLE.csi` for BCF and where a contig is too long for the other.

    Args:
        whole: BCF, or VCF compressed by bgzip, whose records are sorted; its name may have any ending.
        is_bcf: Whether it is BCF.
        longest: Length of the longest contig, as far as it is known.
        path: The file that it was made of, for the warning.

    Returns:
        Whether there is one.

    Warns:
        InputWarning: htslib makes none of this file, which is right as it is.
    """
    for ending in (".csi",) if is_bcf or longest > _MOST_OF_TABIX else (".tbi", ".csi"):
        index = whole.with_name(whole.name + ending)
        try:
            with quiet_htslib():
                pysam.tabix_index(
                    os.fspath(whole.absolute()),
                    preset="vcf",  # BCF is recognised as such
                    index=os.fspath(index.absolute()),
                    csi=ending == ".csi",
                    force=True,
                    keep_original=True,
                )
            return True
        except OSError as error:
            index.unlink(missing_ok=True)
            reason = str(error)
    warnings.warn(
        f"{path}: the output gets no index, since htslib cannot make one ({reason}): blank lines among the records, or "
        "positions beyond the length that the header gives a contig, are causes",
        InputWarning,
        stacklevel=1,
    )
    return False
