"""`trunkline endpoints` from beginning to end, with a receiver on this machine. Run by `make test-more`."""

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from standardwebhooks import Webhook

from tests.cli.shell import Done, run, running


class Receiver(http.server.BaseHTTPRequestHandler):
    """Keeps what is posted; answers what it is told to."""

    answer = 200
    posts: ClassVar[list[tuple[dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.posts.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.answer)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook"
        server.shutdown()
        thread.join()


def test_an_endpoint_is_added_tried_rotated_replayed_and_removed(url: str, tmp_path: Path) -> None:
    with running("serve", tmp_path / "data", "--sandbox-port", "0") as server:

        def endpoints(*words: str) -> Done:
            return run("endpoints", *words, "--data", server.data)

        made: dict[str, Any] = endpoints("add", url, "--events", "message.*, number.held", "--json").json
        id_, secret = made["id"], made["secret"]
        assert made["event_types"] == ["message.*", "number.held"]
        assert "delivered, HTTP 200" in endpoints("test", id_).out
        headers, body = Receiver.posts[-1]
        assert Webhook(secret).verify(body, headers)["type"] == "endpoint.test"
        new = endpoints("rotate", id_, "--json").json["secret"]
        Receiver.answer = 500
        done = endpoints("test", id_, "--json")
        tried = done.json
        assert (done.code, tried["attempt"]["outcome"], tried["attempt"]["http_status"]) == (1, "failed", 500)
        headers, body = Receiver.posts[-1]
        assert Webhook(secret).verify(body, headers) == Webhook(new).verify(body, headers)
        Receiver.answer = 200
        assert endpoints("replay", id_, "--failed", "--json").json == {"replayed": 0}  # tests come by id
        assert endpoints("replay", id_, "--event", tried["event"]["id"]).code == 0
        assert tried["event"]["id"] in endpoints("log", id_, "--event", tried["event"]["id"]).out
        assert endpoints("pause", id_).code == 0
        assert "paused (owner)" in endpoints("list").out
        assert endpoints("test", id_, "--json").error["reason"] == "wrong_state"
        assert endpoints("enable", id_, "--json").json["state"] == "active"
        assert endpoints("show", id_, "--json").json["id"] == id_
    assert endpoints("list", "--json").json["data"][0]["id"] == id_  # stopped by now
    assert endpoints("remove", id_).code == 0
    assert endpoints("list").out.startswith("There is no endpoint yet")
