"""A real S3-compatible server on 127.0.0.1 for tests: moto's, in a process of its own, with one bucket."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BUCKET = "genomes"


@contextmanager
def serve_objects(log: Path) -> Iterator[str]:
    """Yields the server's address; it writes to `log`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    keys = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any"}
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with open(log, "w") as file:
        server = subprocess.Popen(command, stdout=file, stderr=file, env={**os.environ, **keys})
        try:
            for _ in range(300):
                try:
                    urllib.request.urlopen(urllib.request.Request(f"{address}/{BUCKET}", method="PUT")).read()
                    break
                except OSError:
                    assert server.poll() is None, log.read_text()
                    time.sleep(0.1)
            yield address
        finally:
            server.kill()
            server.wait()
