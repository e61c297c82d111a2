"""Names and layout of the tensors as `transformers` writes them for ESM models."""

from collections.abc import Collection

from agront_model.config import AgroNTConfig
from agront_model.pretrained.assembling import Leaf, parameter_shapes
from agront_model.pretrained.esm_naming import EsmNaming

_LAYER = "esm.encoder.layer.{layer}"
# Haiku module -> where its weight and bias stand, {layer} being the layer's number.
_MODULES = {
    "embeddings/tokens": ("esm.embeddings.word_embeddings.weight",),
    "embeddings/positions": ("esm.embeddings.position_embeddings.weight",),
    "layers/attention_norm": (f"{_LAYER}.attention.LayerNorm.weight", f"{_LAYER}.attention.LayerNorm.bias"),
    "layers/attention/query": (f"{_LAYER}.attention.self.query.weight", f"{_LAYER}.attention.self.query.bias"),
    "layers/attention/key": (f"{_LAYER}.attention.self.key.weight", f"{_LAYER}.attention.self.key.bias"),
    "layers/attention/value": (f"{_LAYER}.attention.self.value.weight", f"{_LAYER}.attention.self.value.bias"),
    "layers/attention/output": (f"{_LAYER}.attention.output.dense.weight", f"{_LAYER}.attention.output.dense.bias"),
    "layers/ffn_norm": (f"{_LAYER}.LayerNorm.weight", f"{_LAYER}.LayerNorm.bias"),
    "layers/ffn/up": (f"{_LAYER}.intermediate.dense.weight", f"{_LAYER}.intermediate.dense.bias"),
    "layers/ffn/down": (f"{_LAYER}.output.dense.weight", f"{_LAYER}.output.dense.bias"),
    "final_norm": ("esm.encoder.emb_layer_norm_after.weight", "esm.encoder.emb_layer_norm_after.bias"),
    "lm_head/dense": ("lm_head.dense.weight", "lm_head.dense.bias"),
    "lm_head/norm": ("lm_head.layer_norm.weight", "lm_head.layer_norm.bias"),
    "lm_head/decoder": ("lm_head.decoder.weight", "lm_head.bias"),
}
# transformers 5 writes two of the layer norms under the names that TensorFlow gave them.
_OLD_NAMES = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}


def esm_leaves(config: AgroNTConfig, names: Collection[str] = ()) -> list[Leaf]:
    """The parameters of a model and the tensors that hold them; without the LM head where the file has none.

    Args:
        config: the architecture.
        names: what is in the file, which decides by `EsmNaming` how the tensors are called; where it has an old name
            instead of today's, the old one is taken.
    """
    naming = EsmNaming.of(names)

    def stored(name: str) -> str:
        name = naming.stored(name)
        for today, old in _OLD_NAMES.items():
            if name.endswith(today) and name not in names and name.removesuffix(today) + old in names:
                return name.removesuffix(today) + old
        return name

    leaves = []
    shapes = parameter_shapes(config)
    for module, templates in _MODULES.items():
        if module.startswith("lm_head/") and not naming.has_lm_head:
            continue
        stacked = module.startswith("layers/")
        layers = range(config.num_layers if stacked else 1)
        for name, shape in shapes[f"agront/{module}"].items():
            template = templates[1] if name in ("b", "offset") else templates[0]
            tensors = tuple(stored(template.format(layer=layer)) for layer in layers)
            leaves.append(Leaf(f"agront/{module}", name, shape, tensors, stacked, name == "w"))
    return leaves
