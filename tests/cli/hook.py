"""A developer's server, and `trunkline listen` that posts to it."""

import contextlib
import json
import queue
import signal
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from tests.cli.desk import invoke
from tests.cli.shell import COMMAND, Running, environment

PATIENCE = 30


class Post(NamedTuple):
    headers: dict[str, str]
    body: bytes


class Hook:
    """A developer's server."""

    def __init__(self) -> None:
        self.posts: queue.Queue[Post] = queue.Queue()
        self.status = 204
        posts, hook = self.posts, self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                self.send_response(hook.status)
                self.send_header("content-length", "0")
                self.end_headers()
                posts.put(Post({name.lower(): text for name, text in self.headers.items()}, body))

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def next(self) -> Post:
        return self.posts.get(timeout=PATIENCE)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextlib.contextmanager
def listening(server: Running, *options: str) -> Iterator["subprocess.Popen[str]"]:
    line = [*COMMAND, "listen", "--json", "--data", str(server.data), *options]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 130


def line_of(process: "subprocess.Popen[str]") -> Any:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def trigger(server: Running, event: str, *options: str) -> dict[str, Any]:
    done = invoke("trigger", event, "--json", "--data", str(server.data), *options)
    assert done.code == 0, done
    told: dict[str, Any] = done.json
    return told
