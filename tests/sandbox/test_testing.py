"""The pytest plugin, as somebody else's test suite uses it."""

import json
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trunkline.sandbox.testing import WhatsApp, running_sandbox
from trunkline.sandbox.testing.http import SandboxProblem

pytest_plugins = ["pytester"]

BUTTONS = {
    "type": "button",
    "body": {"text": "Shall we send it?"},
    "action": {"buttons": [{"type": "reply", "reply": {"id": "y", "title": "Yes"}}]},
}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WhatsApp]:
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as started:
        yield started


@pytest.fixture
def whatsapp(sandbox: WhatsApp) -> Iterator[WhatsApp]:
    sandbox.reset()
    yield sandbox


def _send(whatsapp: WhatsApp, to: str, **content: Any) -> None:
    """What a program under test does."""
    body = {"messaging_product": "whatsapp", "to": to, **content}
    request = urllib.request.Request(
        f"{whatsapp.base_url}/v25.0/{whatsapp.phone_number_id}/messages",
        json.dumps(body).encode(),
        {"authorization": f"Bearer {whatsapp.token}", "content-type": "application/json"},
    )
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10).close()


def test_a_person_waits_for_a_message_and_taps_its_button(whatsapp: WhatsApp) -> None:
    customer = whatsapp.handset()
    _send(whatsapp, customer.phone, type="interactive", interactive=BUTTONS)
    asked = customer.wait_for(contains="Shall we")
    tapped = customer.tap("Yes")
    assert tapped is not None and tapped["context"]["id"] == asked["id"]
    assert [message["from"] for message in customer.messages] == ["business", "handset"]


def test_waiting_in_vain_says_what_did_come(whatsapp: WhatsApp) -> None:
    customer = whatsapp.handset()
    _send(whatsapp, customer.phone, type="text", text={"body": "Hello"})
    customer.wait_for(type="text")
    with pytest.raises(SandboxProblem, match="in vain; it got: text"):
        customer.wait_for(type="text", seconds=0.05)
    with pytest.raises(SandboxProblem, match="no message with buttons"):
        customer.tap("Yes")


def test_every_handset_is_a_new_person_and_files_can_be_sent(whatsapp: WhatsApp, tmp_path: Path) -> None:
    one, other = whatsapp.handset(), whatsapp.handset()
    assert one.address != other.address
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    photo = one.send_file(tmp_path / "a.png", "image", "image/png", caption="Look")
    quoted = one.send_text("This one", quoting=photo)
    assert quoted["context"]["id"] == photo["id"] and other.messages == []
    assert photo["content"]["caption"] == "Look"


def test_time_moves_when_it_is_told_to(whatsapp: WhatsApp) -> None:
    whatsapp.rules(windows=True)
    customer = whatsapp.handset()
    customer.send_text("Hi")
    _send(whatsapp, customer.phone, type="text", text={"body": "inside"})
    customer.wait_for(contains="inside")
    begun = time.monotonic()
    whatsapp.advance("25h")
    _send(whatsapp, customer.phone, type="text", text={"body": "outside"})
    until = time.monotonic() + 30
    while not any(row["body"].count("131047") for row in whatsapp.webhooks) and time.monotonic() < until:
        statuses = whatsapp.sends[-1]
        if statuses["to"] == customer.address and len(customer.messages) == 2:
            break
        time.sleep(0.01)
    assert [message["content"]["body"] for message in customer.messages] == ["Hi", "inside"]
    assert time.monotonic() - begun < 60


def test_faults_and_rules_are_gone_in_the_next_test(whatsapp: WhatsApp) -> None:
    whatsapp.fail_sends(131016, times=None)
    whatsapp.rules(windows=True)
    with pytest.raises(urllib.error.HTTPError):
        _send(whatsapp, "15550001234", type="text", text={"body": "x"})
    whatsapp.reset()
    customer = whatsapp.handset()
    _send(whatsapp, customer.phone, type="text", text={"body": "fine"})
    customer.wait_for(contains="fine")


def test_the_fixture_serves_a_foreign_test_suite(pytester: pytest.Pytester) -> None:
    pytester.makeconftest('pytest_plugins = ["trunkline.sandbox.testing"]')
    pytester.makepyfile(
        """
        def test_one(whatsapp):
            whatsapp.fail_sends(131016)
            assert whatsapp.handset().send_text("Hello")["content"] == {"body": "Hello"}

        def test_two(whatsapp):
            assert whatsapp.rules()["windows"] is False
        """
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:xdist").assert_outcomes(passed=2)
