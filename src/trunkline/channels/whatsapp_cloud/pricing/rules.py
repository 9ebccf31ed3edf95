"""Meta's rules of charging, by period. Pure.

A change begins at midnight of the business account's time zone, always on the first day of a quarter.
Sources and what is not known: docs/pricing.md.
"""

from datetime import date
from typing import Literal

import msgspec

FREE_SERVICE_MESSAGES = 1000
"""A business number and calendar month; what is left of it does not go over to the next."""

EXEMPT_UNTIL = date(2027, 12, 31)
"""The last day on which service messages of governments and non-profits cost nothing."""

TIERED = frozenset({"utility", "authentication"})
"""Only these have volume tiers; elsewhere a card's first rate holds for all."""


class Rules(msgspec.Struct, frozen=True):
    """How one period is charged."""

    name: str
    since: date
    by: Literal["conversation", "message"]
    """`conversation`: the first delivered message of a category opens one for 24 hours and is charged."""
    has_tiers: bool
    is_service_charged: bool
    is_utility_charged_in_window: bool


CONVERSATIONS = Rules("conversations", date(2024, 11, 1), "conversation", False, False, True)
MESSAGES = Rules("messages", date(2025, 7, 1), "message", True, False, False)
SERVICE = Rules("service", date(2026, 10, 1), "message", True, True, True)
SERVICE_WITH_FREE_UTILITY = Rules(
    "service_with_free_utility", date(2026, 10, 1), "message", True, True, False
)
"""The other reading of October 2026: a utility template within an open window stays free."""

ALL = {rules.name: rules for rules in (CONVERSATIONS, MESSAGES, SERVICE, SERVICE_WITH_FREE_UTILITY)}


class UnknownPeriod(LookupError):
    """Nothing is known here of how messages of that day were charged."""


def rules_on(day: date, *, is_utility_charged_in_window: bool = True) -> Rules:
    """The switch says which of the two readings of October 2026 is taken; it changes no earlier period."""
    newest = SERVICE if is_utility_charged_in_window else SERVICE_WITH_FREE_UTILITY
    for rules in (newest, MESSAGES, CONVERSATIONS):
        if rules.since <= day:
            return rules
    raise UnknownPeriod(f"the rules before {CONVERSATIONS.since} are not known here")
