"""Under which licence weights are, as far as can be known from where they lie."""

import dataclasses
import re
from pathlib import Path
from typing import NamedTuple

from agront_model import AGRONT_1B, AgroNTConfig
from trained_run import run_of
from weight_source import LoadedWeights

PUBLISHED = "InstaDeepAI/agro-nucleotide-transformer-1b"
# Of the published weights, by their model card, and of all that derives from them.
_OF_PUBLISHED = "cc-by-nc-sa-4.0"
_HEADER = re.compile(r"\A---\r?\n(.*?)^---\s*$", re.DOTALL | re.MULTILINE)
_LICENCE = re.compile(r"^license:\s*[\"']?([\w.+-]+)", re.MULTILINE)


class Licence(NamedTuple):
    """A licence, and how it is known."""

    identifier: str
    """As model cards name it, such as cc-by-nc-sa-4.0."""
    reason: str
    """What says so."""

    @property
    def sentence(self) -> str:
        """What a user should know of it."""
        if self.identifier == _OF_PUBLISHED:
            terms = "CC BY-NC-SA 4.0: not for commercial use, and what derives from the weights is under it too"
        else:
            terms = self.identifier
        return f"licence {terms} ({self.reason})"


def licence_of(loaded: LoadedWeights) -> Licence | None:
    """The licence of weights; None where nothing says it.

    What the model card in their folder says; of a run that of what it began from. Where nothing says anything, weights
    of the published architecture are taken for the published ones, unless a run made them from random ones.
    """
    return _licence(loaded.name, loaded.folder, loaded.pretrained.config)


def _licence(name: str, folder: Path, config: AgroNTConfig) -> Licence | None:
    if (run := run_of(folder)) is not None:
        if run.begun_from is None:
            return None
        licence = _licence(run.begun_from, run.folder_of_begun_from, config)
        return licence and licence._replace(reason=f"of {run.begun_from}, which it began from: {licence.reason}")
    for place in (folder, folder.parent) if folder.name == "jax_model" else (folder,):
        card = place / "README.md"
        header = card.is_file() and _HEADER.search(card.read_text(encoding="utf-8", errors="replace"))
        if header and (stated := _LICENCE.search(header[1])):
            return Licence(stated[1], f"{card.name} beside them says so")
    if name.partition("@")[0] == PUBLISHED:
        return Licence(_OF_PUBLISHED, "these are the published weights")
    if _is_published_architecture(config):
        return Licence(_OF_PUBLISHED, "taken for the published weights or made from them, by their size")
    return None


def _is_published_architecture(config: AgroNTConfig) -> bool:
    # The authors' JAX files come with another epsilon.
    eps, initial = AGRONT_1B.layer_norm_eps, AGRONT_1B.initializer_range
    return dataclasses.replace(config, layer_norm_eps=eps, initializer_range=initial) == AGRONT_1B
