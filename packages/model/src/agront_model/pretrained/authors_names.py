"""Names of the parameters in the authors' JAX checkpoints."""

from collections.abc import Collection

from agront_model.config import AgroNTConfig
from agront_model.pretrained.assembling import Leaf, parameter_shapes

_LAYER = "attention_layer_{layer}/~"
_HEAD = "~/esm_roberta_lm_head/~"
_MODULES = {
    "embeddings/tokens": "~/embed",
    "embeddings/positions": "~/esm_learned_positional_embeddings/~/embed",
    "layers/attention_norm": f"{_LAYER}/mha_layer_norm",
    "layers/attention/query": f"{_LAYER}/mha/query",
    "layers/attention/key": f"{_LAYER}/mha/key",
    "layers/attention/value": f"{_LAYER}/mha/value",
    "layers/attention/output": f"{_LAYER}/mha/mha_output",
    "layers/ffn_norm": f"{_LAYER}/final_layer_norm",
    "layers/ffn/up": f"{_LAYER}/fc1",
    "layers/ffn/down": f"{_LAYER}/fc2",
    "final_norm": f"{_HEAD}/emb_layer_norm_after",
    "lm_head/dense": f"{_HEAD}/lm_head_fc_1",
    "lm_head/norm": f"{_HEAD}/lm_head_layer_norm",
    "lm_head/decoder": f"{_HEAD}/lm_final_fc",
}


def authors_leaves(config: AgroNTConfig, names: Collection[str] = ()) -> list[Leaf]:
    """The parameters of a model and the arrays that hold them.

    Args:
        config: the architecture.
        names: what stands in the file. Names begin with that of the model, which is not the same in all files: what
            all of them begin with is taken.
    """
    models = {name.partition("/")[0] for name in names}
    model = models.pop() if len(models) == 1 else "esm_transformer"
    leaves = []
    shapes = parameter_shapes(config)
    for module, template in _MODULES.items():
        stacked = module.startswith("layers/")
        layers = range(config.num_layers if stacked else 1)
        for name, shape in shapes[f"agront/{module}"].items():
            tensors = tuple(f"{model}/{template.format(layer=layer)}/{name}" for layer in layers)
            leaves.append(Leaf(f"agront/{module}", name, shape, tensors, stacked, transposed=False))
    return leaves
