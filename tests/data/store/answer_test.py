"""Servers that do not answer: one that takes a request and is silent, one that is not there, one that falls silent."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from agront_data import GenomeStore, HeldOut, PretrainingLoader, WindowGrid, Windows, ingest_genomes
from agront_data.store import SilentServerWarning, answer, genome_store, key_value
from agront_tokenizer import KmerTokenizer


@contextlib.contextmanager
def silent_port() -> Iterator[str]:
    """Yields the address of a server that takes connections and requests, and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """As users wait, a hundred times as fast."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    monkeypatch.setattr(answer, "_SECONDS_IN_SILENCE", 0.1)
    monkeypatch.setattr(answer, "_SECONDS_BETWEEN_LOOKS", 0.05)
    monkeypatch.setattr(answer, "_RETRIES_TO_OPEN", {"max_retries": 2, "initial_delay": "2ms", "max_delay": "40ms"})
    for module in (key_value, genome_store):
        for name, seconds in (("SECONDS_TO_OPEN", 0.6), ("SECONDS_TO_TRANSFER", 1)):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, seconds)


@pytest.mark.usefixtures("impatient")
def test_a_server_that_never_answers_is_given_up_after_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    with silent_port() as address:
        monkeypatch.setenv("TENSORSTORE_GCS_HTTP_URL", f"http://{address}")
        for location, endpoint, named in (
            (f"http://{address}/plants", None, f"http://{address}/plants/"),
            ("s3://bucket/plants", f"http://{address}", f"http://{address}: s3://bucket/plants/"),
            ("gs://bucket/plants", None, "gs://bucket/plants/"),
        ):
            with (
                pytest.warns(
                    SilentServerWarning, match=f"^{named}: the server has not answered for 0.1 seconds; it is"
                ),
                pytest.raises(OSError, match=f"^{named}.*cannot be read; .*server has not answered for 0.6 seconds"),
            ):
                GenomeStore.open(location, endpoint=endpoint)


@pytest.mark.usefixtures("impatient")
def test_a_port_without_a_server_is_an_error_with_the_reason() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    for location, endpoint in ((f"http://{address}/plants", None), ("s3://bucket/plants", f"http://{address}")):
        with pytest.raises(OSError, match=f"{address}.*cannot be read; check the address"):
            GenomeStore.open(location, endpoint=endpoint)


@contextlib.contextmanager
def serve(folder: Path, silent: threading.Event, *, in_parts: bool) -> Iterator[str]:
    """Serves a folder until told to be silent, in parts where asked to: Python's own server sends whole files only."""

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if silent.is_set():
                ended.wait()
            elif in_parts and "Range" in self.headers and (folder / self.path.strip("/")).is_file():
                self.send_part((folder / self.path.strip("/")).read_bytes(), self.headers["Range"])
            else:
                super().do_GET()

        def send_part(self, content: bytes, wanted: str) -> None:
            first, last = wanted.removeprefix("bytes=").split("-")
            start = int(first) if first else len(content) - int(last)
            end = int(last) + 1 if first and last else len(content)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(content)}")
            self.send_header("Content-Length", str(end - start))
            self.end_headers()
            self.wfile.write(content[start:end])

        def log_message(self, *_: object) -> None: ...

    ended = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *request: Handler(*request, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        ended.set()
        server.shutdown()
        server.server_close()


@pytest.mark.filterwarnings("ignore::agront_data.store.SilentServerWarning")  # of the loader's other threads
@pytest.mark.usefixtures("impatient")
def test_a_store_at_http_is_read_until_its_server_falls_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "1.fa").write_text(f">a\n{'ACGTACGTAA' * 6}\n")
    ingest_genomes({"plant": [tmp_path / "1.fa"]}, tmp_path / "store")
    silent, window = threading.Event(), (np.array([0]), np.array([1]), np.array([3]), 3)
    with serve(tmp_path / "store", silent, in_parts=False) as address, pytest.raises(OSError, match="whole files only"):
        GenomeStore.open(address).read_windows(*window)
    with serve(tmp_path / "store", silent, in_parts=True) as address:
        store, another = GenomeStore.open(address), GenomeStore.open(address)
        assert store.read_windows(*window).tolist() == [[2, 3, 1]]
        grid = WindowGrid.build(another, Windows(length=60), HeldOut())
        loader = PretrainingLoader(another, grid, KmerTokenizer(), batch_size=2, num_tokens=11, seed=1)
        silent.set()
        with (
            pytest.warns(SilentServerWarning, match=address),
            pytest.raises(OSError, match=f"{address}.*'plant': bases 1 to 4 cannot be read; .*server has not answered"),
        ):
            store.read_windows(*window)
        with pytest.raises(OSError, match=f"{address}.*'plant': bases 0 to 60 cannot be read; .*has not answered"):
            next(loader)
        monkeypatch.setattr(genome_store, "SECONDS_TO_TRANSFER", 1e6)
        for _ in range(6):  # what is read ahead is given up with the rest, and keeps no process from its end
            with pytest.raises(OSError, match="has not answered"):
                next(loader)
