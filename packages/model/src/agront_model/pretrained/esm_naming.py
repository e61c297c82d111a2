"""How a file names the tensors of an ESM model: what stands before all names, and which head the model has."""

import dataclasses
import re
from collections.abc import Collection

from agront_model.pretrained.tensor_check import joined_layers

_ENCODER = "esm."
# There is one in each ESM model, whatever stands before its name.
_EMBEDDING = "embeddings.word_embeddings.weight"
# Never trained; and a buffer that counts from 0.
_UNUSED = ("esm.contact_head.", "esm.embeddings.position_ids")
# Of `EsmForSequenceClassification`, `EsmForTokenClassification` and `EsmModel`: they take what the encoder gives.
_OTHER_HEADS = ("classifier.", "esm.pooler.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class EsmNaming:
    """The names of one file, against those that `transformers` writes for `EsmForMaskedLM`."""

    prefix: str = ""
    """The start of all names: "module." of a model in PyTorch's DataParallel, "_orig_mod." of a compiled one."""
    encoder: str = _ENCODER
    """The start of the encoder's names behind it; empty where the encoder was written alone, as an `EsmModel`."""
    has_lm_head: bool = True
    """Whether there is a masked-language-model head; encoders and classifiers have none."""

    @classmethod
    def of(cls, names: Collection[str]) -> "EsmNaming":
        """Finds out by the name of the token embedding; the usual names where none or several are called so."""
        starts = [name.removesuffix(_EMBEDDING) for name in names if f".{name}".endswith(f".{_EMBEDDING}")]
        if len(starts) != 1:
            return cls()
        encoder = _ENCODER if f".{starts[0]}".endswith(f".{_ENCODER}") else ""
        prefix = starts[0].removesuffix(encoder)
        return cls(
            prefix=prefix, encoder=encoder, has_lm_head=any(name.startswith(f"{prefix}lm_head.") for name in names)
        )

    def stored(self, name: str) -> str:
        """The name in the file of a tensor that `EsmForMaskedLM` has, or of the start of such a name."""
        return self.prefix + (self.encoder + name.removeprefix(_ENCODER) if name.startswith(_ENCODER) else name)

    @property
    def ignored(self) -> str:
        """Pattern of the names that may be in the file and are of no use here."""
        known = _UNUSED if self.has_lm_head else (*_UNUSED, *_OTHER_HEADS)
        return "|".join(f"{re.escape(self.stored(start))}.*" for start in known)

    def notes(self, names: Collection[str]) -> tuple[str, ...]:
        """Sentences for the user on all that is unusual; empty as a rule.

        Args:
            names: of the tensors in the file.
        """
        found = []
        if self.prefix:
            found.append(f"the names of all tensors begin with {self.prefix!r}: read without it")
        if not self.has_lm_head:
            heads = tuple(self.stored(start) for start in _OTHER_HEADS)
            left_out = joined_layers(name for name in names if name.startswith(heads))
            more = f"; left out: {', '.join(left_out)}" if left_out else ""
            found.append(
                "an encoder without masked-language-model head (lm_head): it can embed, but not predict tokens at "
                f"<mask>, nor begin a training{more}"
            )
        return tuple(found)
