"""Joining the processes of one run, one a host, by `jax.distributed`."""

import os
import socket
from collections.abc import Mapping

import jax

HEARTBEAT_TIMEOUT_SECONDS = 30
"""A host that is silent for so long counts as dead, and the others end. JAX's own 100 s cost a pod two minutes."""

_NOT_A_CLUSTER = "coordinator_address should be defined"


def connect(
    coordinator: str | None = None,
    num_processes: int | None = None,
    process_id: int | None = None,
    environment: Mapping[str, str] = os.environ,
) -> None:
    """Join the other processes; alone, do nothing. To be called before anything else of JAX.

    What is not given is taken from the environment: `JAX_COORDINATOR_ADDRESS`, `JAX_NUM_PROCESSES`, `JAX_PROCESS_ID`;
    or what JAX finds by itself on TPU pods, under Slurm and Open MPI with more than one task, and in Kubernetes jobs.

    From then on a process whose peer dies ends too: by an error of the next update, or, where it only waits, by JAX
    within `HEARTBEAT_TIMEOUT_SECONDS` and a few more.

    Args:
        coordinator: "host:port" of the first process, which listens there; reachable from all.
        num_processes: how many there are.
        process_id: this one's number, from 0.
        environment: environment variables.

    Raises:
        ValueError: only a part of what is needed was given, what should be a number or an address is none, the host is
            not known, or the first process cannot have its port.
    """
    coordinator = coordinator or environment.get("JAX_COORDINATOR_ADDRESS")
    num_processes = _number("JAX_NUM_PROCESSES", environment) if num_processes is None else num_processes
    process_id = _number("JAX_PROCESS_ID", environment) if process_id is None else process_id
    if coordinator is None and (num_processes is not None or process_id is not None):
        raise ValueError("a number of processes was given and no `coordinator`: give the first process's host:port")
    if coordinator is None and _alone(environment):
        return
    if coordinator is not None:
        _check_address(coordinator, listens=process_id == 0)
    # It would catch SIGTERM for itself and leave the process running; who trains decides what SIGTERM means.
    jax.config.update("jax_enable_preemption_service", False)
    try:
        jax.distributed.initialize(
            coordinator,
            num_processes,
            process_id,
            heartbeat_timeout_seconds=HEARTBEAT_TIMEOUT_SECONDS,
            shutdown_timeout_seconds=HEARTBEAT_TIMEOUT_SECONDS,
        )
    except ValueError as error:
        if coordinator is None and _NOT_A_CLUSTER in str(error):
            return
        raise ValueError(
            f"cannot join the other processes at {coordinator}: {error} Give the coordinator's host:port, the number "
            "of processes and this one's number, from 0"
        ) from error


def disconnect() -> None:
    """Disconnect from the cluster. Waits for all processes; after it, one that exits is no longer an error."""
    if jax.distributed.is_initialized():
        jax.distributed.shutdown()


def _check_address(coordinator: str, *, listens: bool) -> None:
    """Refuses what ends a process in the middle of JAX: by a crash, or after five minutes without a word."""
    host, _, port = coordinator.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise ValueError(f"`coordinator` is {coordinator!r}: give HOST:PORT of the first process, as node1:1234")
    try:
        socket.getaddrinfo(host.strip("[]"), int(port))
    except OSError as error:
        raise ValueError(
            f"`coordinator` is {coordinator!r}: this machine knows no host {host} ({error.strerror}); check the name"
        ) from error
    if listens:
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", int(port))) == 0:
                raise ValueError(
                    f"`coordinator` is {coordinator!r}: another program listens at port {port} of this machine; give "
                    "another port to all processes"
                )


def _alone(environment: Mapping[str, str]) -> bool:
    """True if JAX would find a cluster of one task, and then take only one of this machine's GPUs, or fail."""
    for size in ("SLURM_NTASKS", "OMPI_COMM_WORLD_SIZE"):
        if size in environment:
            return _number(size, environment) == 1
    return "KUBERNETES_SERVICE_HOST" in environment and "JOB_COMPLETION_INDEX" not in environment


def _number(name: str, environment: Mapping[str, str]) -> int | None:
    value = environment.get(name)
    try:
        return None if value is None else int(value)
    except ValueError:
        raise ValueError(f"the environment variable {name} is {value!r}: it must be a whole number") from None
