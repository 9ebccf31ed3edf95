"""Our events → Meta's webhook body, for receivers that were built for the Cloud API. Pure.

Statuses carry our id and the caller's own `biz_opaque_callback_data`; messages keep the id that Meta gave
them, which is what a reply or a read mark has to name. A reference to a message of ours becomes our id. What
Meta has no word for (`message.submitted`, `message.expired` …) is not told.
Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from trunkline.channels.contract import Told
from trunkline.channels.whatsapp_cloud.members import objects

_HREF = "https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes"
_NOBODY = "15550000000"  # of the test: no such number is in service

Json = dict[str, Any]


def tells(type_: str) -> bool:
    return type_ in _WRITERS


def webhook(events: Sequence[Told], *, names_recipients: bool) -> bytes:
    """What concerns one number and field stands in one change, as Meta batches it.

    Since 2026 Meta names whom a status is about in `contacts` too, and clients have come to rely on it; older
    ones take any `contacts` for a message from somebody.
    """
    changes: dict[tuple[str, str, str], Json] = {}
    entries: dict[str, Json] = {}
    for event in events:
        if event.type not in _WRITERS:
            continue
        kind, change = _WRITERS[event.type](event)
        if kind == "statuses" and not names_recipients:
            change["value"].pop("contacts", None)
        place = (event.waba_id, event.phone_number_id, kind)
        if kind in ("statuses", "messages") and place in changes:
            _join(changes[place]["value"], change["value"])
            continue
        changes[place] = change
        _entry(event, entries, kind)["changes"].append(change)
    return msgspec.json.encode({"object": "whatsapp_business_account", "entry": list(entries.values())})


def _entry(event: Told, entries: dict[str, Json], kind: str) -> Json:
    """One for each business account; what concerns the account itself has one of its own, with its moment."""
    waba_id = event.waba_id or str(event.data.get("waba_id") or "0")
    if kind == "notice":
        return entries.setdefault(
            f"{waba_id} {event.id}", {"id": waba_id, "time": event.at // 1000, "changes": []}
        )
    return entries.setdefault(waba_id, {"id": waba_id, "changes": []})


def _join(value: Json, more: Json) -> None:
    for name in ("statuses", "messages"):
        if name in more:
            value[name] += more[name]
    if new := [contact for contact in more.get("contacts", ()) if contact not in value.get("contacts", ())]:
        value.setdefault("contacts", []).extend(new)


def _status(event: Told) -> tuple[str, Json]:
    data = event.data
    detail = data.get("detail") or {}
    status: Json = {
        "id": data["id"],
        "status": data["status"],
        "timestamp": str(data["at"] // 1000),
    } | _recipient(data["to"])
    if data.get("callback_data") is not None:
        status["biz_opaque_callback_data"] = data["callback_data"]
    for name in ("conversation", "pricing"):
        if detail.get(name):
            status[name] = detail[name]
    if data["status"] == "failed":
        errors = detail.get("errors") or [data.get("error") or {}]
        status["errors"] = [_error(error) for error in errors]
    return "statuses", _messages_change(event, _recipient_as_contact(data["to"]) | {"statuses": [status]})


def _recipient(address: str) -> Json:
    """A phone or a user id; a read mark is for nobody."""
    if address.isdecimal():
        return {"recipient_id": address}
    return {"recipient_user_id": address} if "." in address and not address.startswith("wamid.") else {}


def _recipient_as_contact(address: str) -> Json:
    known = _recipient(address)
    names = {"wa_id": "recipient_id", "user_id": "recipient_user_id"}
    return {"contacts": [_named(known, names)]} if known else {}


def _error(error: Mapping[str, Any]) -> Json:
    title = error.get("title") or "Unknown error"
    details = error.get("detail") or error.get("cause") or title
    return {
        "code": error.get("code", 0),
        "title": title,
        "message": title,
        "error_data": {"details": details},
        "href": _HREF,
    }


def _message(event: Told) -> tuple[str, Json]:
    data = event.data
    type_, sender = data["type"], _sender(data)
    message = _named(sender, {"from": "phone", "from_user_id": "user_id"})
    message |= _named(sender, {"from_parent_user_id": "parent_user_id"})
    message |= {"id": data["provider_id"], "timestamp": str(data["at"] // 1000)}
    if type_ == "call":
        change = _messages_change(
            event, _contacts(sender) | {"calls": [message | (data.get("extras") or {})]}
        )
        return "calls", change | {"field": "calls"}
    message["type"] = type_
    if data["content"] not in (None, {}):
        message[type_] = data["content"]
    message |= data.get("extras") or {}
    if data.get("context_message_id"):
        _name_ours(message, data["context_message_id"])
    value: Json = {"messages": [message]}
    return "messages", _messages_change(event, value if type_ == "system" else _contacts(sender) | value)


def _sender(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Who changed their number or user id is named by the former ones, and the content has the new ones."""
    sender: Json = data["sender"]
    former: Sequence[str] = data.get("moved_from") or ()
    phones = [address for address in former if address.isdecimal()]
    user_ids = [address for address in former if not address.isdecimal()]
    moved = {"phone": phones[0]} if phones else {}
    return sender | moved | ({"user_id": user_ids[0]} if user_ids else {})


def _name_ours(message: Json, message_id: str) -> None:
    """Where it names the message that it answers or reacts to: by the id that the caller knows."""
    context, reaction = message.get("context"), message.get("reaction")
    if isinstance(context, dict) and "id" in context:
        message["context"] = context | {"id": message_id}
    if isinstance(reaction, dict) and "message_id" in reaction:
        message["reaction"] = reaction | {"message_id": message_id}


def _contacts(sender: Mapping[str, Any]) -> Json:
    profile = _named(sender, {"name": "name", "username": "username"})
    addresses = _named(sender, {"wa_id": "phone", "user_id": "user_id", "parent_user_id": "parent_user_id"})
    return {"contacts": [({"profile": profile} if profile else {}) | addresses]}


def _named(given: Mapping[str, Any], names: Mapping[str, str]) -> Json:
    return {theirs: given[ours] for theirs, ours in names.items() if given.get(ours) is not None}


def _notice(event: Told) -> tuple[str, Json]:
    return "notice", {"field": event.data["field"], "value": event.data["value"]}


def _template(event: Told) -> tuple[str, Json]:
    """As it was told; what was found without being told, as Meta would have told the most of it."""
    if event.data.get("field") is not None:
        return _notice(event)
    data, changes = event.data, event.data["changes"]
    field = next((field for member, field in _OF_MEMBERS.items() if member in changes), _STATUS)
    return "notice", {"field": field, "value": _identity(data) | _SAID[field](data, changes)}


def _identity(data: Mapping[str, Any]) -> Json:
    provider_id = str(data.get("provider_id") or "0")
    return {
        "message_template_id": int(provider_id) if provider_id.isdecimal() else provider_id,
        "message_template_name": data.get("name"),
        "message_template_language": data.get("language"),
    }


def _status_said(data: Mapping[str, Any], changes: Mapping[str, Any]) -> Json:
    return {
        "event": data.get("status"),
        "reason": data.get("rejected_reason") or "NONE",
        "message_template_category": data.get("category"),
    }


def _category_said(data: Mapping[str, Any], changes: Mapping[str, Any]) -> Json:
    if "category" in changes:
        return {"previous_category": changes["category"][0], "new_category": data.get("category")}
    return {"correct_category": data.get("correct_category"), "new_category": data.get("category")}


def _quality_said(data: Mapping[str, Any], changes: Mapping[str, Any]) -> Json:
    before, after = changes["quality"]
    return {"previous_quality_score": before or "UNKNOWN", "new_quality_score": after or "UNKNOWN"}


def _parts_said(data: Mapping[str, Any], changes: Mapping[str, Any]) -> Json:
    """Its text; Meta does not tell all of it either."""
    definition = changes["definition"][1]
    parts = definition.get("components") if isinstance(definition, dict) else None
    names = {"HEADER": "title", "BODY": "element", "FOOTER": "footer"}
    texts = {names.get(str(part.get("type"))): part.get("text") for part in objects(parts)}
    return {f"message_template_{name}": text for name, text in texts.items() if name and text is not None}


_STATUS = "message_template_status_update"
_SAID: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Json]] = {
    _STATUS: _status_said,
    "template_category_update": _category_said,
    "message_template_quality_update": _quality_said,
    "message_template_components_update": _parts_said,
}
_OF_MEMBERS = {
    "status": _STATUS,
    "category": "template_category_update",
    "correct_category": "template_category_update",
    "quality": "message_template_quality_update",
    "definition": "message_template_components_update",
}
"""Member that changed → the field of Meta's that tells it, the weightiest first."""


def _test(event: Told) -> tuple[str, Json]:
    """A status of a message that nobody sent: receivers pass over it, whatever they do on real ones."""
    status = {
        "id": event.id,
        "status": "delivered",
        "timestamp": str(event.at // 1000),
        "recipient_id": _NOBODY,
    }
    return "statuses", _messages_change(event, _recipient_as_contact(_NOBODY) | {"statuses": [status]})


def _messages_change(event: Told, parts: Json) -> Json:
    metadata = {"display_phone_number": event.digits, "phone_number_id": event.phone_number_id}
    value = {"messaging_product": "whatsapp", "metadata": metadata} | parts
    return {"field": "messages", "value": value}


_WRITERS: dict[str, Callable[[Told], tuple[str, Json]]] = {
    "message.received": _message,
    **dict.fromkeys(("message.sent", "message.delivered", "message.read"), _status),
    **dict.fromkeys(("message.played", "message.failed"), _status),
    **dict.fromkeys(("number.changed", "account.changed"), _notice),
    "template.changed": _template,
    "endpoint.test": _test,
}
