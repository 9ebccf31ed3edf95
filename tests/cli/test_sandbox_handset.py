"""`sandbox handset`, `chat`, `webhooks`, `record` and `replay`: a person without a browser."""

import base64
import contextlib
import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.desk import Desk, invoke
from tests.cli.shell import COMMAND, Running, environment, run

QUESTION = {
    "type": "button",
    "body": {"text": "Shall we send it?"},
    "action": {
        "buttons": [
            {"type": "reply", "reply": {"id": "y", "title": "Yes"}},
            {"type": "reply", "reply": {"id": "n", "title": "No"}},
        ]
    },
}
TIMES = {
    "type": "list",
    "body": {"text": "When?"},
    "action": {
        "button": "Choose",
        "sections": [{"title": "Today", "rows": [{"id": "am", "title": "Morning", "description": "early"}]}],
    },
}
ADDRESS = {
    "type": "address_message",
    "body": {"text": "Where to?"},
    "action": {"name": "address_message", "parameters": {"country": "IN"}},
}
WHERE = {
    "type": "location_request_message",
    "body": {"text": "Where are you?"},
    "action": {"name": "send_location"},
}


def person(desk: Desk, phone: str, *words: str) -> Any:
    return desk.json("handset", phone, *words)


def test_a_person_writes_and_both_sides_stand_in_the_chat(desk: Desk) -> None:
    phone = "15550010001"
    desk.send(phone, content={"body": "Hello [bold]there[/]"})
    said = desk.run("handset", "+1 555 001-0001", "send", "Where", "is it?")
    assert (said.code, "Where is it?" in said.out) == (0, True)
    desk.until(phone, lambda chat: chat[0]["status"] == "read")
    head, first, second = desk.run("chat", phone).out.splitlines()
    assert phone in head
    assert "Hello [bold]there[/]  (read)" in first
    assert first.split()[1] == "business"
    assert "Where is it?" in second
    assert second.split()[1] == "handset"
    shown = desk.json("chat", phone)
    assert [message["from"] for message in shown["messages"]] == ["business", "handset"]
    assert len(desk.json("chat", phone, "--limit", "1")["messages"]) == 1


def test_buttons_rows_forms_and_requests_are_answered_where_they_stand(desk: Desk) -> None:
    phone = "15550010002"
    asked = [desk.send(phone, "interactive", what) for what in (QUESTION, TIMES, ADDRESS, WHERE)]
    done = [
        person(desk, phone, "tap", "Yes"),
        person(desk, phone, "choose", "Morning"),
        person(desk, phone, "fill", '{"saved_address_id": "a1"}'),
        person(desk, phone, "share-location", "51.4779,-0.0015"),
    ]
    assert [each["message"]["context"]["id"] for each in done] == asked
    again = desk.send(phone, "interactive", QUESTION)
    assert person(desk, phone, "tap", "No")["message"]["context"]["id"] == again  # the last one
    assert done[0]["message"]["content"]["button_reply"] == {"id": "y", "title": "Yes"}
    assert done[1]["message"]["content"]["list_reply"]["id"] == "am"
    assert "a1" in done[2]["message"]["content"]["nfm_reply"]["response_json"]
    assert done[3]["message"]["content"] == {"latitude": 51.4779, "longitude": -0.0015}
    shown = desk.run("chat", phone).out
    for words in ("[Yes]  [No]", "(am) Morning · early", "answers: Shall we send it?", "[Send location]"):
        assert words in shown


def test_a_button_that_is_not_there_is_refused_with_those_that_are(desk: Desk) -> None:
    phone = "15550010003"
    nothing = desk.run("handset", phone, "tap", "Yes")
    assert (nothing.code, "no message with buttons" in nothing.err) == (1, True)
    desk.send(phone, "interactive", QUESTION)
    refused = desk.run("handset", phone, "tap", "Maybe", "--json")
    assert (refused.code, refused.out) == (1, "")
    assert "it has: Yes, No" in refused.error["detail"]


def test_a_message_can_be_named_instead_of_the_last_one(desk: Desk) -> None:
    phone = "15550010004"
    first = desk.send(phone)
    desk.send(phone)
    said = person(desk, phone, "send", "This one", "--message", first)
    assert said["message"]["context"]["id"] == first
    person(desk, phone, "react", "\N{THUMBS UP SIGN}", "--message", first)
    reactions = [message["reactions"] for message in desk.chat(phone)]
    assert reactions[0] == [{"from": "handset", "emoji": "\N{THUMBS UP SIGN}"}]
    assert "\N{THUMBS UP SIGN} from the handset" in desk.run("chat", phone).out
    person(desk, phone, "react", "--message", first)
    assert desk.chat(phone)[0]["reactions"] == []


def test_a_file_goes_out_as_the_type_that_it_is(desk: Desk, tmp_path: Path) -> None:
    phone = "15550010005"
    for name, kind, mime_type in (
        ("a.png", "image", "image/png"),
        ("b.pdf", "document", "application/pdf"),
        ("c.ogg", "audio", "audio/ogg"),
        ("d.webp", "sticker", "image/webp"),
    ):
        (tmp_path / name).write_bytes(name.encode())
        text = ("Look",) if kind in ("image", "document") else ()
        message = person(desk, phone, "send", *text, "--file", str(tmp_path / name))["message"]
        assert (message["type"], message["media"]["mime_type"]) == (kind, mime_type)
        assert message["content"].get("caption") == ("Look" if text else None)
        assert desk.read(message["media"]["url"]) == name.encode()
    assert "[document: b.pdf" in desk.run("chat", phone).out
    missing = desk.run("handset", phone, "send", "--file", str(tmp_path / "none.png"))
    assert (missing.code, "none.png" in missing.err) == (2, True)


def test_what_a_person_does_with_the_phone_is_seen_in_its_state(desk: Desk) -> None:
    phone = "15550010006"
    for doing, member, value in (
        (("rename", "Ada", "L"), "name", "Ada L"),
        (("adopt-username", "ada.l"), "username", "ada.l"),
        (("open",), "open_chat", desk.number),
        (("close",), "open_chat", None),
        (("let-go",), "held", False),
        (("hold",), "held", True),
        (("offline",), "online", False),
        (("online",), "online", True),
        (("block",), "blocked", [desk.number]),
        (("unblock",), "blocked", []),
        (("stop-marketing",), "marketing_stopped", [desk.number]),
        (("resume-marketing",), "marketing_stopped", []),
        (("change-number", "+15550010007"), "address", "15550010007"),
    ):
        assert person(desk, phone, *doing)["handset"][member] == value
    person(desk, "15550010007", "block")
    shown = desk.run("handset", "15550010007").out
    for words in ("+15550010007", "Ada L", "ada.l", "closed", "blocked"):
        assert words in shown
    assert "+15550010007" in desk.run("handset").out
    assert "15550010007" in {one["address"] for one in desk.json("handset")}


def test_a_phone_that_is_off_writes_nothing(desk: Desk) -> None:
    person(desk, "15550010008", "offline")
    refused = desk.run("handset", "15550010008", "send", "hello")
    assert (refused.code, "offline" in refused.err) == (1, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("abc",),
        ("12",),
        ("15550010009", "sing"),
        ("15550010009", "send"),
        ("15550010009", "tap"),
        ("15550010009", "open", "it"),
        ("15550010009", "fill", "{"),
        ("15550010009", "fill", "[]"),
        ("15550010009", "order", "{}"),
        ("15550010009", "share-location", "here"),
        ("15550010009", "change-number", "soon"),
        ("15550010009", "open", "--file", "x"),
    ],
)
def test_what_no_action_can_be_made_of_is_a_usage_error(desk: Desk, arguments: tuple[str, ...]) -> None:
    done = desk.run("handset", *arguments)
    assert (done.code, done.out) == (2, "")
    assert desk.chat("15550010009") == []


def test_an_order_is_placed(desk: Desk) -> None:
    items = '[{"product_retailer_id": "a1", "quantity": 2, "item_price": 5, "currency": "USD"}]'
    person(desk, "15550010010", "order", items)
    assert "[order] 2 of a1, 5 USD" in desk.run("chat", "15550010010").out


def test_an_unknown_business_is_refused_with_those_that_are_there(desk: Desk) -> None:
    own = desk.running.ready["from"]
    assert desk.run("chat", "15550010011", "--business", f"+{own}").code == 0
    refused = desk.run("chat", "15550010011", "--business", "15559990000")
    assert (refused.code, own in refused.err) == (1, True)


def test_a_chat_can_not_steer_the_terminal(desk: Desk) -> None:
    desk.send("15550010012", content={"body": "\x1b[2J\u202etxt"})
    shown = desk.run("chat", "15550010012").out
    assert "txt" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown


@contextlib.contextmanager
def following(desk: Desk, phone: str, *options: str) -> Iterator["subprocess.Popen[str]"]:
    line = [*COMMAND, "sandbox", "chat", phone, "--follow", "--sandbox-url", desk.url, *options]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        yield process
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130


def test_a_chat_is_followed_until_it_is_interrupted(desk: Desk) -> None:
    phone = "15550010013"
    desk.send(phone, content={"body": "before"})
    with following(desk, phone, "--json") as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["content"] == {"body": "before"}
        desk.send(phone, content={"body": "after"})
        bodies = (json.loads(line)["content"]["body"] for line in process.stdout)
        assert next(body for body in bodies if body != "before") == "after"


def test_webhooks_are_shown_with_what_the_gateway_answered(server: Running) -> None:
    phone, place = "15550010014", ("--data", str(server.data))
    assert run("send", "text", phone, "hello", *place).code == 0
    assert invoke("sandbox", "handset", phone, "send", "hello back", *place).code == 0
    end = time.monotonic() + 30
    while len(posted := invoke("sandbox", "webhooks", phone, "--json", *place).json) < 4:
        assert time.monotonic() < end, posted
    shown = invoke("sandbox", "webhooks", phone, *place).out.splitlines()[1:]
    assert [" ".join(line.split()[3:7]) for line in shown] == [
        *(f"status {status} HTTP 200" for status in ("sent", "delivered", "read")),
        "message text HTTP 200",
    ]
    assert '"hello back"' in invoke("sandbox", "webhooks", phone, "--bodies", *place).out
    again = invoke("sandbox", "webhooks", "--repeat", str(posted[0]["id"]), *place)
    assert (again.code, "HTTP 200" in again.out) == (0, True)
    assert invoke("sandbox", "webhooks", "--repeat", "999999", *place).code == 1


def test_a_conversation_is_recorded_and_done_again_by_somebody_else(desk: Desk, tmp_path: Path) -> None:
    phone, other, file = "15550010015", "15550010016", tmp_path / "chat.json"
    (tmp_path / "a.png").write_bytes(b"a picture")
    person(desk, phone, "send", "Hello")
    desk.send(phone, "interactive", QUESTION)
    person(desk, phone, "tap", "Yes")
    person(desk, phone, "send", "--file", str(tmp_path / "a.png"))
    told = desk.json("record", phone, "-o", str(file))
    assert told == {"file": str(file), "steps": 4}
    recording = json.loads(file.read_text())
    assert base64.b64decode(recording["steps"][3]["data"]) == b"a picture"
    assert json.loads(desk.run("record", phone).out) == recording

    with desk.sending_once(lambda: desk.chat(other), other, "interactive", QUESTION):
        done = desk.run("replay", str(file), "--handset", other, "--speed", "100", "--patience", "30s")
    assert (done.code, "All 4 steps" in done.out) == (0, True), done
    types = [message["type"] for message in desk.chat(other)]
    assert types == ["text", "interactive", "interactive", "image"]


def test_a_replay_fails_where_the_business_does_not_do_its_part(desk: Desk, tmp_path: Path) -> None:
    desk.send("15550010017")
    desk.run("record", "15550010017", "-o", str(tmp_path / "chat.json"))
    again = desk.run("replay", str(tmp_path / "chat.json"), "--patience", "0.1s", "--json")
    assert (again.code, again.out) == (1, "")
    assert "did not send its text" in again.error["detail"]
    assert "0 of 1 steps" in again.error["detail"]


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"handset": "15550010018"}', '{"handset": 1, "steps": []}']
)
def test_what_is_no_recording_is_a_usage_error(desk: Desk, content: str) -> None:
    done = desk.run("replay", "-", stdin=content)
    assert (done.code, done.out) == (2, "")


def test_a_recording_with_odd_steps_is_refused_by_the_sandbox(desk: Desk) -> None:
    odd = json.dumps({"handset": "15550010019", "steps": [{"from": "handset", "type": 7}]})
    refused = desk.run("replay", "-", stdin=odd)
    assert (refused.code, "recording can not be read" in refused.err) == (1, True)


def test_a_recording_that_can_not_be_written_says_so(desk: Desk, tmp_path: Path) -> None:
    refused = desk.run("record", "15550010020", "-o", str(tmp_path / "no" / "chat.json"))
    assert (refused.code, "can not be written" in refused.err) == (2, True)
