"""Every kind of message is taken in its smallest and in its full form, and answered in the same shape."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.content.bodies import MESSAGES
from tests.sandbox.content.limits import message
from tests.sandbox.rig import PHONE, caller
from trunkline.sandbox import Identity
from trunkline.sandbox.content.interactive.frame import KINDS

CASES = Path(__file__).parents[2] / "channels" / "whatsapp_cloud" / "cases" / "send"
OURS = {path.stem: json.loads(path.read_text())["upstream"] for path in sorted(CASES.glob("*.json"))}


@pytest.mark.parametrize("name", MESSAGES)
def test_meta_takes(shared: Identity, name: str) -> None:
    answer = post(shared, message(MESSAGES[name]))
    kind = MESSAGES[name]["type"] or "text"
    assert set(answer) == {"messaging_product", "contacts", "messages"}
    assert answer["messaging_product"] == "whatsapp"
    assert answer["contacts"] == [{"input": PHONE, "wa_id": PHONE}]
    (sent,) = answer["messages"]
    assert sent.pop("id").startswith("wamid.")
    assert sent == ({"message_status": "accepted"} if kind == "template" else {})


@pytest.mark.parametrize("name", OURS)
def test_the_sandbox_takes_what_the_connector_sends(shared: Identity, name: str) -> None:
    answer = post(shared, OURS[name])
    if "status" in OURS[name]:
        assert answer == {"success": True}
    else:
        assert answer["messages"][0]["id"].startswith("wamid.")


def test_no_kind_is_missing_here() -> None:
    assert len(OURS) > 40
    types = {body["type"] for body in MESSAGES.values()} - {None}
    assert types == {
        "audio",
        "contacts",
        "document",
        "image",
        "interactive",
        "location",
        "reaction",
        "sticker",
        "template",
        "text",
        "video",
    }
    kinds = {body["interactive"]["type"] for body in MESSAGES.values() if "interactive" in body}
    assert kinds == set(KINDS)


def test_a_phone_and_a_user_id_are_answered_as_they_were_given(shared: Identity) -> None:
    user_id = "US.13491208655302741918"
    text = {"text": {"body": "x"}}
    both = post(shared, message({**text, "recipient": user_id}))
    assert both["contacts"] == [{"input": PHONE, "wa_id": PHONE, "user_id": user_id}]
    alone = post(shared, message({**text, "to": None, "recipient": user_id}))
    assert alone["contacts"] == [{"input": user_id, "user_id": user_id}]


def post(shared: Identity, body: dict[str, Any]) -> dict[str, Any]:
    """Post it and insist on 200."""

    async def scenario() -> dict[str, Any]:
        async with caller(shared) as tools:
            response = await tools.call("POST", f"/v25.0/{shared.phone_number_id}/messages", body)
            answer: dict[str, Any] = await response.json()
            assert response.status == 200, answer
            return answer

    return asyncio.run(scenario())
