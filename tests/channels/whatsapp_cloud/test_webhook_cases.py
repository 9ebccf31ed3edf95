"""Webhook bodies → facts. A case is a file in `cases/webhooks`: the post, and what it must be read as.

Of an error, a message, a wish and a notice only the members that a case names are compared.
"""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trunkline.channels.contract import Ambiguous, Parsed, Refused, SendError
from trunkline.channels.whatsapp_cloud import failures, webhooks

CASES = sorted((Path(__file__).parent / "cases" / "webhooks").glob("*.json"))


def body_of(case: dict[str, Any]) -> bytes:
    raw = case["raw"] if "raw" in case else json.dumps(case["body"])
    return raw.encode()


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_post_is_read_as_its_case_says(path: Path) -> None:
    case = json.loads(path.read_text("utf-8"))
    parsed = webhooks.parse(body_of(case))
    facts = [msgspec.structs.asdict(fact) for fact in parsed.statuses]
    for fact, expected in zip(facts, case["statuses"], strict=True):
        errors = [msgspec.structs.asdict(error) for error in fact.pop("errors")]
        free_until = fact.pop("free_until")
        assert free_until == expected.get("free_until")
        assert fact == {
            name: value for name, value in expected.items() if name not in ("errors", "free_until")
        }
        for error, said in zip(errors, expected["errors"], strict=True):
            assert {name: error[name] for name in said} == said
    for kind in ("received", "preferences", "notices"):
        for fact, said in zip(getattr(parsed, kind), case.get(kind, ()), strict=True):
            found = msgspec.to_builtins(fact)
            assert {name: found[name] for name in said} == said
    assert parsed.unread == case["unread"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"object":"page","entry":[]}',
        b'{"object":"whatsapp_business_account"}',
        b'{"object":"whatsapp_business_account","entry":{}}',
        b'{"object":"whatsapp_business_account","entry":[',
        b'{"object":"whatsapp_business_account","entry":["\xff"]}',
        b'{"object":"whatsapp_business_account","entry":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_what_is_not_metas_envelope_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match="envelope"):
        webhooks.parse(body)


def test_a_thousand_updates_in_one_post_are_a_thousand_facts() -> None:
    statuses = [{"id": f"wamid.{n}", "status": "sent", "timestamp": "1795366800"} for n in range(1000)]
    value = {"metadata": {"phone_number_id": "1"}, "statuses": statuses}
    change = {"field": "messages", "value": value}
    body = {"object": "whatsapp_business_account", "entry": [{"changes": [change]}]}
    parsed = webhooks.parse(json.dumps(body).encode())
    assert [fact.provider_id for fact in parsed.statuses] == [f"wamid.{n}" for n in range(1000)]


@pytest.mark.parametrize("timestamp", ["9" * 12, "-1", "1.5", "", " 1", "\u0661", True, None, 1e20, {}])
def test_a_timestamp_that_says_no_moment_is_zero(timestamp: object) -> None:
    status = {"id": "wamid.A", "status": "sent", "timestamp": timestamp}
    change = {"field": "messages", "value": {"statuses": [status]}}
    body = {"object": "whatsapp_business_account", "entry": [{"changes": [change]}]}
    assert webhooks.parse(json.dumps(body).encode()).statuses[0].at == 0


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(CASES), st.data())
def test_a_damaged_post_gives_facts_or_a_value_error(path: Path, data: st.DataObject) -> None:
    body = json.loads(body_of(json.loads(path.read_text("utf-8"))))
    node: Any = body
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        if isinstance(node[key], dict | list) and data.draw(st.booleans()):
            node = node[key]
        else:
            node[key] = data.draw(anything)
            break
    try:
        parsed = webhooks.parse(json.dumps(body).encode())
    except ValueError:
        return
    assert isinstance(parsed, Parsed)
    msgspec.json.encode(parsed)
    for fact in parsed.statuses:
        assert fact.provider_id
        assert fact.status
        assert 0 <= fact.at < 2**47
        assert all(isinstance(value, str | None) for value in (fact.recipient, fact.token))


@settings(max_examples=300, deadline=None)
@given(st.integers(400, 599), anything, st.dictionaries(st.sampled_from(["code", "message"]), anything))
def test_any_answer_gives_an_outcome(status: int, body: object, error: dict[str, object]) -> None:
    for value in (body, {"error": error}, {"error": body}):
        outcome = failures.from_answer(status, {}, json.dumps(value).encode())
        assert isinstance(outcome, Ambiguous if status >= 500 else Ambiguous | Refused)


def test_the_table_says_for_every_code_what_a_person_needs() -> None:
    effects = {"fail", "retry", "slow_number", "delay_lane", "hold_number"}
    for code, known in failures.KNOWN.items():
        assert known.effect in effects, code
        assert known.actor in {"sender", "operator", "recipient", "provider", "nobody"}, code
        assert all(text.endswith(".") for text in (known.cause, known.remedy)), code
        assert known.wait is None or known.effect in {"retry", "delay_lane"}, code
    holding = {code for code, known in failures.KNOWN.items() if known.effect == "hold_number"}
    permissions = {str(code) for code in range(200, 300)} | {"10"}
    unknown_number = {"33", "100/33", "803"}
    assert holding == {"0", "190", "368", "131031", "131048"} | permissions | unknown_number


def test_every_code_of_metas_list_for_sending_is_in_the_table() -> None:
    codes = """0 1 2 3 4 10 33 100 190 200 299 368 803 80007 80008 130403 130429 130472 130497 131000
    131005 131008 131009 131016 131020 131021 131026 131030 131031 131037 131041 131042 131044 131045
    131047 131048 131049 131050 131051 131052 131053 131055 131056 131057 131060 131061 131062 131063
    131064 131065 131070 131208 132000 132001 132005 132007 132008 132012 132015 132016 132018 132068
    132069 133000 133004 133005 133006 133008 133009 133010 133015 133016 134011 134100 134101 134102
    135000 137000 138000 138038 139000 139006 139200 1026"""
    assert [code for code in codes.split() if code not in failures.KNOWN] == []


def test_a_subcode_can_say_more_than_its_code() -> None:
    error = failures.from_status_error(
        {"code": 100, "error_subcode": 33, "message": "Unsupported post request"}
    )
    assert (error.code, error.actor) == (100, "operator")
    assert isinstance(error, SendError)
