"""Who it goes to, from whom, when, and which message it points at."""

import re
from typing import Any

from trunkline import phones
from trunkline.clock import parse_rfc3339
from trunkline.shape import BROKEN, Findings, Integer, Schema, Shape, Text

_FURTHEST = 366 * 24 * 3600 * 1000


class Phone(Text):
    """A phone number; its normal form is the digits of E.164."""

    def __init__(self, about: str, *, warns: bool) -> None:
        super().__init__(form='a phone number with its country code, as in "+1 555 000 1234"', about=about)
        self._warns = warns

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        if type(value) is not str:
            return self.wrong_type(value, at, findings)
        try:
            digits, doubt = phones.normalise(value)
        except phones.PhoneError as error:
            findings.refuse(at, error.rule, _sentence(error.detail), found=value, expected=error.expected)
            return value
        if doubt is not None and self._warns:
            findings.warn(at, "phone_doubtful", _sentence(doubt), found=value)
        return digits


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


class Moment(Shape):
    """A time to come: RFC 3339 with an offset, or whole seconds since 1970. Normal form: milliseconds."""

    kind = "a time"
    _rfc3339 = re.compile(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
    )

    def __init__(self) -> None:
        super().__init__(
            "a time in the next 366 days, as 2026-12-24T18:00:00+01:00 or as whole seconds since 1970",
            "Send at this time, at most 366 days ahead: RFC 3339 with an offset, or seconds since 1970.",
        )

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        if type(value) is int:
            moment = value * 1000
        elif type(value) is not str:
            return self.wrong_type(value, at, findings)
        else:
            try:
                moment = self._read(value)
            except (ValueError, OverflowError):
                detail = "This is not a time with date, seconds and offset."
                findings.refuse(at, "format", detail, found=value, expected=self.says)
                return BROKEN
        self._must_come(moment, value, at, findings)
        return moment

    def _read(self, text: str) -> int:
        if self._rfc3339.fullmatch(text.upper()) is None:
            raise ValueError(text)
        return parse_rfc3339(text.upper())

    def _must_come(self, moment: int, value: Any, at: str, findings: Findings) -> None:
        now: int = findings.setting.now
        if moment <= now:
            findings.refuse(at, "in_the_past", "This time has passed.", found=value, expected=self.says)
        elif moment > now + _FURTHEST:
            seconds_meant = type(value) is int and now < value <= now + _FURTHEST
            detail = "This is more than 366 days ahead" + (
                ": milliseconds, it seems." if seconds_meant else "."
            )
            findings.refuse(at, "too_far_ahead", detail, found=value, expected=self.says)

    def schema(self) -> Schema:
        text = {"type": "string", "format": "date-time"}
        return super().schema() | {"anyOf": [text, Integer(about="Seconds since 1970.").schema()]}


TO = Phone("The recipient's phone number, with or without `+`.", warns=True)
SENDER = Phone("The business number to send from; needed when the account has several.", warns=False)
RECIPIENT = Text(
    pattern=r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}",
    form="a business-scoped user id such as US.13491208655302741918",
    about="A business-scoped user id, in place of `to`.",
)
MESSAGE_ID = Text(
    at_most=512,
    pattern=r"[!-~]+",
    form="a message id, ours (msg_…) or WhatsApp's (wamid.…)",
    about="Ours (`msg_…`) or WhatsApp's (`wamid.…`).",
)
SEND_AT = Moment()
