"""`send` and `messages`: a message's life on the screen, and what a script learns of it."""

import io
import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests import media_samples
from tests.cli.desk import invoke
from tests.cli.shell import COMMAND, Running, environment, run
from trunkline.cli.tree import app

TO = "15550002222"
LINK = "https://example.com/a.jpg"


def send(server: Running, *arguments: str, stdin: str = "", **environ: str) -> Any:
    return invoke("send", *arguments, "--data", server.data, stdin=stdin, **environ)


def states(out: str) -> list[str]:
    return [line.split()[1] for line in out.splitlines() if line.startswith("  ") and ":" in line.split()[0]]


def test_a_message_is_followed_until_it_is_read(server: Running) -> None:
    done = send(server, "text", TO, "hello")
    assert done.code == 0
    assert done.out.startswith("msg_")
    assert states(done.out) == ["queued", "sending", "submitted", "sent", "delivered", "read"]
    assert "\x1b" not in done.out


def test_a_failed_message_ends_with_1_and_says_cause_and_remedy(server: Running) -> None:
    done = send(server, "text", "15555559001", "hello")
    assert done.code == 1
    for word in ("131026", "cause", "remedy"):
        assert word in done.out


def test_a_refused_message_ends_with_1_and_every_problem(server: Running) -> None:
    done = send(server, "text", "abc", "", "--json")
    assert (done.code, done.out) == (1, "")
    problems = {problem["pointer"]: problem for problem in done.error["problems"]}
    assert set(problems) == {"/to", "/text/body"}
    assert problems["/to"]["found"] == '"abc"'
    told = send(server, "text", "abc", "")
    for problem in problems.values():
        for name in ("pointer", "detail", "found", "expected"):
            assert problem[name] in told.err


def test_doubt_is_told_in_words(server: Running) -> None:
    done = send(server, "text", "15555559003", "hello", "--timeout", "1")
    assert done.code == 5
    assert "It may or may not have reached the provider" in done.err
    message_id = done.out.splitlines()[0]
    shown = invoke("messages", "show", message_id, "--data", server.data)
    assert "unknown: It may or may not have reached the provider" in shown.out
    for choice in ("resend", "abandon"):
        assert f"trunkline messages {choice} {message_id}" in shown.out
    assert invoke("messages", "abandon", message_id, "--data", server.data).code == 0
    shown = invoke("messages", "show", message_id, "--data", server.data)
    assert "settled by abandoned; the sender chose not to send it again" in shown.out
    assert f"trunkline messages resend {message_id}" in shown.out


def test_what_is_not_reached_in_time_ends_with_5(server: Running) -> None:
    done = send(server, "text", "15555559010", "no status ever comes", "--timeout", "0.5", "--json")
    assert (done.code, done.out) == (5, "")
    assert "is submitted after 0.5 s" in done.error["detail"]


def test_a_reaction_has_reached_its_end_when_it_is_sent(server: Running) -> None:
    message_id = send(server, "text", TO, "hello", "--wait", "sent").out.split()[0]
    done = send(server, "reaction", TO, message_id, "\N{THUMBS UP SIGN}", "--timeout", "20")
    assert (done.code, states(done.out)[-1]) == (0, "sent")


@pytest.mark.parametrize("way", ["file", "stdin"])
def test_a_body_comes_from_a_file_or_from_standard_input(way: str, server: Running, tmp_path: Path) -> None:
    body = json.dumps({"to": TO, "type": "text", "text": {"body": "from a file"}})
    (tmp_path / "body.json").write_text(body)
    source = "-" if way == "stdin" else str(tmp_path / "body.json")
    done = send(server, "--json", source, "--wait", "sent", "--output", "json", stdin=body)
    assert done.code == 0
    assert done.json["content"] == {"text": {"body": "from a file"}}
    assert done.json["state"] in ("sent", "delivered", "read")


def test_a_slip_in_the_file_is_named_by_line_and_column(server: Running) -> None:
    done = send(server, "--json", "-", stdin='{"to": "1",\n "type": text}')
    assert done.code == 1
    assert "line 2, column 10" in done.err


def test_a_message_for_later_is_not_waited_for(server: Running) -> None:
    body = {"to": TO, "type": "text", "text": {"body": "later"}, "send_at": "2027-01-01T00:00:00Z"}
    done = send(server, "--json", "-", stdin=json.dumps(body))
    assert (done.code, len(done.out.splitlines())) == (0, 1)


def test_without_waiting_the_id_is_printed_alone(server: Running) -> None:
    done = send(server, "text", TO, "hello", "--wait", "none")
    assert done.out.startswith("msg_")
    assert len(done.out.splitlines()) == 1


def test_a_priority_is_given_with_the_message(server: Running) -> None:
    done = send(server, "text", TO, "your code is 1234", "--priority", "high", "--json")
    assert done.json["priority"] == "high"


def test_a_repetition_with_the_same_key_sends_nothing_new(server: Running) -> None:
    once, twice = (
        send(server, "text", TO, "hello", "--wait", "none", "--idempotency-key", "order-81").out
        for _ in range(2)
    )
    assert once == twice != ""


def test_a_file_is_uploaded_first_and_once_for_a_key(server: Running, tmp_path: Path) -> None:
    path = tmp_path / "offer.png"
    path.write_bytes(media_samples.png(4, 4))
    given = ("image", TO, "--file", str(path), "--caption", "New", "--idempotency-key", "offer-81", "--json")
    sent = send(server, *given).json
    assert sent["state"] == "read" and sent["content"]["image"]["id"].startswith("med_")
    assert send(server, *given).json["id"] == sent["id"]
    assert send(server, "image", TO, "--file", str(path), "--dry-run").code == 2
    assert send(server, "image", TO, "--file", str(path), "--link", LINK).code == 2
    assert send(server, "image", TO, "--file", str(tmp_path / "none.png")).code == 2


def test_a_dry_run_stores_nothing_and_shows_what_the_provider_would_get(server: Running) -> None:
    def count() -> int:
        found = invoke("messages", "list", "--to", "15555550000", "--json", "--data", server.data)
        return len(found.json["data"])

    done = send(server, "text", "15555550000", "hello", "--dry-run")
    assert json.loads(done.out)["text"] == {"body": "hello"}
    assert count() == 0


def test_options_before_the_kind_are_not_lost_silently(server: Running) -> None:
    done = send(server, "--wait", "none", "text", TO, "hello")
    assert done.code == 2
    assert "behind the kind" in done.err


def test_another_server_is_reached_by_address_and_key(server: Running, tmp_path: Path) -> None:
    url, key = server.ready["api_url"], server.ready["api_key"]
    elsewhere = {"cwd": tmp_path}
    done = run("send", "text", TO, "hi", "--wait", "none", **elsewhere, TRUNKLINE_URL=url, TRUNKLINE_KEY=key)
    assert done.code == 0
    keyless = run("messages", "list", "--api-url", url, **elsewhere)
    assert (keyless.code, "--key" in keyless.err) == (2, True)
    wrong = run("messages", "list", "--api-url", url, "--key", "tl_live_x", "--json", **elsewhere)
    assert (wrong.code, wrong.error["reason"]) == (1, "key_invalid")
    nowhere = run("messages", "list", "--api-url", "http://127.0.0.1:9", "--key", key, **elsewhere)
    assert (nowhere.code, "Traceback" in nowhere.err) == (3, False)
    stopped = run("messages", "list", "--data", tmp_path)
    assert (stopped.code, "trunkline serve" in stopped.err) == (3, True)


def test_an_interrupted_watch_ends_with_130_and_says_that_the_message_goes_on(server: Running) -> None:
    line = [*COMMAND, "send", "text", "15555559010", "hello", "--data", str(server.data)]
    process = subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    )
    with process:
        assert isinstance(process.stdout, io.TextIOBase)
        while "submitted" not in process.stdout.readline():
            pass
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "goes on by itself" in err
    assert "Traceback" not in err


KINDS = {
    "text": ["text", TO, "hi https://example.com", "--preview-url", "--reply-to", "wamid.abc"],
    "image": ["image", TO, "--link", LINK, "--caption", "A"],
    "video": ["video", TO, "--id", "81"],
    "document": ["document", TO, "--link", LINK, "--filename", "a.pdf", "--caption", "A"],
    "audio": ["audio", TO, "--link", LINK, "--voice"],
    "sticker": ["sticker", TO, "--id", "81"],
    "location": ["location", TO, "--latitude", "0", "--longitude", "-0.5", "--name", "A", "--address", "B"],
    "contacts": [
        "contacts",
        TO,
        "--name",
        "Ada Example",
        "--phone",
        "+1 555 000 1234",
        "--email",
        "a@example.com",
    ],
    "one name": ["contacts", TO, "--name", "Ada", "--company", "Example Ltd"],
    "reaction": ["reaction", TO, "wamid.abc", "\N{THUMBS UP SIGN}"],
    "reaction taken back": ["reaction", TO, "wamid.abc", ""],
    "buttons": [
        "buttons",
        TO,
        "Well?",
        "--button",
        "y=Yes",
        "--button",
        "n=No",
        "--header",
        "H",
        "--footer",
        "F",
    ],
    "list": ["list", TO, "Well?", "--button", "Choose", "--row", "a=A|first", "--row", "b=B"],
    "link": [
        *("link", TO, "On the van", "--button", "Track it", "--url", "https://example.com/t/81"),
        *("--header", "H", "--footer", "F"),
    ],
    "flow": [
        "flow",
        TO,
        "A visit",
        "visit",
        "--button",
        "Book",
        "--screen",
        "DAYS",
        "--token",
        "t",
        "--draft",
    ],
    "flow by id": ["flow", TO, "A visit", "81", "--button", "Book"],
    "catalog": ["catalog", TO, "All of it", "--thumbnail", "sku-81", "--footer", "F"],
    "location request": ["location-request", TO, "Where?"],
    "contact request": ["contact-request", TO, "Which number?"],
    "address request": ["address-request", TO, "Where?", "--footer", "F"],
    "call button": ["call-button", TO, "Call", "--button", "Now", "--minutes", "60", "--payload", "81"],
    "call button alone": ["call-button", TO, "Call"],
    "call permission": ["call-permission", TO],
    "product": ["product", TO, "194836987003835", "sku-81", "--body", "New"],
    "template": [
        *("template", TO, "sample_new_arrival", "en_US", "--or-language", "en", "--header-image", LINK),
        *("--body-param", "Ada", "--url-button", "0=lamp", "--quick-reply", "1=later"),
    ],
    "read": ["read", "wamid.abc", "--typing"],
    "user id": [
        "text",
        "US.13491208655302741918",
        "hi",
        "--callback-data",
        "81",
        "--send-at",
        "2027-01-01T00:00:00Z",
    ],
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_message_is_accepted_by_the_api(kind: str, server: Running) -> None:
    """In this process, since there are many; against the real server."""
    name, *rest = KINDS[kind]
    done = CliRunner().invoke(app, ["send", name, *rest, "--dry-run", "--json", "--data", str(server.data)])
    assert done.exit_code == 0, done.output
    sent = json.loads(done.stdout)["would_send"]
    assert sent["messaging_product"] == "whatsapp"
    assert ("to" in sent) == (kind not in ("read", "user id"))


def test_a_pair_without_its_sign_and_components_that_are_no_array_are_usage_errors(server: Running) -> None:
    wrong = [["buttons", TO, "Well?", "--button", "Yes"], ["template", TO, "x", "en", "--components", "-"]]
    for arguments in wrong:
        done = CliRunner().invoke(app, ["send", *arguments, "--data", str(server.data)], input="{}")
        assert done.exit_code == 2


def test_a_message_is_shown_listed_and_withdrawn(server: Running) -> None:
    later = send(server, "text", "15550004444", "later", "--send-at", "2027-01-01T00:00:00Z", "--json").json[
        "id"
    ]
    place = ("--data", server.data)
    shown = invoke("messages", "show", later, *place)
    for words in ("scheduled: Accepted; its time has not come.", "15550004444", '"body": "later"', "due"):
        assert words in shown.out
    assert invoke("messages", "show", later, "--json", *place).json["id"] == later
    canceled = invoke("messages", "cancel", later, *place)
    assert (canceled.code, canceled.out) == (0, f"{later} is canceled.\n")
    again = invoke("messages", "cancel", later, "--json", *place)
    assert (again.code, again.error["reason"]) == (1, "wrong_state")
    listed = invoke("messages", "list", "--to", "15550004444", "--state", "canceled", *place)
    assert later in listed.out
    assert invoke("messages", "show", later, "--wait", "read", *place).code == 1
    assert invoke("messages", "show", "msg_none", *place).code == 1


def test_a_list_goes_on_where_the_last_page_ended(server: Running) -> None:
    for n in range(3):
        send(server, "text", "15550005555", str(n), "--wait", "none")
    place = ("--to", "15550005555", "--limit", "2", "--json", "--data", server.data)
    first = invoke("messages", "list", *place).json
    rest = invoke("messages", "list", *place, "--after", first["paging"]["next"]).json
    bodies = [message["content"]["text"]["body"] for message in first["data"] + rest["data"]]
    assert bodies == ["2", "1", "0"]


def test_what_a_message_says_can_not_steer_the_terminal_or_the_printer(server: Running) -> None:
    body = "[bold]x[/bold] \x1b[2J \u202etxt"
    sent = send(
        server,
        "--json",
        "-",
        "--wait",
        "none",
        stdin=json.dumps({"to": TO, "type": "text", "text": {"body": body}}),
    )
    shown = invoke("messages", "show", sent.out.strip(), "--data", server.data)
    assert "[bold]x[/bold]" in shown.out
    assert "\x1b" not in shown.out
    assert "\u202e" not in shown.out
