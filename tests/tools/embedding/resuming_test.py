"""tools/embed.py, stopped and called again."""

import os
import signal
import subprocess
import sys
import time

import embed
import jax
import numpy as np
import pyarrow.parquet as pq
import pytest
from agront_data.tables import PartFiles, part_loop, run_parts
from agront_model import Pretrained, save_pretrained
from agront_model.inference import Embedder

TOOL = embed.__file__
# Tokens of a part with --batch-tokens 64, which makes many parts of few sequences.
MANY_PARTS = ("--batch-tokens", "64")


def stop_after(parts, monkeypatch, error):
    """Let the Embedder raise when it is asked for one part more."""
    calls = iter(range(1000))

    class Stopping(Embedder):
        def __call__(self, *arguments):
            if next(calls) == parts:
                raise error
            return super().__call__(*arguments)

    monkeypatch.setattr("embedding.embedding_run.Embedder", Stopping)


def test_after_ctrl_c_the_same_command_goes_on(tmp_path, model, fasta, run, monkeypatch):
    command = (model, fasta, "--out", tmp_path / "out.parquet", *MANY_PARTS)
    monkeypatch.setattr(part_loop, "_PART_SECONDS", 1e9)
    with monkeypatch.context() as patched:
        patched.setattr(part_loop, "_PART_BATCHES", 4)
        assert run(*command).code == 0
        (tmp_path / "out.parquet").rename(tmp_path / "undisturbed.parquet")
        stop_after(2, patched, KeyboardInterrupt())
        stopped = run(*command)
    assert stopped.code == 130
    assert "the same command continues where this one stopped" in stopped.err
    assert not (tmp_path / "out.parquet").exists()
    parts = tmp_path / "out.parquet.parts"
    assert sorted(path.name for path in parts.glob("*.arrow")) == ["000000.arrow", "000001.arrow"]
    times = {path: path.stat().st_mtime_ns for path in parts.glob("*.arrow")}
    monkeypatch.setattr(part_loop, "_PART_BATCHES", 4)
    with monkeypatch.context() as patched:  # they are found, not made again
        stop_after(1, patched, KeyboardInterrupt())
        assert run(*command).code == 130
    assert {path: path.stat().st_mtime_ns for path in times} == times
    resumed = run(*command)
    assert resumed.code == 0
    assert "were embedded before" in resumed.out
    assert (tmp_path / "out.parquet").read_bytes() == (tmp_path / "undisturbed.parquet").read_bytes()
    assert not parts.exists()


def test_parts_of_other_sizes_behind_a_gap_add_no_rows(tmp_path, model, fasta, sequences, run, monkeypatch):
    monkeypatch.setattr(part_loop, "_PART_BATCHES", 4)
    command = (model, fasta, "--out", tmp_path / "out.parquet")
    with monkeypatch.context() as patched:
        stop_after(4, patched, KeyboardInterrupt())
        assert run(*command, *MANY_PARTS).code == 130
    (tmp_path / "out.parquet.parts" / "000001.arrow").unlink()
    assert run(*command, "--batch-tokens", "512").code == 0
    assert pq.read_table(tmp_path / "out.parquet")["id"].to_pylist() == list(sequences)


@pytest.mark.parametrize("place", [0.02, 0.5])
def test_a_part_that_has_changed_is_named_and_made_again(place, tmp_path, model, fasta, sequences, run, monkeypatch):
    monkeypatch.setattr(part_loop, "_PART_BATCHES", 4)
    command = (model, fasta, "--out", tmp_path / "out.npz", *MANY_PARTS)
    with monkeypatch.context() as patched:
        stop_after(3, patched, KeyboardInterrupt())
        assert run(*command).code == 130
    damaged = tmp_path / "out.npz.parts" / "000001.arrow"
    content = bytearray(damaged.read_bytes())
    content[int(place * len(content))] ^= 1
    damaged.write_bytes(content)
    outcome = run(*command)
    assert outcome.code == 1
    assert "000001.arrow: is damaged" in outcome.err
    damaged.unlink()
    assert run(*command).code == 0
    assert np.load(tmp_path / "out.npz")["id"].tolist() == list(sequences)


def test_by_other_paths_to_the_same_files_it_goes_on(tmp_path, model, fasta, run, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(part_loop, "_PART_BATCHES", 4)
        stop_after(2, patched, KeyboardInterrupt())
        assert run(model, fasta, "--out", tmp_path / "out.npz", *MANY_PARTS).code == 130
    monkeypatch.chdir(tmp_path)
    outcome = run(os.path.relpath(model), "./rice.fa", "--out", "out.npz", *MANY_PARTS)
    assert outcome.code == 0, outcome.err
    assert "were embedded before" in outcome.out


def test_a_slow_model_s_parts_are_small(tmp_path, model, fasta, run, monkeypatch):
    monkeypatch.setattr(part_loop, "_PART_SECONDS", 0.0)
    stop_after(9, monkeypatch, KeyboardInterrupt())
    assert run(model, fasta, "--out", tmp_path / "out.npz", *MANY_PARTS).code == 130
    parts = PartFiles(tmp_path / "out.npz.parts")
    num_tokens = [parts.read(number).num_tokens for number in range(9)]
    assert 256 <= num_tokens[0] < 256 + 40
    assert all(64 <= number < 64 + 40 for number in num_tokens[1:])


def test_another_command_model_or_input_does_not_go_on(tmp_path, model, fasta, run, monkeypatch, pretrained, contents):
    monkeypatch.setattr(part_loop, "_PART_BATCHES", 4)
    command = (model, fasta, "--out", tmp_path / "out.npz", *MANY_PARTS)
    with monkeypatch.context() as patched:
        stop_after(2, patched, KeyboardInterrupt())
        assert run(*command).code == 130
    before = contents(tmp_path / "out.npz.parts")

    outcome = run(*command, "--pool", "cls")
    assert outcome.code == 1
    assert "pool: 'mean' there, 'cls' here" in outcome.err

    other = Pretrained(pretrained.model, jax.tree.map(lambda x: x + 1, pretrained.params), pretrained.config)
    save_pretrained(other, tmp_path / "other")
    outcome = run(tmp_path / "other", *command[1:])
    assert outcome.code == 1
    assert "out.npz.parts: holds the unfinished output of another command (model: " in outcome.err

    text = fasta.read_text()
    fasta.write_text(text.replace(">s1\n", ">s1\nA"))
    outcome = run(*command)
    assert outcome.code == 1
    assert "made of other input from number 1, 's0', on: a file has changed since" in outcome.err

    assert contents(tmp_path / "out.npz.parts") == before
    fasta.write_text(text)
    assert run(*command).code == 0


def test_labels_decide_whether_it_goes_on(tmp_path, model, write_fasta, run, monkeypatch):
    command = (model, write_fasta(tmp_path / "a.fa", **{"a|0": "ACGT", "b|1": "ACGT"}), "--out", tmp_path / "out.npz")
    with monkeypatch.context() as patched:
        stop_after(0, patched, KeyboardInterrupt())
        assert run(*command).code == 130
    outcome = run(*command, "--labels", "none")
    assert outcome.code == 1
    assert "labels: ['int64'] there, [] here" in outcome.err
    assert run(*command, "--labels", "split").code == 0  # as it was found to be


@pytest.mark.slow
def test_a_killed_process_loses_no_finished_part(tmp_path, model, random_dna, write_fasta, run):
    fasta = write_fasta(tmp_path / "many.fa", **{f"s{i}": random_dna(i, 200) for i in range(2000)})
    command = (model, fasta, *MANY_PARTS, "--out", tmp_path / "killed.parquet")
    parts = tmp_path / "killed.parquet.parts"
    with subprocess.Popen([sys.executable, TOOL, *command, "--devices", "1"], stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while len(list(parts.glob("*.arrow"))) < 3 and time.monotonic() < deadline:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "killed.parquet").exists()
    assert "were embedded before" in run(*command).out
    assert run(*command[:-1], tmp_path / "whole.parquet").code == 0
    killed, whole = (pq.read_table(tmp_path / f"{name}.parquet") for name in ("killed", "whole"))
    assert killed.drop(["embedding"]).equals(whole.drop(["embedding"]))
    killed, whole = (np.array(table["embedding"].to_pylist()) for table in (killed, whole))
    np.testing.assert_allclose(killed, whole, atol=1e-5)  # parts are cut by the clock
    assert len(whole) == 2000
    assert not parts.exists()


def test_a_full_disk_is_a_sentence_and_the_same_command_goes_on(tmp_path, model, fasta, run, monkeypatch, full_disk):
    monkeypatch.setattr(part_loop, "_PART_BATCHES", 16)
    command = (model, fasta, "--out", tmp_path / "out.parquet", *MANY_PARTS)
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "")
    with full_disk(4096):
        outcome = run(*command)
    assert outcome.code == 1
    assert "cannot be written: File too large" in outcome.err
    assert "make room, and the same command continues from there" in outcome.err.replace("\n", " ")
    assert not (tmp_path / "out.parquet").exists()
    assert run(*command).code == 0


def test_an_input_that_changes_meanwhile_is_noticed(tmp_path, model, fasta, run, monkeypatch):
    def run_fewer(sequences, *arguments, **options):
        next(sequences)
        return run_parts(sequences, *arguments, **options)

    monkeypatch.setattr("embedding.embedding_run.run_parts", run_fewer)
    outcome = run(model, fasta, "--out", tmp_path / "out.parquet")
    assert outcome.code == 1
    assert "an input changed while it was read" in outcome.err
    assert not (tmp_path / "out.parquet").exists()


def test_a_device_without_memory_for_a_batch_is_a_sentence(tmp_path, model, fasta, run, monkeypatch):
    def run_out(self, *arrays):
        raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 99 bytes.")

    monkeypatch.setattr("agront_model.inference.devices.DeviceFunction.__call__", run_out)
    outcome = run(model, fasta, "--out", tmp_path / "out.parquet")
    assert outcome.code == 1
    assert "give the same command with a smaller --batch-tokens" in outcome.err
