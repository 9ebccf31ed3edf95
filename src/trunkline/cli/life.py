"""A message's life in words. Pure: from the API's JSON to lines."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

Message = dict[str, Any]

_RANK = {"submitted": 1, "sent": 2, "delivered": 3, "read": 4}
_LAST_REPORT = {"read": _RANK["submitted"], "reaction": _RANK["sent"]}
ENDS = frozenset({"failed", "expired", "canceled", "unconfirmed"})
"""States that no longer lead to the awaited one."""

MEANING: dict[str, str] = {
    "scheduled": "Accepted; its time has not come.",
    "queued": "Accepted and safe; it goes as soon as order and pace allow.",
    "held": "Waits until what holds it is mended.",
    "sending": "Its send is under way.",
    "unknown": (
        "It may or may not have reached the provider: no usable answer came back. Evidence settles the "
        "doubt, or your decision."
    ),
    "submitted": "The provider took it.",
    "sent": "The provider sent it to the recipient's device.",
    "delivered": "It is on the recipient's device.",
    "read": "The recipient has read it.",
    "failed": "It did not reach the recipient.",
    "expired": "Its life ended before it could be sent.",
    "canceled": "Withdrawn before it was sent.",
    "unconfirmed": "Whether it arrived could not be found out; it is not sent again unless you decide so.",
}

STYLE: dict[str, str] = {
    "held": "yellow",
    "unknown": "yellow",
    "unconfirmed": "yellow",
    "expired": "red",
    "failed": "red",
    "delivered": "green",
    "read": "bold green",
}


def has_reached(message: Message, wanted: str) -> bool:
    """Of a read mark nothing is reported once it was taken, and of a reaction nothing after `sent`."""
    needed = min(_RANK[wanted], _LAST_REPORT.get(message["type"], _RANK["read"]))
    return _RANK.get(message["state"], 0) >= needed


def has_ended(message: Message) -> bool:
    return message["state"] in ENDS


def summary(message: Message) -> Iterator[tuple[str, str]]:
    """Label and text of what stands above the timeline."""
    yield "id", message["id"]
    yield "state", message["state"] + _reason(message) + f": {meaning(message)}"
    yield "type", message["type"]
    yield "from", message["from"]
    if address := message.get("to") or message.get("recipient"):
        yield "to", address
    if message.get("context"):
        yield "about", message["context"]["message_id"]
    if message.get("provider_id"):
        yield "wamid", message["provider_id"]
    yield "created", local_time(message["created_at"], with_date=True)
    if message["state"] in ("scheduled", "queued", "held"):
        yield "due", local_time(message["due_at"], with_date=True)
    if str(message.get("state_reason")).startswith("number_held"):
        yield "remedy", f"mend the cause, then: trunkline numbers release {message['from']}"
    if message.get("state_reason") == "window_closed":
        yield "remedy", "it goes when the person writes; a template would go now"
    if (message.get("fallback") or {}).get("used"):
        yield "fallback", "the 24-hour window was closed, so its template went"
    if message["state"] == "held" and message.get("state_reason") == "restored":
        yield "remedy", "decide on all that a restore holds: trunkline db release-restored"
    yield from _choices(message)
    if message.get("error"):
        yield from error_lines(message["error"])


def inbound_summary(message: Message) -> Iterator[tuple[str, str]]:
    """The same of a message from a person."""
    yield "id", message["id"]
    yield "type", message["type"]
    yield "from", message.get("from") or message.get("sender") or ""
    yield "to", message["to"]
    if message.get("context"):
        yield "about", message["context"]["message_id"]
    yield "wamid", message["provider_id"]
    yield "written", local_time(message["at"], with_date=True)
    yield "received", local_time(message["received_at"], with_date=True)
    yield "talk", message["conversation_id"]


def _choices(message: Message) -> Iterator[tuple[str, str]]:
    """What can be decided about a doubt."""
    state, id_ = message["state"], message["id"]
    if state in ("unknown", "unconfirmed"):
        yield "resend", f"trunkline messages resend {id_} (it may arrive twice)"
    if state == "unknown":
        yield (
            "abandon",
            f"trunkline messages abandon {id_} (it may never arrive; what waits behind it goes on)",
        )


def _reason(message: Message) -> str:
    return f" ({message['state_reason']})" if message.get("state_reason") else ""


def meaning(message: Message) -> str:
    if message["state"] == "held" and message.get("state_reason") == "window_closed":
        return "Waits until the person writes: the 24-hour window is closed."
    if message["state"] == "held" and message.get("state_reason") == "media":
        return "Waits until its files are with WhatsApp; then it goes by itself."
    return MEANING.get(message["state"], "A state that this version of the command line does not know.")


def error_lines(error: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "error", _named(error)
    yield "cause", error["cause"]
    yield "remedy", f"{error['remedy']} ({error['actor']})"
    if error.get("detail"):
        yield "said", error["detail"]


def moment_note(moment: dict[str, Any]) -> str:
    """What stands behind the state of a moment."""
    parts = []
    if moment.get("attempt", 1) > 1:
        parts.append(f"attempt {moment['attempt']}")
    if moment.get("outcome") not in (None, "taken"):
        parts.append(moment["outcome"].replace("_", " "))
    if moment.get("settled_by"):
        parts.append(f"settled by {moment['settled_by']}")
    error = moment.get("error")
    if error:
        parts.append(_named(error))
    elif moment.get("detail"):
        parts.append(moment["detail"])
    return "; ".join(parts)


def _named(error: dict[str, Any]) -> str:
    """Its code, where it is one of the provider's, and its title."""
    return f"{error['code']} {error['title']}" if error["code"] else str(error["title"])


def new_moments(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that were not there before, in the order of the timeline; late ones may stand in its middle."""
    rest = list(before)
    new = []
    for moment in after:
        if moment in rest:
            rest.remove(moment)
        else:
            new.append(moment)
    return new


def local_time(text: str, *, with_date: bool = False) -> str:
    """RFC 3339 → this machine's time, to the millisecond."""
    moment = datetime.fromisoformat(text).astimezone()
    clock = f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}"
    return f"{moment:%Y-%m-%d} {clock} {moment:%z}" if with_date else clock
