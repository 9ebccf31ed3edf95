"""Posts as no provider should send them: good ones, with parts replaced, repeated, renamed, cut off.

Everything follows from a seed, so that a case that fails can be had again.
"""

import copy
import json
import random
from typing import Any

from tests.flow.inbound_desk import ALICE, BOB, DIGITS, PHONE_NUMBER_ID, WABA, person, value

_FILE = {"id": "1003383421387256", "mime_type": "image/jpeg", "sha256": "c2hh"}
_CONTENTS = {
    "text": {"body": "STOP"},
    "image": _FILE | {"caption": "look"},
    "contacts": [{"name": {"formatted_name": "A"}}],
    "button": {"payload": "P", "text": "Yes"},
    "interactive": {"type": "list_reply", "list_reply": {"id": "1", "title": "Stop"}},
    "reaction": {"message_id": "wamid.ours"},
    "system": {"type": "user_changed_number", "wa_id": BOB, "user_id": "US.2", "previous_user_id": "US.1"},
    "unsupported": {"type": "poll_creation"},
}
_ACCOUNT = [
    ("account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}}),
    ("business_capability_update", {"max_daily_conversations_per_business": "TIER_2K"}),
    ("phone_number_quality_update", {"display_phone_number": DIGITS, "event": "FLAGGED"}),
    ("message_template_status_update", {"event": "APPROVED", "message_template_id": 7}),
    ("unheard_of", {"metadata": {"phone_number_id": PHONE_NUMBER_ID}, "x": [1, {"y": None}]}),
]
_ODD: list[Any] = [
    None, True, 0, -1, 2**63, 2**70, 1e300, "", "\x00", "\ud800", "é" * 2000, [], {}, [[]], {"": ""},
    "STOP", ALICE, "US.1", "1795366800", "99999999999999999999", [{}] * 50, "x" * 70_000,
]  # fmt: skip


def post(seed: int, phone_number_id: str = PHONE_NUMBER_ID, waba_id: str = WABA) -> bytes:
    chance = random.Random(seed)
    body = _envelope(chance, seed)
    for _ in range(chance.randrange(5)):
        _spoil(chance, body)
    ours = json.dumps(body).replace(PHONE_NUMBER_ID, phone_number_id).replace(WABA, waba_id)
    return _spoil_bytes(chance, ours.encode())


def _envelope(chance: random.Random, seed: int) -> Any:
    changes = [_change(chance, seed, n) for n in range(chance.randrange(1, 4))]
    return {"object": "whatsapp_business_account", "entry": [{"id": WABA, "time": seed, "changes": changes}]}


def _change(chance: random.Random, seed: int, n: int) -> dict[str, Any]:
    pick = chance.random()
    if pick < 0.2:
        field, said = chance.choice(_ACCOUNT)
        return {"field": field, "value": copy.deepcopy(said)}
    if pick < 0.3:
        wish = {"wa_id": ALICE, "category": "marketing_messages", "value": "stop", "timestamp": seed}
        return {"field": "user_preferences", "value": value(user_preferences=[wish])}
    if pick < 0.5:
        status = {"id": f"wamid.s{seed}", "status": "sent", "timestamp": "1795366800", "recipient_id": ALICE}
        return {"field": "messages", "value": value(statuses=[status])}
    kind = chance.choice(list(_CONTENTS))
    message = {"from": ALICE, "from_user_id": "US.1", "id": f"wamid.{seed}.{n}", "timestamp": "1795366800"}
    message |= {"type": kind, kind: copy.deepcopy(_CONTENTS[kind]), "context": {"id": "wamid.ours"}}
    return {"field": "messages", "value": value(messages=[message], contacts=[person(user_id="US.1")])}


def _spoil(chance: random.Random, body: Any) -> None:
    """One change, anywhere."""
    node = body
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return
        key = chance.choice(keys)
        if isinstance(node[key], dict | list) and chance.random() < 0.8:
            node = node[key]
        else:
            break
    match chance.randrange(4):
        case 0:
            node[key] = copy.deepcopy(chance.choice(_ODD))
        case 1:
            del node[key]
        case 2 if isinstance(node, list):
            node.extend(copy.deepcopy(node[:20]))
        case _ if isinstance(node, dict):
            node[f"{key}_"] = node.pop(key)


def _spoil_bytes(chance: random.Random, body: bytes) -> bytes:
    pick, at = chance.random(), chance.randrange(len(body))
    if pick < 0.05:
        return body[:at]
    if pick < 0.1:
        return body[:at] + bytes([chance.randrange(256)]) + body[at + 1 :]
    if pick < 0.12:
        return body.replace(b"{", b'{"deep":' + b"[" * 2000 + b"]" * 2000 + b",", 1)
    return body
