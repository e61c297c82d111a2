"""A server stands for the proxy: what comes to it through one has a whole address for its path."""

import base64

import pytest
from agront_data.public_genomes import Download, RetryPolicy, download_files
from genome_server import serve

CONTENT = b"genome" * 1000
QUICK = RetryPolicy(num_attempts=1, backoff=0.01, connect_timeout=2, read_timeout=5)


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def test_a_file_comes_through_the_proxy(monkeypatch, tmp_path):
    with serve() as proxy:
        proxy.files["http://plants.example/maize.fa.gz"] = CONTENT
        monkeypatch.setenv("http_proxy", proxy.address.replace("://", "://someone:secret@"))
        download_files([Download(name="maize.fa.gz", url="http://plants.example/maize.fa.gz")], tmp_path, policy=QUICK)
        assert (tmp_path / "maize.fa.gz").read_bytes() == CONTENT
        (_, _, headers) = proxy.seen[0]
    assert headers["proxy-authorization"] == "Basic " + base64.b64encode(b"someone:secret").decode()


def test_a_server_is_asked_directly_where_no_proxy_says_so(monkeypatch, tmp_path):
    with serve() as server:
        server.files["/maize.fa.gz"] = CONTENT
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # where nobody listens
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        url = f"{server.address}/maize.fa.gz"
        download_files([Download(name="maize.fa.gz", url=url)], tmp_path, policy=QUICK)
        assert (tmp_path / "maize.fa.gz").read_bytes() == CONTENT
        monkeypatch.delenv("no_proxy")
        with pytest.raises(OSError, match=r"maize\.fa\.gz: "):
            download_files([Download(name="other.fa.gz", url=url)], tmp_path, policy=QUICK)
