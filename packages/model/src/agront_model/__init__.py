"""The AgroNT encoder and its masked-language-model head in Haiku/JAX.

`make_model(config)` gives three pure functions, `init`, `encode` and `lm_logits`; `load_pretrained(folder)` gives them
with the parameters of a published model.
"""

from agront_model.adapters import (
    IA3,
    AdaptedLayer,
    Adapter,
    LoRA,
    merge_adapters,
    split_adapters,
    with_adapters,
)
from agront_model.agront import AgroNT, Encode, Encoding, Params, count_parameters, make_model
from agront_model.attention import AttentionWay, attention_way
from agront_model.config import AGRONT_1B, AgroNTConfig
from agront_model.cost import (
    RowBytes,
    RowFlops,
    forward_flops,
    hardware_flops,
    model_flops,
    row_bytes,
    row_traffic,
    weight_copy_bytes,
)
from agront_model.devices import choose_devices, explaining_memory
from agront_model.embeddings import check_tokens
from agront_model.precision import Precision
from agront_model.prediction_head import HeadConfig, Pooling, PredictionHead, make_head
from agront_model.pretrained import Pretrained, load_pretrained, save_pretrained
from agront_model.row_costs import RowCosts, row_costs
from agront_model.top_layers import split_top_layers, with_top_layers

__version__ = "0.1.0"

__all__ = [
    "AGRONT_1B",
    "IA3",
    "AdaptedLayer",
    "Adapter",
    "AgroNT",
    "AgroNTConfig",
    "AttentionWay",
    "Encode",
    "Encoding",
    "HeadConfig",
    "LoRA",
    "Params",
    "Pooling",
    "Precision",
    "PredictionHead",
    "Pretrained",
    "RowBytes",
    "RowCosts",
    "RowFlops",
    "attention_way",
    "check_tokens",
    "choose_devices",
    "count_parameters",
    "explaining_memory",
    "forward_flops",
    "hardware_flops",
    "load_pretrained",
    "make_head",
    "make_model",
    "merge_adapters",
    "model_flops",
    "row_bytes",
    "row_costs",
    "row_traffic",
    "save_pretrained",
    "split_adapters",
    "split_top_layers",
    "weight_copy_bytes",
    "with_adapters",
    "with_top_layers",
]
