"""Conversations and the window from the command line, against a server with its sandbox."""

from tests.cli.desk import invoke
from tests.cli.hook import trigger
from tests.cli.shell import Running

PERSON = "15550007003"


def test_who_wrote_is_listed_and_shown_with_what_was_said(server: Running) -> None:
    place = ("--data", str(server.data))
    received = trigger(server, "message.received", "--from", PERSON)["data"]
    sent = invoke("send", "text", PERSON, "How are you?", "--wait", "none", *place)
    assert sent.code == 0, sent
    listed = invoke("conversations", "list", "--contact", PERSON, "--json", *place).json["data"]
    assert [one["id"] for one in listed] == [received["conversation_id"]]
    table = invoke("conversations", "list", *place)
    assert received["conversation_id"] in table.out and "open until" in table.out
    shown = invoke("conversations", "show", received["conversation_id"], *place)
    lines = shown.out.splitlines()[-2:]
    assert "  they  " in lines[0]
    assert "  we    How are you?" in lines[1]
    message = invoke("messages", "show", received["id"], *place)
    assert (message.code, PERSON in message.out) == (0, True)


def test_a_number_refuses_what_finds_the_window_closed_and_sends_the_fallback(server: Running) -> None:
    place = ("--data", str(server.data))
    digits = invoke("numbers", "list", "--json", *place).json["data"][0]["from"]
    stranger = "15550007004"
    try:
        said = invoke("numbers", "set-window", digits, "enforce", *place)
        assert "refuses free-form messages" in said.out
        refused = invoke("send", "text", stranger, "hello", "--wait", "submitted", *place)
        assert refused.code == 1
        assert "never written to this number" in refused.out
        checked = invoke("send", "text", stranger, "hello", "--dry-run", *place)
        assert "The 24-hour window is closed" in checked.err + checked.out
        with_fallback = ("--fallback", "hello_world/en_US", "--purpose", "utility")
        went = invoke("send", "text", stranger, "hi", *with_fallback, "--wait", "sent", "-o", "json", *place)
        assert (went.code, went.json["type"]) == (0, "template")
    finally:
        assert invoke("numbers", "set-window", digits, "advise", *place).code == 0
    assert invoke("send", "text", stranger, "hi", "--fallback", "hello", *place).code == 2
