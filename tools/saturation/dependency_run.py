"""Dependency maps of all regions, and their pictures."""

import dataclasses
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from agront_data.regions import GeneModel
from agront_data.tables import DependencyMap
from agront_data.variants import Saturation, positions_read
from agront_model import AgroNTConfig, Pretrained, choose_devices
from agront_model.inference import BaseLikelihoods
from agront_tokenizer import KmerTokenizer
from models import origin_of
from pictures import draw_dependencies
from rich.console import Console
from scoring import context_of
from terminal import RowsBar, counted, say

from saturation.options import Mutagenesis
from saturation.region_file import region_file


def asked_maps(options: Mutagenesis, named: Path, saturation: Saturation) -> list[DependencyMap]:
    """The map of each region, and its file."""
    settings, count = {"precision": options.precision}, len(saturation.regions)
    return [
        DependencyMap(region, saturation.bases(region), region_file(named, region, count), settings)
        for region in saturation.regions
    ]


def check_maps(maps: Sequence[DependencyMap], options: Mutagenesis, config: AgroNTConfig, k: int) -> None:
    """Refuse regions that cannot be mapped, and files that are there.

    Raises:
        ValueError: a region is longer than what the model reads at once, or has no token; or as `is_finished`.
    """
    context = context_of(options, config)
    for each in maps:
        name, num_bases = each.region.name, each.bases.size
        if num_bases > k * context:
            larger = ", or a larger --context" if context < config.max_tokens - 1 else ""
            raise ValueError(
                f"--dependencies: {name} has {num_bases:,} bases, and a map at most {k * context:,}: {k} for each of "
                f"the {context:,} tokens that the model reads at once; give shorter regions{larger}"
            )
        if not positions_read(each.bases, k).any():
            raise ValueError(
                f"--dependencies: {name} has nowhere {k} letters A, C, G, T in a row, as a token needs; leave it out, "
                "or give a longer region"
            )
        each.is_finished()


def map_regions(
    maps: Sequence[DependencyMap],
    options: Mutagenesis,
    genes: Mapping[str, Sequence[GeneModel]],
    tokenizer: KmerTokenizer,
    pretrained: Pretrained,
    console: Console,
) -> None:
    """Compute the maps that are not there yet, and draw all; genes, by contig, below them.

    Raises:
        ValueError, OSError, FloatingPointError: as `check_maps` and `DependencyMap.compute`.
    """
    k = tokenizer.vocabulary.k
    check_maps(maps, options, pretrained.config, k)
    origin, devices = origin_of(pretrained, tokenizer.vocabulary), choose_devices(options.devices)
    model = BaseLikelihoods(
        pretrained, tokenizer.vocabulary.token_bases, batch_tokens=options.batch_tokens, devices=devices
    )
    sizes, begun, found = [each.bases.size for each in maps], time.monotonic(), []
    num_tokens = sum(size * (size // k + 1) for size in sizes)
    with RowsBar(console, "mapping", "positions", num_rows=sum(sizes), num_tokens=num_tokens) as bar:
        for each in maps:
            with_model = dataclasses.replace(each, settings={**each.settings, "model": origin["model_fingerprint"]})
            row_tokens = each.bases.size // k + 1

            def count_found(positions: int, row_tokens: int = row_tokens) -> None:
                found.append(positions)
                bar.found(positions, positions * row_tokens)

            def with_bar(rows: list[np.ndarray], row_tokens: int = row_tokens) -> Sequence[np.ndarray]:
                share = (1 - 2 * k / max(2 * k, len(rows))) / (6 * k)  # of a position; 2k rows have none
                return model(rows, lambda done: bar.computed(done * share, done * share * row_tokens))

            if with_model.is_finished():
                count_found(each.bases.size)
            else:
                with_model.compute(tokenizer, with_bar, options.batch_tokens * len(devices), origin, count_found)
    seconds, num_unread = time.monotonic() - begun, sum(int((~positions_read(each.bases, k)).sum()) for each in maps)
    before = f"; {sum(found):,} of them were mapped before" if found else ""
    say(console, f"mapped        {sum(sizes):,} positions of {counted(len(maps), 'region')}{before}")
    say(console, f"              {seconds:.1f} s, {(sum(sizes) - sum(found)) / seconds:,.1f} positions/s")
    if num_unread:
        say(console, f"not mapped    {num_unread:,} positions (NaN): N, or fewer than {k} A, C, G, T in a row")
    for each in maps:
        picture = each.path.with_suffix(".png")
        draw_dependencies(each.region, each.bases, each.values(), genes.get(each.region.contig, ()), picture)
        say(console, f"dependencies  {each.path}, {picture}")
