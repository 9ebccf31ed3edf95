"""`trunkline clock`: a day passes in a second, for the server and for its sandbox."""

import json
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.cli.desk import invoke
from tests.cli.shell import Running, run, running
from trunkline.cli.clock import read_duration
from trunkline.cli.exits import Trouble
from trunkline.clock import parse_rfc3339, to_rfc3339

HOUR = 3_600_000
ARGUMENTS = ("--sandbox-port", "0", "--virtual-time")


def ask(url: str, key: str = "", body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=30) as answer:
        return json.loads(answer.read())


def send(server: Running, **changes: Any) -> str:
    body = {"to": "15550002222", "type": "text", "text": {"body": "hello"}} | changes
    answer = ask(f"{server.ready['api_url']}/v1/whatsapp/messages", server.ready["api_key"], body)
    return str(answer["id"])


def message(server: Running, message_id: str, key: str) -> Any:
    return ask(f"{server.ready['api_url']}/v1/messages/{message_id}", key)


def until(server: Running, message_id: str, *states: str) -> Any:
    end = time.monotonic() + 90  # a chore that was at work when the clock moved comes again after a minute
    while (found := message(server, message_id, server.ready["api_key"]))["state"] not in states:
        assert time.monotonic() < end, found
        time.sleep(0.02)
    return found


def advance(server: Running, duration: str) -> Any:
    done = invoke("clock", "advance", duration, "--data", server.data, "--json")
    assert done.code == 0, done.err
    return done.json


def test_a_message_for_tomorrow_goes_out_when_tomorrow_is_made_today(tmp_path: Path) -> None:
    with running("serve", tmp_path / "d", *ARGUMENTS) as server:
        due_at = int(time.time() * 1000) + 24 * HOUR
        later = send(server, send_at=to_rfc3339(due_at))
        assert advance(server, "23h")["offset_seconds"] == 82_800
        time.sleep(1.2)  # longer than a schedule may be late
        assert message(server, later, server.ready["api_key"])["state"] == "scheduled"
        moved = advance(server, "2h")
        assert (moved["offset_seconds"], moved["sandbox"]["offset_seconds"]) == (90_000, 90_000)
        sent = until(server, later, "read")
        assert due_at <= parse_rfc3339(sent["attempts"][0]["started_at"]) < due_at + 2 * HOUR
        [row] = ask(f"{server.ready['sandbox_url']}/_sandbox/ledger")["data"]
        assert parse_rfc3339(row["taken_at"]) >= due_at
        assert all(parse_rfc3339(sent[name]) >= due_at for name in ("sent_at", "delivered_at", "read_at"))


def test_what_was_not_sent_in_its_life_expires_by_an_advance(tmp_path: Path) -> None:
    life = {"TRUNKLINE_DISPATCH_MESSAGE_LIFE_HOURS": "2"}
    with running("serve", tmp_path / "d", *ARGUMENTS, **life) as server:
        held = send(server, to="15555559011")  # the number is held by its refusal
        until(server, held, "held")
        behind = send(server)
        advance(server, "1h")
        assert until(server, behind, "queued", "expired")["state"] == "queued"
        advance(server, "1h30m")
        for message_id in (held, behind):
            until(server, message_id, "expired")


def test_time_does_not_run_backward_over_a_restart(tmp_path: Path) -> None:
    with running("serve", tmp_path / "d", *ARGUMENTS) as first:
        before = advance(first, "25h")
        key = first.ready["api_key"]
        message_id = send(first)
    refused = run("serve", "--data", tmp_path / "d", "--port", "0", "--sandbox-port", "0")
    assert refused.code == 2
    assert "--virtual-time" in refused.err
    made = invoke("keys", "create", "--expires-days", "1", "--data", tmp_path / "d", "--json").json
    assert parse_rfc3339(made["expires_at"]) > parse_rfc3339(before["now"])
    assert invoke("doctor", "--data", tmp_path / "d", "--json").json["ok"]
    with running("serve", tmp_path / "d", *ARGUMENTS) as second:
        shown = invoke("clock", "show", "--data", second.data, "--json").json
        assert parse_rfc3339(shown["now"]) > parse_rfc3339(before["now"])
        assert shown["sandbox"]["offset_seconds"] == 90_000
        assert message(second, message_id, key)["created_at"] >= before["now"]


def test_people_read_how_far_it_is(tmp_path: Path) -> None:
    with running("serve", tmp_path / "d", *ARGUMENTS) as server:
        assert "0s ahead" in invoke("clock", "show", "--data", server.data).out
        assert "1d 1h 30m ahead" in invoke("clock", "advance", "25h30m", "--data", server.data).out
        too_far = invoke("clock", "advance", "401d", "--data", server.data)
        assert too_far.code == 1
        assert "/seconds" in too_far.err


def test_a_sandbox_alone_is_moved_by_its_address_and_keeps_its_time(tmp_path: Path) -> None:
    for expected in (3600, 7200):
        with running("sandbox", tmp_path / "s", "--virtual-time") as sandbox:
            url = sandbox.ready["sandbox_url"]
            moved = invoke("clock", "advance", "1h", "--sandbox-url", url, "--json")
            assert moved.json["offset_seconds"] == expected, moved.err
            shown = invoke("clock", "show", "--sandbox-url", url, "--token", sandbox.ready["sandbox_token"])
            assert "ahead" in shown.out
    refused = run("sandbox", "--data", tmp_path / "s", "--port", "0")
    assert (refused.code, "--virtual-time" in refused.err) == (2, True)


def test_a_server_on_real_time_is_not_moved_and_says_why(server: Running) -> None:
    for arguments in (("show",), ("advance", "25h")):
        for whose in (("--data", server.data), ("--sandbox-url", server.ready["sandbox_url"])):
            refused = invoke("clock", *arguments, *whose)
            assert refused.code == 1
            assert "--virtual-time" in refused.err
    assert invoke("clock", "show", "--data", server.data, "--json").error["reason"] == "not_found"


def test_without_a_server_there_is_no_clock(tmp_path: Path) -> None:
    refused = invoke("clock", "show", "--data", tmp_path)
    assert (refused.code, "no server runs" in refused.err) == (3, True)


def test_virtual_time_and_a_real_number_never_meet(tmp_path: Path) -> None:
    form = {
        "--from": "15550001000",
        **dict.fromkeys(("--phone-number-id", "--waba-id", "--app-id"), "1"),
        **dict.fromkeys(("--token", "--app-secret"), "made-up"),
    }
    options = [word for pair in form.items() for word in pair]
    assert invoke("numbers", "add", *options, "--data", tmp_path / "d").code == 0
    refused = run("serve", "--data", tmp_path / "d", "--port", "0", *ARGUMENTS)
    assert refused.code == 2
    assert "15550001000 at https://graph.facebook.com" in refused.err
    assert len(refused.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("15m", 900),
        ("25h", 90_000),
        ("7d", 604_800),
        ("1h30m", 5_400),
        ("1.5h", 5_400),
        ("0s", 0),
    ],
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert read_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "25", "h", "-1h", "1 h", "1w", "1h30", "1H", "1..5h", "NaN", "٣h", "1e3s"]
)
def test_what_is_no_duration_is_refused_with_what_would_be(text: str) -> None:
    with pytest.raises(Trouble, match="25h"):
        read_duration(text)
