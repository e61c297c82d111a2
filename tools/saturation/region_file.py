"""Names of files, one a region."""

import re
from pathlib import Path

from agront_data.regions import Region


def region_file(named: Path, region: Region, num_regions: int) -> Path:
    """The file of a region: the one named, or of several regions one with the region's place before the ending."""
    if num_regions == 1:
        return named
    contig = re.sub(r"[^\w.+-]", "_", region.contig)
    return named.with_name(f"{named.stem}.{contig}_{region.start + 1}-{region.end}{named.suffix}")
