"""The checker of the way back sees what is wrong: it is only worth something if it can say no."""

from typing import Any

import pytest

from tests.chaos.delivery_checker import Evidence, check

MESSAGE, WRITTEN = "msg_1", "msg_2"
EVENTS = [
    ("evt_1", "message.submitted", MESSAGE, 1),
    ("evt_2", "message.received", WRITTEN, 1),
    ("evt_3", "message.sent", MESSAGE, 2),
    ("evt_4", "message.delivered", MESSAGE, 3),
]


def event(row: tuple[str, str, str, int]) -> dict[str, Any]:
    return dict(zip(("id", "type", "object_id", "sequence"), row, strict=True))


def came(event_id: str, body: str = "a", **changes: Any) -> dict[str, Any]:
    row = {"id": event_id, "sha256": body, "body_id": event_id, "is_signed": True, "answer": "ok"}
    return row | changes


def evidence(**changes: Any) -> Evidence:
    whole: dict[str, Any] = {
        "written": [{"wamid": "wamid.in"}],
        "told": [{"wamid": "wamid.out", "statuses": ["sent", "delivered"]}],
        "messages": [{"id": MESSAGE, "state": "delivered", "provider_id": "wamid.out"}],
        "inbound": [{"id": WRITTEN, "provider_id": "wamid.in"}],
        "events": [event(row) for row in EVENTS],
        "deliveries": [{"event_id": "evt_3", "state": "delivered"}],
        "received": [came(row[0]) for row in EVENTS],
    }
    return Evidence(**(whole | changes))


def without(event_id: str) -> list[dict[str, Any]]:
    return [event(row) for row in EVENTS if row[0] != event_id]


def test_a_run_in_which_all_came_is_clean() -> None:
    verdict = check(evidence(received=[came(row[0]) for row in EVENTS] + [came("evt_2")]))
    assert verdict.is_clean(), verdict
    assert (verdict.written, verdict.statuses, verdict.events, verdict.repeated) == (1, 2, 4, 1)


RECEIVED = [came(row[0]) for row in EVENTS]


@pytest.mark.parametrize(
    ("found", "changes"),
    [
        ("missing_messages", {"events": without("evt_2")}),
        ("missing_messages", {"events": [*without(""), event(("evt_5", "message.received", WRITTEN, 2))]}),
        ("missing_statuses", {"events": without("evt_4")}),
        ("missing_statuses", {"events": [*without(""), event(("evt_5", "message.sent", MESSAGE, 4))]}),
        ("missing_statuses", {"events": [*without(""), event(("evt_5", "message.read", MESSAGE, 4))]}),
        ("unaccounted", {"inbound": []}),
        ("unaccounted", {"messages": []}),
        ("gaps", {"events": without("evt_3")}),
        ("gaps", {"events": [event(EVENTS[n]) for n in (0, 1, 3, 2)]}),
        ("undelivered", {"received": RECEIVED[1:]}),
        ("invented", {"received": [*RECEIVED, came("evt_9")]}),
        ("invented", {"received": [*RECEIVED, came("evt_1", body_id="evt_2")]}),
        ("changed", {"received": [*RECEIVED, came("evt_1", "another body")]}),
        ("unsigned", {"received": [*RECEIVED, came("evt_1", is_signed=False)]}),
        ("left_waiting", {"deliveries": [{"event_id": "evt_3", "state": "waiting"}]}),
    ],
)
def test_what_is_wrong_is_seen(found: str, changes: dict[str, Any]) -> None:
    assert getattr(check(evidence(**changes)), found)
