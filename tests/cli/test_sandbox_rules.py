"""`sandbox rules`, `fault`, `populate` and `play`, how a sandbox is found, and the options of its start."""

import http.server
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.cli.desk import Desk, invoke
from tests.cli.shell import Running, run, running

SCENARIO = """
name = "orders"
[[rule]]
when = { handset = "%s", type = "text" }
then = [{ do = "send", type = "text", text = { body = "Thank you" } }]
"""


def test_rules_are_shown_and_switched(desk: Desk) -> None:
    before = desk.json("rules")
    assert (before["windows"], before["throughput"]) == (False, None)
    changed = desk.json("rules", "pair-limit=on", "throughput=80", "recipients=+15550020001,15550020002")
    try:
        assert changed["pair_limit"] is True
        assert changed["throughput"] == 80
        assert changed["recipients"] == ["15550020001", "15550020002"]
        assert desk.refused("15550020003") == 131030
        assert "15550020001, 15550020002" in desk.run("rules").out
    finally:
        back = desk.json("rules", "pair_limit=off", "throughput=none", "recipients=none")
    assert back == before


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("window=on", "did you mean windows?"),
        ("windows", "NAME=VALUE"),
        ("windows=7", "on or off"),
        ("tier=many", "whole number"),
        ("tier=-1", "whole number"),
        ("recipients=me", "phone number"),
    ],
)
def test_a_rule_that_is_none_is_a_usage_error_and_nothing_is_switched(
    desk: Desk, change: str, says: str
) -> None:
    before = desk.json("rules")
    refused = desk.run("rules", change, "media=on")
    assert (refused.code, says in refused.err) == (2, True)
    assert desk.json("rules") == before


def test_a_send_fails_as_often_as_was_asked_for(desk: Desk) -> None:
    to = "15550020004"
    made = desk.json("fault", "--code", "130429", "--to", "+1 555 002 0004", "--times", "2", "--type", "text")
    assert (made["to"], made["times"], made["code"]) == (to, 2, 130429)
    assert "2 times" in desk.run("fault", "--list").out
    assert [desk.refused(to), desk.refused(to)] == [130429, 130429]
    desk.send(to)
    assert desk.json("fault", "--list") == []


def test_a_send_fails_after_it_was_taken(desk: Desk) -> None:
    to = "15550020005"
    assert desk.run("fault", "--code", "131026", "--to", to, "--how", "status").code == 0
    wamid = desk.send(to)
    statuses = desk.ask(f"/_sandbox/messages/{wamid}")["statuses"]
    assert [status["status"] for status in statuses] == ["failed"]


def test_webhook_faults_wait_until_they_are_removed(desk: Desk) -> None:
    late = ("--kind", "delay", "--delay", "1m", "--field", "flows", "--handset", "15550020006", "--always")
    made = desk.json("fault", *late)
    assert (made["seconds"], made["times"]) == (60, None)
    drop = desk.json("fault", "--kind", "drop", "--field", "flows", "--status", "read")
    assert "until it is removed" in desk.run("fault", "--list").out
    assert desk.json("fault", "--remove", made["id"]) == {"removed": [made["id"]]}
    assert desk.run("fault", "--remove", made["id"]).code == 1
    assert desk.json("fault", "--clear") == {"removed": [drop["id"]]}
    assert "No fault" in desk.run("fault", "--clear").out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), 2),
        (("--code", "1", "--kind", "drop"), 2),
        (("--code", "1", "--handset", "15550020007"), 2),
        (("--kind", "drop", "--details", "x"), 2),
        (("--list", "--to", "15550020007"), 2),
        (("--code", "1", "--to", "me"), 2),
        (("--code", "1", "--times", "0"), 2),
        (("--code", "1", "--http-status", "99"), 2),
        (("--kind", "delay", "--delay", "long"), 2),
        (("--kind", "explode"), 1),
        (("--code", "1", "--how", "loud"), 1),
    ],
)
def test_a_fault_that_is_none_is_refused_and_does_not_wait(
    desk: Desk, arguments: tuple[str, ...], code: int
) -> None:
    refused = desk.run("fault", *arguments)
    assert (refused.code, refused.out) == (code, "")
    assert desk.json("fault", "--list") == []


def test_a_population_comes_with_a_file_of_its_numbers(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "numbers.csv"
    chances = ("--read", "0.5", "--reply", "1", "--stop", "0.25", "--unreachable", "0", "--seed", "7")
    texts = ("--reply-text", "Yes", "--reply-text", "No", "--within", "2m", "--first", "+1 555 7100000")
    made = desk.json("populate", "12345", *chances, *texts, "--numbers", str(file))
    assert made["replies"] == ["Yes", "No"]
    assert (made["first"], made["last"], made["within_seconds"]) == ("15557100000", "15557112344", 120)
    assert (made["read"], made["reply"], made["stop"], made["block"], made["seed"]) == (0.5, 1, 0.25, 0, 7)
    assert file.read_bytes() == desk.read(f"/_sandbox/populations/{made['id']}/numbers")
    assert list(tmp_path.iterdir()) == [file]
    assert f"{made['id']}: 12,345 people" in desk.run("populate", "--list").out
    taken = desk.run("populate", "1", "--first", "15557100001", "--numbers", str(tmp_path / "other.csv"))
    assert (taken.code, made["id"] in taken.err) == (1, True)
    assert list(tmp_path.iterdir()) == [file]
    assert desk.run("populate", "--remove", made["id"]).code == 0
    assert desk.json("populate", "--list") == []
    assert desk.run("populate", "--remove", made["id"]).code == 1


def test_a_crowd_reads_and_answers(desk: Desk) -> None:
    made = desk.json(
        "populate", "1", "--first", "15557200000", "--read", "1", "--reply", "1", "--within", "0s"
    )
    desk.send("15557200000")
    chat = desk.until("15557200000", lambda chat: len(chat) == 2)
    assert chat[1]["from"] == "handset"
    assert desk.run("populate", "--remove", made["id"]).code == 0


def test_numbers_are_printed_alone(desk: Desk) -> None:
    done = desk.run("populate", "2", "--first", "15557300000", "--numbers", "-")
    assert done.out == "phone\n+15557300000\n+15557300001\n"
    assert desk.run("populate", "--remove", done.err.partition(":")[0]).code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("0",),
        ("many",),
        ("5", "--list"),
        ("5", "--read", "1.5"),
        ("5", "--within", "soon"),
        ("5", "--first", "here"),
        ("5", "--numbers", "/no/such/folder/numbers.csv"),
        ("5", "--numbers", "-", "--json"),
    ],
)
def test_a_population_that_is_none_is_a_usage_error(desk: Desk, arguments: tuple[str, ...]) -> None:
    refused = desk.run("populate", *arguments)
    assert (refused.code, refused.out) == (2, "")
    assert desk.json("populate", "--list") == []


def test_a_scenario_plays_is_shown_and_removed(desk: Desk, tmp_path: Path) -> None:
    phone, file = "15550020008", tmp_path / "orders.toml"
    file.write_text(SCENARIO % phone)
    made = desk.json("play", str(file))
    desk.send(phone)
    assert desk.until(phone, lambda chat: len(chat) == 2)[1]["content"] == {"body": "Thank you"}
    assert "(orders) runs; met so far: rule 1: 1" in desk.run("play", "--list").out
    assert desk.json("play", "--remove", made["id"]) == {"removed": made["id"]}
    assert desk.json("play", "--list") == []
    assert desk.run("play", "--remove", made["id"]).code == 1


def test_a_scenario_is_waited_for(desk: Desk) -> None:
    phone = "15550020009"
    late = desk.run("play", "-", "--wait", "0.2s", "--json", stdin=SCENARIO % phone)
    assert (late.code, "rule 1" in late.error["detail"]) == (5, True)
    desk.run("play", "--remove", desk.json("play", "--list")[0]["id"])
    with desk.sending_once(desk.plays, phone):
        met = desk.json("play", "-", "--wait", "30s", stdin=SCENARIO % phone)
    assert met["met"] == [1]
    desk.run("play", "--remove", met["id"])


def test_a_step_that_fails_ends_the_wait(desk: Desk) -> None:
    phone = "15550020010"
    steps = {"when": {"handset": phone}, "then": [{"do": "tap", "title": "Yes"}]}
    other = {"when": {"handset": "15550020011"}, "then": []}
    script = json.dumps({"rule": [steps, other]})
    with desk.sending_once(desk.plays, phone):
        failed = desk.run("play", "-", "--wait", "30s", stdin=script)
    assert (failed.code, "no buttons" in failed.err) == (1, True)
    desk.run("play", "--remove", desk.json("play", "--list")[0]["id"])


def test_a_scenario_that_can_not_be_read_is_refused(desk: Desk, tmp_path: Path) -> None:
    refused = desk.run("play", "-", stdin="rule = 7")
    assert (refused.code, "scenario can not be read" in refused.err) == (1, True)
    assert desk.run("play", str(tmp_path / "none.toml")).code == 2
    assert desk.run("play").code == 2
    assert desk.run("play", "-", "--wait", "soon", stdin="").code == 2
    assert desk.json("play", "--list") == []


def test_the_sandbox_of_the_server_on_the_data_folder_is_found(server: Running) -> None:
    for command in (("rules",), ("handset",), ("fault", "--list"), ("webhooks",), ("play", "--list")):
        done = invoke("sandbox", *command, "--json", "--data", str(server.data))
        assert done.code == 0, done
    phones = ("chat", "15550020012", "--json", "--data", str(server.data))
    assert invoke("sandbox", *phones).json["business"]["phone_number_id"] == server.ready["phone_number_id"]


def test_a_sandbox_alone_is_found_at_the_port_of_the_settings(desk: Desk, tmp_path: Path) -> None:
    port = desk.url.rpartition(":")[2]
    found = run("sandbox", "rules", "--json", "--data", tmp_path, TRUNKLINE_SANDBOX_PORT=port)
    assert found.json == desk.json("rules")


@pytest.mark.parametrize(
    "command",
    [
        ("handset", "15550020013", "open"),
        ("chat", "15550020013"),
        ("webhooks",),
        ("rules",),
        ("fault", "--code", "1"),
        ("populate", "5"),
        ("play", "-"),
        ("record", "15550020013"),
        ("replay", "-"),
    ],
)
def test_where_no_sandbox_answers_each_command_ends_with_3(command: tuple[str, ...]) -> None:
    nowhere = ("--sandbox-url", "http://127.0.0.1:9", "--json")
    recording = '{"handset": "15550020013", "steps": []}'
    done = invoke("sandbox", *command, *nowhere, stdin=recording)
    assert (done.code, done.out) == (3, "")
    assert "--sandbox-url" in done.error["detail"]


def test_a_server_without_a_sandbox_says_so(tmp_path: Path) -> None:
    with running("serve", tmp_path / "d", "--no-sandbox") as started:
        done = invoke("sandbox", "rules", "--data", str(started.data))
    assert (done.code, "without a sandbox" in done.err) == (3, True)


def test_the_token_is_handed_over(tmp_path: Path) -> None:
    """To a stand-in for a sandbox on another machine."""
    asked: list[str | None] = []

    class Far(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers["authorization"])
            self.send_response(401 if asked[-1] is None else 200)
            self.end_headers()
            self.wfile.write(b'{"windows": true}' if asked[-1] else b'{"error": {"message": "the token"}}')

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Far) as far:
        threading.Thread(target=far.serve_forever, daemon=True).start()
        where = ("--sandbox-url", f"http://127.0.0.1:{far.server_port}")
        refused = invoke("sandbox", "rules", *where)
        taken = invoke("sandbox", "rules", *where, "--token", "made-up")
        far.shutdown()
    assert (refused.code, "the token" in refused.err) == (1, True)
    assert (taken.code, asked) == (0, [None, "Bearer made-up"])


def test_options_of_the_start_before_a_command_are_not_swallowed() -> None:
    for option in (("--strict",), ("--port", "0"), ("--data", "x")):
        done = invoke("sandbox", *option, "rules")
        assert (done.code, "behind the command" in done.err) == (2, True)


def test_the_start_takes_metas_limits_and_keeps_no_bodies_where_asked(tmp_path: Path) -> None:
    with running("sandbox", tmp_path / "s", "--real-limits", "--no-bodies", "--batch", "100") as started:
        desk = Desk(started)
        rules = desk.json("rules")
        assert (rules["throughput"], rules["pair_limit"], rules["windows"]) == (80, True, False)
        wamid = desk.send("15550020014", content={"body": "not to be kept"})
        assert b"not to be kept" not in desk.read(f"/_sandbox/messages/{wamid}")
        assert "[text]" in desk.run("chat", "15550020014").out
    with running("sandbox", tmp_path / "s", "--real-limits", "--throughput", "5", "--strict") as started:
        rules = Desk(started).json("rules")
        assert (rules["throughput"], rules["windows"]) == (5, True)
