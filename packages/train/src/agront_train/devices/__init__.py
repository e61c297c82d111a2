"""The devices of a run, on one host or many: their memory and speed, joining of hosts, sharing of rows and state."""

from agront_train.devices.accelerators import (
    ACCELERATORS,
    Accelerator,
    measured_peak_flops,
    parse_devices,
    peak_flops,
    peak_rate,
)
from agront_train.devices.cluster import HEARTBEAT_TIMEOUT_SECONDS, connect, disconnect
from agront_train.devices.device_batch import check_batch_size, split_batch
from agront_train.devices.hosts import check_same_on_all, is_first, on_first, tell_all, wait_for_all
from agront_train.devices.memory import (
    DeviceMemory,
    device_memory,
    fewest_devices,
    fewest_micro_batches,
    largest_micro_batch,
    num_bytes,
)
from agront_train.devices.memory_plan import MemoryPlan, Remedy, find_remedies, plan_memory
from agront_train.devices.model_costs import ModelCosts
from agront_train.devices.replication import (
    AXIS,
    count_devices,
    init_replicated_state,
    local_copy,
    make_gather_state,
    make_replicated_evaluation,
    make_replicated_step,
    replicate,
    replicate_state,
    unreplicate,
)
from agront_train.devices.step_time import StepTime, plan_time, sent_bytes, state_traffic

__all__ = [
    "ACCELERATORS",
    "AXIS",
    "HEARTBEAT_TIMEOUT_SECONDS",
    "Accelerator",
    "DeviceMemory",
    "MemoryPlan",
    "ModelCosts",
    "Remedy",
    "StepTime",
    "check_batch_size",
    "check_same_on_all",
    "connect",
    "count_devices",
    "device_memory",
    "disconnect",
    "fewest_devices",
    "fewest_micro_batches",
    "find_remedies",
    "init_replicated_state",
    "is_first",
    "largest_micro_batch",
    "local_copy",
    "make_gather_state",
    "make_replicated_evaluation",
    "make_replicated_step",
    "measured_peak_flops",
    "num_bytes",
    "on_first",
    "parse_devices",
    "peak_flops",
    "peak_rate",
    "plan_memory",
    "plan_time",
    "replicate",
    "replicate_state",
    "sent_bytes",
    "split_batch",
    "state_traffic",
    "tell_all",
    "unreplicate",
    "wait_for_all",
]
