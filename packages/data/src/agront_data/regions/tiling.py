"""Tiling: regions cut into pieces of one length, as `bedtools makewindows` cuts them, without its useless last ones."""

from collections.abc import Iterable, Iterator

from agront_data.regions.region import Region, check_region, place_of


def tile_regions(regions: Iterable[Region], length: int, step: int | None = None) -> Iterator[Region]:
    """Cuts regions, such as the `whole_contigs` of a genome, into tiles.

    Tiles begin at a region's first base and each `step` bases after it, in the region's own direction: on "-" the first
    tile is the one with the highest positions, so tiles that do not overlap spell the region one after another. The
    first tile that reaches the region's end is its last; it is cut there, so it may be shorter, but never empty and
    never part of the tile before it. Every base of a region lies in a tile. A region of at most `length` bases is one.

    Args:
        regions: What to cut.
        length: Bases in a tile. 6,138 fill AgroNT's context: 1,023 6-mers and `<cls>`.
        step: Bases from the start of one tile to the next, at most `length`; `length` if not given, so that tiles lie
            side by side.

    Returns:
        The tiles, one by one: named by their place if the region is, else `NAME_1`, `NAME_2`, …

    Raises:
        ValueError: `length` or `step` is below 1, or `step` above `length`, at the call; a region is none, when it is
            reached.
    """
    check_tiling(length, step)
    return _tiles(regions, length, length if step is None else step)


def check_tiling(length: int, step: int | None = None, *, called: str = "length") -> None:
    """Checks the length of tiles and their step, without regions to cut.

    Args:
        length: As for `tile_regions`.
        step: As for `tile_regions`.
        called: What the caller calls the length, for messages.

    Raises:
        ValueError: `length` or `step` is below 1, or `step` above `length`.
    """
    if length < 1:
        raise ValueError(f"`{called}` is {length}: a tile has at least 1 base")
    if step is not None and not 1 <= step <= length:
        raise ValueError(f"`step` is {step}: it must be 1 to {length}, the `{called}`, or bases would be left out")


def _tiles(regions: Iterable[Region], length: int, step: int) -> Iterator[Region]:
    for region in regions:
        check_region(region)
        named_by_place = region.name == place_of(region.contig, region.start, region.end, region.strand)
        size = region.end - region.start
        num_tiles = 1 + max(0, -(-(size - length) // step))
        for number in range(num_tiles):
            first, last = number * step, min(number * step + length, size)
            if region.strand == "+":
                start, end = region.start + first, region.start + last
            else:
                start, end = region.end - last, region.end - first
            place = place_of(region.contig, start, end, region.strand)
            name = place if named_by_place else f"{region.name}_{number + 1}"
            yield region._replace(name=name, start=start, end=end)
