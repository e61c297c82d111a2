"""The licence of weights, as far as their origin tells it."""

import dataclasses
import re
from pathlib import Path
from typing import NamedTuple

from agront_model.config import AGRONT_1B, AgroNTConfig
from agront_model.pretrained.run_folder import describe_run

PUBLISHED = "InstaDeepAI/agro-nucleotide-transformer-1b"
"""The repository of the published weights on the Hugging Face Hub."""
# Of the published weights, by their model card, and of all that derives from them.
_OF_PUBLISHED = "cc-by-nc-sa-4.0"
_HEADER = re.compile(r"\A---\r?\n(.*?)^---\s*$", re.DOTALL | re.MULTILINE)
_LICENCE = re.compile(r"^license:\s*[\"']?([\w.+-]+)", re.MULTILINE)


class Licence(NamedTuple):
    """A licence, and how it is known."""

    identifier: str
    """As model cards name it, such as cc-by-nc-sa-4.0."""
    reason: str
    """The text or fact that tells it."""

    @property
    def sentence(self) -> str:
        """The licence and its reason, for a user."""
        if self.identifier == _OF_PUBLISHED:
            terms = "CC BY-NC-SA 4.0: not for commercial use, and what derives from the weights is under it too"
        else:
            terms = self.identifier
        return f"licence {terms} ({self.reason})"


def licence_of(name: str, folder: Path, config: AgroNTConfig) -> Licence | None:
    """Finds the licence of weights; None where nothing says it.

    The model card in their folder counts first; for a run, the licence of the weights that it began from. Weights of
    the published architecture with no stated licence get the published one, unless a run made them from random ones.

    Args:
        name: as `WeightSource.name` has it.
        folder: the folder of the files.
        config: the architecture.
    """
    if (run := describe_run(folder)) is not None:
        if run.begun_from is None:
            return None
        licence = licence_of(run.begun_from, run.folder_of_begun_from, config)
        return licence and licence._replace(reason=f"of {run.begun_from}, which it began from: {licence.reason}")
    for place in (folder, folder.parent) if folder.name == "jax_model" else (folder,):
        card = place / "README.md"
        try:
            header = _HEADER.search(card.read_text(encoding="utf-8-sig", errors="replace"))
        except OSError:  # weights can be read without it
            continue
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
