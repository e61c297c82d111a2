"""A model with its parameters, as loading hands it out and saving takes it."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import jax

from agront_model.agront import AgroNT, Params
from agront_model.config import AgroNTConfig
from agront_model.pretrained.weight_source import WeightSource


@dataclasses.dataclass(frozen=True)
class Pretrained:
    """A model with its parameters: `model, params, config = load_pretrained(…)` takes it apart.

    Attributes:
        model: the functions.
        params: what they take as parameters, float32; without those of the LM head where the source has none.
        config: the architecture; its `layer_norm_eps` is that of the source.
        source: where the weights come from; None for weights that were not loaded.
    """

    model: AgroNT
    params: Params
    config: AgroNTConfig
    source: WeightSource | None = None

    # As of a named tuple, which this was at first.
    _replace = dataclasses.replace

    def __iter__(self) -> Iterator[Any]:
        return iter((self.model, self.params, self.config))

    @property
    def name(self) -> str:
        """The name of the source, see `WeightSource.name`."""
        return "a model of no source" if self.source is None else self.source.name

    @property
    def description(self) -> str:
        """The notes of the source, a line for the model, and one for its licence if that is known."""
        num_parameters = sum(leaf.size for leaf in jax.tree.leaves(self.params))
        line = f"model         {self.name}: {num_parameters:,} parameters"
        end = f", layer-norm eps {self.config.layer_norm_eps:g}"
        if self.source is None:
            return line + end
        licence = [f"              {self.source.licence.sentence}"] if self.source.licence else []
        notes = [f"note          {note}" for note in self.source.notes]
        return "\n".join([*notes, f"{line} from {self.source.format}{end}", *licence])

    @property
    def has_lm_head(self) -> bool:
        """Whether there is a masked-language-model head; encoders and classifiers come without."""
        return any("/lm_head/" in module for module in self.params)

    def check_lm_head(self) -> None:
        """Refuses weights without masked-language-model head, where one is needed.

        Raises:
            ValueError: there is none.
        """
        if not self.has_lm_head:
            raise ValueError(
                f"{self.name}: has no masked-language-model head (lm_head), which predictions at <mask>, training and "
                "conversion need: take the model that it was made from; for embeddings (embed.py) it is complete"
            )
