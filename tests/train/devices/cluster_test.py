"""What is asked of `jax.distributed`; that it works is shown by several_hosts_test."""

import socket

import jax
import pytest
from agront_train.devices import HEARTBEAT_TIMEOUT_SECONDS, cluster, connect

ADDRESS = "10.0.0.1:1234"
VARIABLES = {"JAX_COORDINATOR_ADDRESS": ADDRESS, "JAX_NUM_PROCESSES": "4", "JAX_PROCESS_ID": "3"}


@pytest.fixture
def joined(monkeypatch):
    """The arguments of each call of `jax.distributed.initialize`; nothing is joined."""
    calls = []
    monkeypatch.setattr(jax.distributed, "initialize", lambda *args, **options: calls.append((args, options)))
    monkeypatch.setattr(jax.config, "update", lambda name, value: calls.append((name, value)))
    return calls


def test_alone_nothing_of_jax_is_touched(joined):
    for environment in (
        {
            "SLURM_JOB_ID": "7",
            "SLURM_NTASKS": "1",
            "SLURM_PROCID": "0",
            "SLURM_STEP_NODELIST": "a",
            "SLURM_LOCALID": "0",
        },
        {"OMPI_COMM_WORLD_SIZE": "1"},
        {"KUBERNETES_SERVICE_HOST": "10.0.0.1"},
    ):
        connect(environment=environment)
    assert joined == []


@pytest.mark.parametrize(
    "environment",
    [
        {"SLURM_NTASKS": "2"},
        {"OMPI_COMM_WORLD_SIZE": "2"},
        {"KUBERNETES_SERVICE_HOST": "a", "JOB_COMPLETION_INDEX": "0"},
    ],
    ids=lambda environment: next(iter(environment)),
)
def test_in_a_cluster_jax_finds_the_others_by_itself(joined, environment):
    connect(environment=environment)
    assert joined[-1][0] == (None, None, None)


def test_jax_variables_say_who_the_others_are(joined):
    connect(environment=VARIABLES)
    preemption, (arguments, options) = joined
    assert preemption == ("jax_enable_preemption_service", False)
    assert arguments == (ADDRESS, 4, 3)
    assert options["heartbeat_timeout_seconds"] == HEARTBEAT_TIMEOUT_SECONDS


def test_what_is_given_goes_before_the_variables(joined):
    connect("10.0.0.2:99", 2, 0, environment=VARIABLES)
    assert joined[-1][0] == ("10.0.0.2:99", 2, 0)
    connect(process_id=1, environment=VARIABLES)
    assert joined[-1][0] == (ADDRESS, 4, 1)


def test_under_slurm_with_one_task_a_given_coordinator_is_joined(joined):
    connect(ADDRESS, 2, 0, environment={"SLURM_NTASKS": "1"})
    assert joined[-1][0] == (ADDRESS, 2, 0)


@pytest.mark.parametrize("arguments", [{"num_processes": 2}, {"process_id": 0}])
def test_a_number_without_a_coordinator_is_refused(joined, arguments):
    with pytest.raises(ValueError, match="no `coordinator`: give the first process's host:port"):
        connect(**arguments, environment={})
    assert joined == []


@pytest.mark.parametrize("name", ["JAX_NUM_PROCESSES", "JAX_PROCESS_ID"])
def test_a_variable_that_is_no_number_is_named(joined, name):
    with pytest.raises(ValueError, match=f"{name} is 'four': it must be a whole number"):
        connect(environment={**VARIABLES, name: "four"})
    assert joined == []


@pytest.fixture
def nothing_found(monkeypatch):
    """JAX itself, which meets no environment that it knows; what `connect` changes is put back."""
    before = jax.config.jax_enable_preemption_service
    # Other tests have begun to compute, and then it would refuse everything.
    monkeypatch.setattr(jax._src.xla_bridge, "backends_are_initialized", lambda: False)
    for found in jax._src.clusters.ClusterEnv._cluster_types:
        monkeypatch.setattr(found, "is_env_present", classmethod(lambda cls: False))
    yield
    jax.config.update("jax_enable_preemption_service", before)


def test_where_jax_finds_no_cluster_the_process_is_alone(nothing_found):
    connect(environment={})
    assert not jax.distributed.is_initialized()


def test_a_coordinator_without_the_rest_is_refused_with_what_is_missing(nothing_found):
    with pytest.raises(ValueError, match=r"at 10.0.0.1:1234: Number of processes must be defined. Give .* from 0"):
        connect(ADDRESS, environment={})
    with pytest.raises(ValueError, match="process id of the current process must be defined"):
        connect(ADDRESS, 2, environment={})
    with pytest.raises(ValueError, match="process_id=2, num_processes=2"):
        connect(ADDRESS, 2, 2, environment={})


def test_to_disconnect_alone_does_nothing():
    cluster.disconnect()
    assert not jax.distributed.is_initialized()


@pytest.mark.parametrize("address", ["node1", ":1234", "node1:", "node1:http", "node1:0", "node1:65536"])
def test_what_is_no_address_is_refused(joined, address):
    with pytest.raises(ValueError, match=rf"`coordinator` is '{address}': give HOST:PORT of the first process"):
        connect(address, 2, 1, environment={})
    assert joined == []


def test_a_host_that_nobody_knows_is_refused(joined):
    with pytest.raises(ValueError, match=r"this machine knows no host nowhere\.invalid \(.+\); check the name"):
        connect("nowhere.invalid:1234", 2, 1, environment={})  # RFC 2606: there is none of that ending
    assert joined == []


def test_a_port_at_which_another_program_listens_is_refused_to_the_first_process_alone(joined):
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"localhost:{other.getsockname()[1]}"
        with pytest.raises(ValueError, match=r"another program listens at port \d+ of this machine; give another port"):
            connect(address, 2, 0, environment={})
        assert joined == []
        connect(address, 2, 1, environment={})
    connect(address, 2, 0, environment={})
    assert [arguments for arguments, _ in joined[1::2]] == [(address, 2, 1), (address, 2, 0)]
