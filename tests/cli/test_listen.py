"""`listen`: events to a local server, signed; and what it says when it can not."""

import json
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.cli.desk import invoke
from tests.cli.hook import Hook, line_of, listening, trigger
from tests.cli.shell import Running
from trunkline.cli.trigger import KNOWN


def test_events_go_to_a_local_server_signed_as_an_endpoints_are(server: Running, hook: Hook) -> None:
    start = trigger(server, "message.received", "--text", "before")["id"]
    with listening(
        server, "--forward-to", hook.url, "--events", "message.received", "--after", start
    ) as process:
        told = line_of(process)
        assert told["forward_to"] == hook.url
        written = trigger(server, "message.received", "--text", "hello", "--from", "15550007001")
        assert written["data"]["content"] == {"body": "hello"}
        post = hook.next()
        assert json.loads(post.body) == written
        assert post.headers["webhook-id"] == written["id"]
        assert Webhook(told["secret"]).verify(post.body, post.headers) == written
        line = line_of(process)
        assert (line["id"], line["type"], line["status"]) == (written["id"], "message.received", 204)
        hook.close()
        trigger(server, "message.received")
        assert "refused" in line_of(process)["error"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("listen",), 2, "--forward-to"),
        (("listen", "--forward-to", "http://127.0.0.1:9", "--print-only"), 2, "--print-only"),
        (("listen", "--forward-to", "ftp://x"), 2, "no address"),
        (("listen", "--print-only", "--events", "message.lost"), 1, "one problem"),
        (("listen", "--print-only", "--after", "7"), 1, "one problem"),
        (("events", "list", "--since", "today"), 1, "one problem"),
        (("events", "resend", "evt_01h455vb4pex5vsknk084sn02q"), 1, "refused (404)"),
        (("trigger", "message.lost"), 2, KNOWN[0]),
        (("trigger", "message.read", "--from", "15550007003"), 2, "--from"),
        (("trigger", "message.read", "--sandbox-url", "http://127.0.0.1:9"), 3, "no sandbox answers"),
    ],
)
def test_what_can_not_be_done_is_said_plainly(
    server: Running, arguments: tuple[str, ...], code: int, words: str
) -> None:
    done = invoke(*arguments, "--data", str(server.data))
    assert (done.code, words in done.err) == (code, True), done


def test_without_a_server_there_is_nothing_to_listen_to(tmp_path: Any) -> None:
    for command in (("listen", "--print-only"), ("events", "list")):
        done = invoke(*command, "--data", str(tmp_path / "nothing"))
        assert (done.code, "no server runs" in done.err) == (3, True), done
