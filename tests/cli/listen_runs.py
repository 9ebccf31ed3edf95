"""`listen` for longer: the provider's format, printing, and a server that is started anew.

Not part of `make test`; `make test-more` runs it.
"""

import json
from pathlib import Path

from standardwebhooks import Webhook

from tests.cli.desk import invoke
from tests.cli.hook import Hook, line_of, listening, trigger
from tests.cli.shell import Running, running


def test_the_providers_own_format_can_be_listened_to(server: Running, hook: Hook) -> None:
    start = trigger(server, "message.delivered")
    with listening(server, "--forward-to", hook.url, "--format", "meta", "--after", start["id"]) as process:
        secret = line_of(process)["secret"]
        read = trigger(server, "message.failed", "--text", "to nobody")
        post = hook.next()
        while b"failed" not in post.body:
            post = hook.next()
        [status] = json.loads(post.body)["entry"][0]["changes"][0]["value"]["statuses"]
        assert (status["id"], status["status"]) == (read["object_id"], "failed")
        assert post.headers["x-hub-signature-256"].startswith("sha256=")
        Webhook(secret).verify(post.body, post.headers)


def test_events_are_printed_and_nothing_is_posted(server: Running) -> None:
    sent = trigger(server, "message.read")
    place = ("--data", str(server.data))
    listed = invoke("events", "list", "--object", sent["object_id"], "--oldest", "--json", *place).json[
        "data"
    ]
    with listening(server, "--print-only", "--after", listed[0]["id"]) as process:
        printed = [line_of(process) for _ in range(3)]
    assert [event["data"] for event in printed] == listed[1:]


def test_a_server_that_is_started_anew_is_found_again_and_the_secret_stays(
    tmp_path: Path, hook: Hook
) -> None:
    """With another port, another operator token, and an event that came while nobody listened."""
    data = tmp_path / "data"
    listen = ("--forward-to", hook.url, "--events", "message.received")
    with running("serve", data, "--sandbox-port", "0") as first, listening(first, *listen) as process:
        told = line_of(process)
        trigger(first, "message.received")
        before = line_of(process)["id"]
        first.process.terminate()
        first.process.wait(30)
        with running("serve", data, "--sandbox-port", "0") as second:
            after = trigger(second, "message.received")["id"]
            assert line_of(process)["id"] == after != before
            with listening(second, *listen) as another:
                assert line_of(another)["secret"] == told["secret"]
