"""The same step on all devices of all hosts: the only module that knows of `pmap`.

A replicated state has a leading axis [N] for the N devices of this host. With a sharded optimizer, Adam's moments are
not copies but shares (see `optimizer_sharding`). With several hosts, all call these functions in the same order.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Float64

from agront_train.config import TrainConfig
from agront_train.devices.device_batch import split_batch
from agront_train.devices.hosts import all_gather
from agront_train.interfaces import Batch, Params, Task
from agront_train.update import (
    StepMetrics,
    TrainState,
    first_state,
    init_params,
    join,
    make_train_step,
    map_moments,
    own_share,
)

AXIS = "devices"
"""Name of the mapped axis of devices, over which sums are taken."""

Devices = Sequence[jax.Device]
"""The devices of this host that take part: with several hosts, all it has."""


def count_devices(devices: Devices) -> int:
    """Devices over all hosts."""
    return len(devices) if jax.process_count() == 1 else jax.device_count()


def replicate(tree: Any, devices: Devices) -> Any:
    """Put a copy of every leaf on every device: leaves get a leading axis [N]. The first host's values count."""
    return jax.tree.map(partial(_replicate_leaf, devices=devices), tree)


def unreplicate(tree: Any) -> Any:
    """The first local device's copy of every leaf, on the host, without the leading axis."""
    # Copied: on a CPU the array would share the memory of a buffer that the next step is given to write to.
    return jax.tree.map(lambda leaf: np.array(leaf.addressable_shards[0].data).reshape(leaf.shape[1:]), tree)


def init_replicated_state(
    task: Task, config: TrainConfig, devices: Devices, params: Params | None = None, frozen: Params = ()
) -> TrainState:
    """The replicated state before the first update: made on the devices, so that a host need not hold it.

    Args:
        task: draws the parameters.
        config: the run.
        devices: see `Devices`.
        params: trained parameters to begin with, NumPy leaves, float32; None draws them by the run's seed.
        frozen: parameters that no update changes, NumPy leaves.
    """
    if params is None:
        draw = _pmap(lambda _: init_params(task, config), devices)
        on_devices = draw(np.zeros(len(devices), np.int32))
    else:
        on_devices = replicate(params, devices)
    first = _pmap(partial(first_state, config=config, axis_name=AXIS), devices, donate=(0,))
    return first(on_devices)._replace(frozen=replicate(frozen, devices))


def replicate_state(state: TrainState, config: TrainConfig, devices: Devices) -> TrainState:
    """Replicate a state with NumPy leaves, such as a checkpoint's.

    The first host's values count; another may give shapes and types only (`jax.ShapeDtypeStruct`).
    """
    copy = partial(_replicate_leaf, devices=devices)
    cut = _pmap(partial(own_share, axis_name=AXIS), devices)
    moments = (lambda leaf: cut(copy(leaf))) if config.shard_optimizer else copy
    opt_state = map_moments(partial(jax.tree.map, moments), copy, state.opt_state)
    return jax.tree.map(copy, state._replace(opt_state=()))._replace(opt_state=opt_state)


def make_gather_state(config: TrainConfig, devices: Devices) -> Callable[[TrainState], TrainState]:
    """The inverse of `replicate_state`, as a function: NumPy leaves that the next step does not write to.

    It leaves `frozen` empty: no update changes it, so that nobody needs it back.
    """
    gather = _pmap(partial(jax.lax.all_gather, axis_name=AXIS), devices)

    def gather_state(replicated: TrainState) -> TrainState:
        state = unreplicate(replicated._replace(opt_state=(), frozen=()))
        if not config.shard_optimizer:
            return state._replace(opt_state=unreplicate(replicated.opt_state))

        def moments(tree: Any) -> Any:  # leaf by leaf: no device has room for all of them
            return jax.tree.map(lambda leaf, like: join(unreplicate(gather(leaf)), like.shape), tree, state.params)

        return state._replace(opt_state=map_moments(moments, unreplicate, replicated.opt_state))

    return gather_state


def local_copy(tree: Any) -> Any:
    """One copy of every replicated leaf, on the first local device."""
    return jax.tree.map(lambda leaf: leaf.addressable_shards[0].data.reshape(leaf.shape[1:]), tree)


def make_replicated_step(
    task: Task, config: TrainConfig, devices: Devices
) -> Callable[..., tuple[TrainState, StepMetrics, jax.Array]]:
    """`make_train_step` over all devices, as a function of (state, batch of `split_batch`, stop=False).

    The state given to it is donated and must not be used again. `stop` says that this host wants the run to end; the
    third result, of shape [N], is how many devices belong to hosts that do: the same number on all.
    """
    step = make_train_step(task, config, axis_name=AXIS)

    def step_and_count(state: TrainState, stop: jax.Array, batch: Any) -> tuple:
        return *step(state, batch), jax.lax.psum(stop, AXIS)

    mapped = _pmap(step_and_count, devices, donate=(0,))

    def replicated_step(state: TrainState, batch: Any, stop: bool = False) -> tuple:
        return mapped(state, np.full(len(devices), stop, np.int32), batch)

    return replicated_step


def make_replicated_evaluation(
    task: Task, devices: Devices
) -> Callable[..., tuple[dict[str, Float64[np.ndarray, "R _"]], bool]]:
    """`Task.row_scores` over all devices: a function of (replicated state, global batch of R rows, stop=False).

    Every host is given the whole batch, computes its part, and gets the scores of all rows in the batch's order; and
    whether any host wants to stop. Where the devices of all hosts do not divide the rows it raises ValueError: hosts
    with different parts would hang.
    """

    def part(trained: Params, frozen: Params, batch: Any) -> Mapping[str, jax.Array]:
        return jax.lax.map(lambda micro_batch: task.row_scores(trained, frozen, micro_batch), batch)

    mapped = _pmap(part, devices)

    def evaluate(
        state: TrainState, batch: Batch, stop: bool = False
    ) -> tuple[dict[str, Float64[np.ndarray, "R _"]], bool]:
        num_devices = count_devices(devices)
        if len(batch.rows) % num_devices:
            raise ValueError(f"{len(batch.rows)} held-out rows cannot be cut evenly over {num_devices} devices")
        hosts, host = jax.process_count(), jax.process_index()
        cut = split_batch(jax.tree.map(lambda leaf: leaf[host::hosts], batch), len(devices), 1)
        scores = {name: _local(leaf) for name, leaf in mapped(state.params, state.frozen, cut).items()}
        # As bits, so that one exchange does for whole numbers and others; JAX knows no 64 bits.
        columns = [leaf.reshape(cut.rows.size, -1).view(np.uint32) for leaf in (cut.rows, *scores.values())]
        ends = np.cumsum([column.shape[1] for column in columns])
        columns.append(np.full((cut.rows.size, 1), stop, np.uint32))
        rows, *bits, stops = np.split(np.concatenate(all_gather(np.hstack(columns))), ends, axis=1)
        place = np.argsort(rows[:, 0])[np.argsort(np.argsort(batch.rows))]
        ordered = [part.view(np.float32)[place].astype(np.float64) for part in bits]
        return dict(zip(scores, ordered, strict=True)), bool(stops.any())

    return evaluate


def _local(leaf: jax.Array) -> np.ndarray:
    """The parts of all local devices."""
    return np.concatenate([np.asarray(shard.data) for shard in leaf.addressable_shards])


def _pmap(function: Callable, devices: Devices, donate: tuple[int, ...] = ()) -> Callable:
    # With several hosts the mapped axis runs over all devices of all, which only the default says.
    local = devices if jax.process_count() == 1 else None
    return jax.pmap(function, axis_name=AXIS, devices=local, donate_argnums=donate)


def _replicate_leaf(leaf: jax.Array | np.ndarray | np.generic | jax.ShapeDtypeStruct, devices: Devices) -> jax.Array:
    if isinstance(leaf, jax.ShapeDtypeStruct):  # a host that has only to receive
        leaf = np.zeros(leaf.shape, leaf.dtype)
    sharding = NamedSharding(Mesh(np.asarray(devices), (AXIS,)), PartitionSpec(AXIS))
    copies = jax.device_put(np.broadcast_to(np.asarray(leaf), (len(devices), *leaf.shape)), sharding)
    if jax.process_count() == 1:
        return copies
    first = np.zeros(len(devices), bool)
    first[0] = jax.process_index() == 0
    return _pmap(_first_of_all, devices, donate=(0,))(copies, first)


def _first_of_all(leaf: jax.Array, first: jax.Array) -> jax.Array:
    # As whole numbers, because 0.0 + -0.0 would lose a sign.
    bits = jax.lax.bitcast_convert_type(leaf, jnp.dtype(f"uint{8 * leaf.dtype.itemsize}"))
    return jax.lax.bitcast_convert_type(jax.lax.psum(jnp.where(first, bits, 0), AXIS), leaf.dtype)
