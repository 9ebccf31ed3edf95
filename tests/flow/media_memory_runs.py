"""A file of 100 MB on its way through a real server, in and out: its memory stays what it was."""

import hashlib
import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.cli.shell import Running, running
from tests.s3_server import BUCKET, KEY_ID, SECRET, s3_server

SIZE = 100 * 1024 * 1024
PIECE = bytes(range(256)) * 1024
MOST_GROWTH = 20 * 1024 * 1024
HEAD = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="large.bin"\r\n\r\n'
KIND = b'\r\n--edge\r\nContent-Disposition: form-data; name="kind"\r\n\r\ndocument\r\n--edge--\r\n'
PATH = "/v1/whatsapp/media"


def pieces() -> Iterator[bytes]:
    yield from (PIECE for _ in range(SIZE // len(PIECE)))


def sha256() -> str:
    digest = hashlib.sha256()
    for piece in pieces():
        digest.update(piece)
    return digest.hexdigest()


def memory(pid: int, name: str) -> int:
    """`VmRSS`, what a process has of it, or `VmHWM`, the most that it had."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(name)


@contextmanager
def asked(server: Running, method: str, path: str, body: object = None, **headers: str) -> Iterator[object]:
    line = http.client.HTTPConnection(urlsplit(server.ready["api_url"]).netloc, timeout=60)
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    line.request(method, path, body, said | {"Authorization": server.ready["api_key"]})  # type: ignore[arg-type]
    try:
        yield line.getresponse()
    finally:
        line.close()


def upload(server: Running, content: Iterator[bytes], size: int) -> dict[str, object]:
    def form() -> Iterator[bytes]:
        yield HEAD
        yield from content
        yield KIND

    length = str(len(HEAD) + size + len(KIND))
    how = {"Content_Type": "multipart/form-data; boundary=edge", "Content_Length": length}
    with asked(server, "POST", PATH, form(), **how) as answer:
        told: dict[str, object] = json.loads(answer.read())  # type: ignore[attr-defined]
    return told


def from_link(server: Running, url: str) -> dict[str, object]:
    body = json.dumps({"link": url, "kind": "document"})
    with asked(server, "POST", PATH, body, Content_Type="application/json") as answer:
        told: dict[str, object] = json.loads(answer.read())  # type: ignore[attr-defined]
    return told


def downloaded(server: Running, media_id: object) -> str:
    digest = hashlib.sha256()
    with asked(server, "GET", f"/v1/media/{media_id}") as answer:
        while piece := answer.read(1 << 18):  # type: ignore[attr-defined]
            digest.update(piece)
    return digest.hexdigest()


@contextmanager
def large_file() -> Iterator[str]:
    class Large(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(SIZE))
            self.end_headers()
            for piece in pieces():
                self.wfile.write(piece)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Large)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/large.bin"
    server.shutdown()
    server.server_close()


@pytest.fixture(params=["folder", "s3"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    with s3_server() as bucket:
        names = {
            "STORE": f"s3://{BUCKET}",
            "S3_ENDPOINT": bucket.url,
            "S3_KEY_ID": KEY_ID,
            "S3_SECRET": SECRET,
        }
        chosen = names if request.param == "s3" else {}
        environ = {f"TRUNKLINE_MEDIA_{name}": value for name, value in chosen.items()}
        environ |= {"TRUNKLINE_NETWORK_ALLOW_PRIVATE": "always", "TRUNKLINE_NETWORK_ALLOW_HTTP": "always"}
        environ["TRUNKLINE_NETWORK_ALLOWED_PORTS"] = "any"
        with running("serve", tmp_path / "data", "--no-sandbox", **environ) as server:
            yield server


def growth(pid: int, work: Callable[[], object]) -> int:
    """The most that the process had during the work, beyond what it had before."""
    before = memory(pid, "VmRSS")
    Path(f"/proc/{pid}/clear_refs").write_text("5")  # VmHWM begins anew
    work()
    return memory(pid, "VmHWM") - before


def test_the_memory_of_a_server_does_not_grow_with_its_files(server: Running) -> None:
    small = upload(server, iter([PIECE]), len(PIECE))
    assert downloaded(server, small["id"]) == small["sha256"]
    told: list[dict[str, object]] = []
    pid, start = server.process.pid, memory(server.process.pid, "VmRSS")
    with large_file() as url:
        grown = {
            "upload": growth(pid, lambda: told.append(upload(server, pieces(), SIZE))),
            "download": growth(pid, lambda: downloaded(server, told[0]["id"])),
            "link": growth(pid, lambda: told.append(from_link(server, url))),
            "another upload": growth(pid, lambda: told.append(upload(server, pieces(), SIZE))),
        }
    assert [one.get("size") for one in told] == [SIZE] * 3, told
    assert {one["sha256"] for one in told} == {downloaded(server, told[0]["id"])} == {sha256()}
    assert max(grown.values()) < MOST_GROWTH, grown
    assert memory(pid, "VmRSS") - start < 2 * MOST_GROWTH, "it keeps something of each"
