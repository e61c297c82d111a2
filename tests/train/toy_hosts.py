"""Runs of toy training in processes of their own, one or several, that a test can kill."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import toy_training

FIRST_UPDATE = re.compile(r"update (\d+)\n")


class Host(NamedTuple):
    """A process and what it says."""

    process: subprocess.Popen
    log: Path

    @property
    def said(self):
        return self.log.read_text()

    def wait_until(self, happened, seconds=120):
        """Look a thousand times a second whether it happened; the process must live."""
        deadline = time.monotonic() + seconds
        while not happened():
            assert self.process.poll() is None, f"ended too early:\n{self.said}"
            assert time.monotonic() < deadline, f"nothing happened in {seconds} s:\n{self.said}"
            time.sleep(0.001)

    def wait_for_update(self, number):
        self.wait_until(lambda: f"update {number}\n" in self.said)

    def wait_for_first_update(self):
        """The number of the first update of this process, once its whole line is written."""
        self.wait_until(lambda: FIRST_UPDATE.search(self.said))
        return int(FIRST_UPDATE.search(self.said)[1])

    def signal(self, number):
        self.process.send_signal(number)

    def end(self, seconds=120):
        """The exit code; a process that does not end fails the test."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"has not ended within {seconds} s:\n{self.said}") from None


def start(run, log, *options, devices=1):
    """One process."""
    # Some hundred virtual devices on a few cores come one after another to where they meet.
    patience = "--xla_cpu_collective_call_terminate_timeout_seconds=300"
    flags = f"{os.environ['XLA_FLAGS']} --xla_force_host_platform_device_count={devices} {patience}"
    environment = {**os.environ, "XLA_FLAGS": flags}
    command = [sys.executable, toy_training.__file__, str(run), *map(str, options)]
    with log.open("w") as file:
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=subprocess.STDOUT)
    return Host(process, log)


def start_two(runs, folder, *options, devices=2, second=()):
    """Two hosts of one run, each with its own idea of where the run folder is; the second with options of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        coordinator = f"127.0.0.1:{free.getsockname()[1]}"
    return [
        start(
            run, folder / f"host{host}.log", *options, *("--hosts", 2, "--host", host, "--coordinator", coordinator),
            *("--out", folder / f"host{host}.npz"), *(second if host else ()), devices=devices,
        )
        for host, run in enumerate(runs)
    ]  # fmt: skip


def run_two(runs, folder, *options, devices=2):
    """Two hosts from their beginning to their good end; what each returned."""
    hosts = start_two(runs, folder, *options, devices=devices)
    for host in hosts:
        assert host.end() == 0, host.said
    return [outcome(folder / f"host{host}.npz") for host in range(2)]


class Outcome(NamedTuple):
    """What a process returned."""

    leaves: list
    loss: np.ndarray
    seen: list


def outcome(file):
    with np.load(file) as arrays:
        count = len(arrays.files) - 2
        leaves = [arrays[f"arr_{number}"] for number in range(count)]
        return Outcome(leaves, arrays["loss"], arrays["seen"].tolist())


def kill(host):
    host.signal(signal.SIGKILL)
    host.process.wait()
