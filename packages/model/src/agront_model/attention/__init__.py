"""Multi-head self-attention: one definition, and a way of computing it for each kind of device."""

from agront_model.attention.all_heads import attend, attention_weights
from agront_model.attention.choice import AttentionWay, attend_by_device, attention_way, padded_width
from agront_model.attention.cudnn import attend_by_cudnn, is_result_of_cudnn
from agront_model.attention.head_by_head import attend_head_by_head
from agront_model.attention.projections import Projections
from agront_model.attention.self_attention import NO_DROPOUT, SelfAttention
from agront_model.attention.splash import attend_by_splash

__all__ = [
    "NO_DROPOUT",
    "AttentionWay",
    "Projections",
    "SelfAttention",
    "attend",
    "attend_by_cudnn",
    "attend_by_device",
    "attend_by_splash",
    "attend_head_by_head",
    "attention_way",
    "attention_weights",
    "is_result_of_cudnn",
    "padded_width",
]
