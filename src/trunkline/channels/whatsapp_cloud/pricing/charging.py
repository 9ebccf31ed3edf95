"""Whether one kind of message is charged, as what, and if not, why. Pure: the rules, one by one."""

from collections.abc import Mapping
from datetime import date

import msgspec

from trunkline.channels.whatsapp_cloud.pricing.cards import INTERNATIONAL
from trunkline.channels.whatsapp_cloud.pricing.rules import EXEMPT_UNTIL, Rules

REACTION = "reaction"
"""Free, and takes nothing of the free quota."""

_CATEGORY = {"group_utility": "utility", "group_service": "service"}
"""As what the rules treat these; they keep their own name in the estimate."""


class Group(msgspec.Struct, frozen=True):
    """Messages that are charged alike, if they are delivered."""

    market: str
    category: str
    is_window_open: bool = False
    """The person wrote to this number in the last 24 hours."""
    is_free_entry: bool = False
    """The number is in a free entry window with the person."""
    is_conversation_open: bool = False
    """Only for the rules by conversation: one of this category is open with the person."""
    number: str = ""
    """The business number, for its free quota."""


class Terms(msgspec.Struct, frozen=True):
    """What else Meta goes by for an account."""

    day: date
    """When the messages will be delivered, in the business account's time zone."""
    rules: Rules
    is_exempt: bool = False
    """A government or non-profit whose service messages are free."""
    international: Mapping[str, date] = {}
    """The markets in which it pays the rate for international authentication, and since when: Meta's webhook
    AUTH_INTL_PRICE_ELIGIBILITY_UPDATE says so. The business's own country is not among them."""


def category_of(type: str, template_category: str | None) -> str:
    """Of a message: its template's category as it is now, `service` for all else but reactions."""
    if type == "template":
        return (template_category or "utility").lower()
    return REACTION if type in {"reaction", "read"} else "service"


def charged_as(group: Group, terms: Terms) -> str:
    since = terms.international.get(group.market)
    if group.category == "authentication" and since is not None and since <= terms.day:
        return INTERNATIONAL
    return group.category.replace("authentication_international", INTERNATIONAL)


def why_free(group: Group, terms: Terms) -> str | None:
    """None: charged, but for what the free quota of service messages still covers."""
    rules = terms.rules
    kind = _CATEGORY.get(group.category, group.category)
    if kind == REACTION:
        return "reaction"
    if group.is_free_entry:
        return "free_entry_point"
    if kind == "service":
        if not rules.is_service_charged:
            return "service_is_free"
        return "paid_exempt" if terms.is_exempt and terms.day <= EXEMPT_UNTIL else None
    if kind == "utility" and group.is_window_open and not rules.is_utility_charged_in_window:
        return "window"
    if rules.by == "conversation" and group.is_conversation_open:
        return "conversation_open"
    return None


def takes_quota(group: Group, terms: Terms) -> bool:
    is_service = _CATEGORY.get(group.category, group.category) == "service"
    return is_service and terms.rules.is_service_charged
