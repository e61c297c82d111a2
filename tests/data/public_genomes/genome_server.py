"""A server on 127.0.0.1 with the trees of Ensembl Plants and NCBI, which misbehaves when told to."""

import contextlib
import dataclasses
import email.utils
import hashlib
import http.server
import re
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator

RELEASE = 57


@dataclasses.dataclass(frozen=True)
class Fault:
    """What happens to one request for a file. `after`: bytes of the content that are sent before.

    The rest is sent after so many seconds (`stall`), and not before an event (`until`).
    """

    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    after: int | None = None
    stall: float = 0.0
    until: threading.Event | None = None
    ignore_range: bool = False
    wrong_range: bool = False
    wrong_byte: int | None = None
    no_length: bool = False
    no_validator: bool = False
    extra: bytes = b""


def bsd_sum(data: bytes) -> str:
    """What `sum` prints, by its definition."""
    state = 0
    for byte in data:
        state = ((state >> 1) + ((state & 1) << 15) + byte) & 0xFFFF
    return f"{state:05d} {-(-len(data) // 1024):5d}"


class GenomeServer(http.server.ThreadingHTTPServer):
    """Files by path; `faults[path]` are used up one a request, `always[path]` holds for every one."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self.always: dict[str, Fault] = {}
        self.validator = "etag"  # or "weak", "date", None
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self.lock = threading.Lock()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def ranges(self, path: str) -> list[str | None]:
        """The Range header of each GET for a path."""
        return [headers.get("range") for method, seen, headers in self.seen if method == "GET" and seen == path]

    def add_ensembl(self, species: str, assembly: str, data: bytes) -> str:
        """Returns the path of the genome's soft-masked FASTA file; CHECKSUMS lies beside it."""
        name = f"{species.capitalize()}.{assembly}.dna_sm.toplevel.fa.gz"
        return self.add(f"/pub/plants/release-{RELEASE}/fasta/{species}/dna/{name}", data)

    def add_refseq(self, accession: str, assembly: str, data: bytes) -> str:
        """Returns the path of the assembly's FASTA file; md5checksums.txt lies beside it."""
        thirds = "/".join(re.findall("...", accession[4:13]))
        folder = f"/genomes/all/{accession[:3]}/{thirds}/{accession}_{assembly}"
        return self.add(f"{folder}/{accession}_{assembly}_genomic.fna.gz", data)

    def add(self, path: str, data: bytes) -> str:
        """Puts a file at a path of one of the two trees, with that tree's list of checksums beside it."""
        folder, _, name = path.rpartition("/")
        self.files[path] = data
        if path.startswith("/pub/plants/"):
            lines = [f"{bsd_sum(b'other')} {name.replace('dna_sm', 'dna_rm')}", f"{bsd_sum(data)} {name}"]
            self.files[f"{folder}/CHECKSUMS"] = "".join(f"{line}\n" for line in lines).encode()
        else:
            lines = [f"{hashlib.md5(b'other').hexdigest()}  ./README.txt", f"{hashlib.md5(data).hexdigest()}  ./{name}"]
            self.files[f"{folder}/md5checksums.txt"] = "".join(f"{line}\n" for line in lines).encode()
        return path


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: GenomeServer

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        server = self.server
        self.close_connection = True
        with server.lock:
            server.seen.append((self.command, self.path, {name.lower(): value for name, value in self.headers.items()}))
            fault = server.faults[self.path].popleft() if server.faults[self.path] else server.always.get(self.path)
        with contextlib.suppress(OSError):  # the client has gone
            self._answer(fault or Fault())

    def _answer(self, fault: Fault) -> None:
        data = self.server.files.get(self.path)
        if fault.status is not None or data is None:
            self.send_response(fault.status or 404)
            for name, value in (*fault.headers, ("Content-Length", "0"), ("Connection", "close")):
                self.send_header(name, value)
            self.end_headers()
            return
        etag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        date = email.utils.formatdate(1_600_000_000 + int(etag[1:7], 16), usegmt=True)
        validator = {"etag": etag, "weak": f"W/{etag}", "date": date, None: None}[self.server.validator]
        start = self._range_start(len(data), validator) if not fault.ignore_range else 0
        if start is not None and start >= len(data) > 0:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(data)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        ranged = start is not None and "range" in {name.lower() for name in self.headers} and not fault.ignore_range
        start = start or 0
        if fault.wrong_byte is not None:
            data = data[: fault.wrong_byte] + bytes([data[fault.wrong_byte] ^ 0x10]) + data[fault.wrong_byte + 1 :]
        body = data[start:] + fault.extra
        self.send_response(206 if ranged else 200)
        if ranged:
            shown = start + 7 if fault.wrong_range else start
            self.send_header("Content-Range", f"bytes {shown}-{len(data) - 1}/{len(data)}")
        if not fault.no_length:
            self.send_header("Content-Length", str(len(body)))
        if validator is not None and not fault.no_validator:
            self.send_header("Last-Modified" if self.server.validator == "date" else "ETag", validator)
        for name, value in (*fault.headers, ("Connection", "close")):
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if fault.after is not None:
            self.wfile.write(body[: fault.after])
            self.wfile.flush()
            if not fault.stall and fault.until is None:
                return
            time.sleep(fault.stall)
            if fault.until is not None:
                fault.until.wait()
            body = body[fault.after :]
        self.wfile.write(body)

    def _range_start(self, size: int, validator: str | None) -> int | None:
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if wanted is None or self.headers.get("If-Range", validator) != validator:
            return None
        return int(wanted[1])


@contextlib.contextmanager
def serve() -> Iterator[GenomeServer]:
    """Runs a server."""
    with GenomeServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
