import jax
import jax.numpy as jnp
import pytest
from agront_train.observers import ProfilerTrace, StepRecord


def traced_after(folder, updates_made, *, first, updates):
    """For each update, whether a trace file is there once it was reported; and whether one is after `close`."""
    trace = ProfilerTrace(folder, first=first, updates=updates)
    found = []
    for step in updates_made:
        jax.jit(jnp.sin)(jnp.ones(100) * step).block_until_ready()
        trace.record(StepRecord(step=step, loss=8.0, learning_rate=1e-4, grad_norm=0.5, tokens_per_second=1.0))
        found.append(any(folder.rglob("*.xplane.pb")))
    trace.close()
    return found, any(folder.rglob("*.xplane.pb"))


def test_a_trace_is_written_once_its_updates_are_made(tmp_path):
    found, at_end = traced_after(tmp_path / "profile", range(1, 7), first=2, updates=3)
    assert found == [False] * 4 + [True] * 2
    assert at_end


def test_a_trace_that_runs_at_the_end_is_written(tmp_path):
    assert traced_after(tmp_path / "profile", range(1, 4), first=2, updates=30) == ([False] * 3, True)


def test_a_run_resumed_after_the_updates_is_not_traced(tmp_path):
    assert traced_after(tmp_path / "profile", range(10, 13), first=2, updates=3) == ([False] * 3, False)


def test_a_profiler_that_is_busy_is_no_end_of_training(tmp_path):
    trace = ProfilerTrace(tmp_path / "mine", first=1, updates=3)
    jax.profiler.start_trace(str(tmp_path / "other"))
    try:
        with pytest.raises(OSError, match=r"mine failed: .*one profile"):
            trace.record(StepRecord(step=1, loss=8.0, learning_rate=1e-4, grad_norm=0.5, tokens_per_second=1.0))
        trace.close()
    finally:
        jax.profiler.stop_trace()


@pytest.mark.parametrize(("first", "updates"), [(0, 3), (1, 0)])
def test_numbers_out_of_range_are_refused(tmp_path, first, updates):
    with pytest.raises(ValueError, match=f"{updates} updates to trace, from update {first} on"):
        ProfilerTrace(tmp_path, first=first, updates=updates)
