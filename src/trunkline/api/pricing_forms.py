"""What callers may say of prices: a card, how they are billed, messages to be estimated."""

import re
from datetime import date
from typing import Any

from trunkline.api.contact_form import TimeZone
from trunkline.api.forms import Changes, Moment, PhoneNumber
from trunkline.shape import BROKEN, Array, Boolean, Choice, Findings, Integer, Object, Text


class Day(Text):
    """A day of the calendar; its normal form is a `date`."""

    def __init__(self, about: str) -> None:
        super().__init__(pattern=r"\d{4}-\d\d-\d\d", form="a day such as 2026-10-01", about=about)

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        before = len(findings.problems)
        text = super().check(value, at, findings)
        if len(findings.problems) > before:
            return BROKEN
        try:
            return date.fromisoformat(text)
        except ValueError:
            detail = "The calendar has no such day."
            findings.refuse(at, "format", detail, found=value, expected=self.says)
            return BROKEN


class Whom(Text):
    """An address, or the beginning of one that tells the market; normally without `+` and blanks."""

    _clean = re.compile(r"[+ ().-]")
    _user_id = re.compile(r"[A-Z]{2}\..+")

    def __init__(self) -> None:
        super().__init__(
            at_most=512,
            pattern=r"\+?[0-9 ().-]{1,40}|[A-Z]{2}\.[ -~]+",
            form='a phone number or its beginning such as "+49", or a user id',
            about="Whom they go to: a phone number, its beginning (`+49`; of `+1` with the area code), or a "
            "user id.",
        )

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        text = super().check(value, at, findings)
        if text is BROKEN or self._user_id.fullmatch(text):
            return text
        return self._clean.sub("", text)


_CURRENCY = Text(pattern="[A-Z]{3}", form="a currency such as USD", about="In which the account is billed.")

CARD = Object(
    {
        "currency": Text(pattern="[A-Z]{3}", form="a currency such as USD", about="Of the rates."),
        "effective_from": Day("The first day on which they hold, where the account is billed."),
        "rates": Text(
            at_most=1 << 18, about="The file as text: CSV with a header (docs/pricing.md has its columns)."
        ),
    },
    {
        "source": Text(at_most=300, about="Where it is from, to be shown with estimates."),
        "dry_run": Boolean("Read it and say what is wrong; keep nothing."),
    },
)

BILLING = Changes(
    {
        "currency": _CURRENCY,
        "time_zone": TimeZone("Whose midnight begins the account's days and months."),
        "country": Text(
            pattern="[A-Z]{2}",
            form="two letters such as DE",
            about="Of the business, as the provider determined it: there no international rate is paid.",
        ),
        "utility_in_window": Choice(
            "charged", "free", about="Utility templates in an open window since October 2026."
        ),
        "exempt": Boolean("A government or non-profit whose service messages the provider exempted."),
        "international": Array(
            Object({"market": Text(at_most=60), "since": Day("The first day.")}),
            at_most=100,
            about="Markets in which the rate for international authentication is paid, and since when.",
        ),
    },
)

ESTIMATE = Object(
    {
        "messages": Array(
            Object(
                {
                    "to": Whom(),
                    "category": Text(
                        at_most=60, about="marketing, utility, authentication, service (no template) …"
                    ),
                },
                {
                    "count": Integer(at_least=1, at_most=10**9, about="How many; 1 by default."),
                    "from": PhoneNumber("The business number, for its free quota; else the default one."),
                    "at": Moment("When they are delivered; now by default."),
                    "window_open": Boolean("The person wrote within 24 hours."),
                    "free_entry": Boolean("The person came by an advertisement, and its window is open."),
                },
            ),
            at_least=1,
            at_most=1000,
            about="Messages that are charged alike, in the order in which they are delivered.",
        )
    }
)
