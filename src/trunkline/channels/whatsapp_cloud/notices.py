"""What Meta tells of numbers, templates, accounts, and of what people want → `Notice`, `Preference`. Pure.

A field of which nobody here has heard becomes a notice as well, with its value as it came. What follows from
one, such as a new limit or a hold, is read here; it is carried out by `inbound/notices.py`. Source: Meta's
webhook reference, one page a field.
"""

import re
from typing import Any

from trunkline.channels.contract import Notice, Person, Preference
from trunkline.channels.whatsapp_cloud.members import (
    digits,
    milliseconds,
    name,
    obj,
    objects,
    text,
    whole,
    word,
)
from trunkline.channels.whatsapp_cloud.pricing import told as price_news

_TIER = re.compile(r"TIER_(\d{1,6})(K|M)?")
_THOUSANDS = {None: 1, "K": 1_000, "M": 1_000_000}
_LIMIT = "max_daily_conversations_per_business"
_BULKY = frozenset({"history", "smb_app_state_sync", "smb_message_echoes", "standby"})
"""The chats of somebody else with our people: kept raw, no news of an account."""

_WANTS = {"resume": True, "stop": False}
_ENDS = {
    "ACCOUNT_DELETED": "the business account was deleted",
    "ACCOUNT_OFFBOARDED": "the account left the platform",
}
_STOPS = ("RESTRICTED_BIZ_INITIATED_MESSAGING", "RESTRICTED_CUSTOMER_INITIATED_MESSAGING")


def preference(told: dict[str, Any], number_id: str) -> Preference | None:
    """None for what names nobody, or says neither stop nor resume."""
    phone, user_id = digits(told.get("wa_id")), text(told.get("user_id")) or None
    wants = _WANTS.get(str(told.get("value")))
    category = word(told.get("category"))
    if wants is None or category is None or not (phone or user_id):
        return None
    return Preference(
        phone_number_id=number_id,
        at=milliseconds(told.get("timestamp")),
        person=Person(phone=phone, user_id=user_id),
        category=category,
        wants=wants,
        detail=name(told.get("detail")),
    )


def trouble(waba_id: str, at: int, number_id: str, error: dict[str, Any]) -> Notice | None:
    """An error that is about no message, in a post of messages."""
    return Notice(
        type="number.changed", field="errors", waba_id=waba_id, at=at, phone_number_id=number_id, value=error
    )


def notice(waba_id: str, at: int, field: Any, value: dict[str, Any]) -> Notice | None:
    """None for what has no name, and for whole chats."""
    known_as = word(field)
    if known_as is None or known_as in _BULKY:
        return None
    is_template = known_as.startswith(("message_template", "template_"))
    number_id, number = (None, None) if is_template else _number(value)
    effect = _EFFECTS.get(known_as, _nothing)(value)
    return Notice(
        type="template.changed"
        if is_template
        else "number.changed"
        if number_id or number
        else "account.changed",
        field=known_as,
        waba_id=waba_id,
        at=at,
        phone_number_id=number_id,
        digits=number,
        value=value,
        **effect,
    )


def _number(value: dict[str, Any]) -> tuple[str | None, str | None]:
    """Which number it is about, by its id or by its digits."""
    metadata = obj(value.get("metadata"))
    number_id = text(metadata.get("phone_number_id")) or text(value.get("phone_number_id"))
    if value.get("entity_type") == "PHONE_NUMBER":
        number_id = number_id or _as_word(value.get("entity_id"))
    return number_id or None, digits(value.get("display_phone_number"))


def _nothing(value: dict[str, Any]) -> dict[str, Any]:
    return {}


def _quality(value: dict[str, Any]) -> dict[str, Any]:
    """Of one number; its limit is the portfolio's and comes with it."""
    info = {"quality_event": word(value.get("event"))}
    limit = value.get(_LIMIT, value.get("current_limit"))
    return _limit(limit) | {"info": _said({**info, "limit": _as_word(limit)})}


def _capability(value: dict[str, Any]) -> dict[str, Any]:
    limit = value.get(_LIMIT)
    return _limit(limit) | {"info": _said({"limit": _as_word(limit)})}


def _limit(limit: Any) -> dict[str, Any]:
    """`TIER_2K` as Meta wrote it for long, or the number itself; -1 and `TIER_UNLIMITED` are none at all."""
    if limit == "TIER_UNLIMITED":
        return {"daily_recipients": 0}
    tier = _TIER.fullmatch(limit) if isinstance(limit, str) else None
    count = int(tier[1]) * _THOUSANDS[tier[2]] if tier else whole(limit)
    if count is None or count == 0 or count >= 2**31:
        return {}
    return {"daily_recipients": max(count, 0)}


def _as_word(limit: Any) -> str | None:
    return word(str(limit)) if isinstance(limit, str | int) else None


def _name(value: dict[str, Any]) -> dict[str, Any]:
    decision = word(value.get("decision"))
    asked = name(value.get("requested_verified_name"))
    return {"info": _said({"name_decision": decision, "name": asked if decision == "APPROVED" else None})}


def _username(value: dict[str, Any]) -> dict[str, Any]:
    return {
        "info": _said({"username": name(value.get("username")), "username_status": word(value.get("status"))})
    }


def _review(value: dict[str, Any]) -> dict[str, Any]:
    return {"info": _said({"account_review": word(value.get("decision"))})}


def _account(value: dict[str, Any]) -> dict[str, Any]:
    event = word(value.get("event"))
    if event in _ENDS:
        return {"hold": _ENDS[event], "info": {"account": event}}
    if event == "ACCOUNT_RECONNECTED":
        return {"release": True, "info": {"account": event}}
    if event == "DISABLED_UPDATE":
        return _ban(obj(value.get("ban_info")))
    if event == "ACCOUNT_RESTRICTION":
        return _restriction(value)
    prices = price_news.remembered(value)
    return {"info": prices} if prices else {}


def _ban(ban: dict[str, Any]) -> dict[str, Any]:
    state = word(ban.get("waba_ban_state"))
    info = _said({"account": state})
    if state == "DISABLE":
        return {"hold": "the business account is disabled", "info": info}
    return {"release": state == "REINSTATE", "info": info}


def _restriction(value: dict[str, Any]) -> dict[str, Any]:
    """One on what the business or its customers begin stops the number; one on utility templates does not."""
    told = {word(one.get("restriction_type")): one for one in objects(value.get("restriction_info"))}
    kinds = [kind for kind in told if kind is not None]
    made: dict[str, Any] = {"info": _said({"restrictions": ", ".join(kinds)})}
    if stops := [kind for kind in kinds if kind in _STOPS]:
        ends = [milliseconds(told[kind].get("expiration")) for kind in stops]
        made["hold"] = f"the business account is restricted: {', '.join(stops)}"
        made["hold_until"] = max(ends) if all(ends) else None
    return made


def _said(info: dict[str, str | None]) -> dict[str, str]:
    return {key: value for key, value in info.items() if value}


_EFFECTS = {
    "phone_number_quality_update": _quality,
    "business_capability_update": _capability,
    "phone_number_name_update": _name,
    "business_username_update": _username,
    "business_username_updates": _username,
    "account_review_update": _review,
    "account_update": _account,
}
