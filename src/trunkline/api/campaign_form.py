"""What a campaign looks like in a request: its members, their limits and their words.

In comes a body, out goes its normal form with moments in milliseconds. What a campaign means beyond its own
shape (its numbers, lists and templates, its gaps) is `campaigns/forms.py`'s affair.
"""

from typing import Any

from trunkline.api import forms
from trunkline.api.contact_form import TimeZone
from trunkline.model.message import PURPOSES
from trunkline.pricing.money import parse_micros
from trunkline.shape import (
    BROKEN,
    Array,
    Boolean,
    Choice,
    Findings,
    Integer,
    Number,
    Object,
    Schema,
    Shape,
    Text,
)

MOST_VARIANTS = 10
MOST_LANGUAGES = 50
MOST_VARIABLES = 100
_MOST_IDS = 100
_LONGEST_NAME = 200

REQUIRED, NOT_REQUIRED = "required", "not_required"
"""Whether who gets it must be known to have agreed."""


class Mapped(Shape):
    """An object whose members have any name and all the same shape."""

    kind = "an object"

    def __init__(self, member: Shape, *, at_most: int, longest_name: int, about: str) -> None:
        super().__init__(f"an object with at most {at_most} members", about)
        self._member, self._most, self._longest = member, at_most, longest_name

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        if type(value) is not dict:
            return self.wrong_type(value, at, findings)
        if len(value) > self._most:
            detail = f"This object has {len(value)} members; at most {self._most} are allowed."
            findings.refuse(at, "too_many", detail, found=len(value), expected=self.says)
            return BROKEN
        return {name: self._one(name, given, at, findings) for name, given in value.items()}

    def _one(self, name: str, given: Any, at: str, findings: Findings) -> Any:
        where = f"{at}/{name.replace('~', '~0').replace('/', '~1')}"
        if not 1 <= len(name.strip()) <= self._longest:
            detail = f"This name has {len(name)} characters; 1 to {self._longest} are allowed."
            findings.refuse(at, "too_long", detail, found=name)
            return BROKEN
        return self._member.check(given, where, findings)

    def schema(self) -> Schema:
        limits = {"maxProperties": self._most, "additionalProperties": self._member.schema()}
        return {"type": "object", **super().schema(), **limits}


class Body(Shape):
    """A message without those to whom and from whom it goes; the rules of its kind come later."""

    kind = "an object"

    def __init__(self, about: str) -> None:
        super().__init__("a message with `type` and the member of that name", about)

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        return value if type(value) is dict else self.wrong_type(value, at, findings)

    def schema(self) -> Schema:
        kind = {"type": {"type": "string"}}
        return {"type": "object", **super().schema(), "properties": kind, "required": ["type"]}


class Money(Text):
    """An amount such as `250.00`; its normal form is millionths."""

    def __init__(self, about: str) -> None:
        super().__init__(
            at_most=20,
            pattern=r"[0-9]{1,12}(?:\.[0-9]{1,6})?",
            form='an amount such as "250.00"',
            about=about,
        )

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        before = len(findings.problems)
        text = super().check(value, at, findings)
        return BROKEN if len(findings.problems) > before else parse_micros(text)


def _clock(about: str) -> Text:
    return Text(pattern="(?:[01][0-9]|2[0-3]):[0-5][0-9]", form="a time of day such as 09:30", about=about)


def _ids(about: str) -> Array:
    return Array(Text(at_most=64), at_most=_MOST_IDS, about=about)


def _named_once(value: dict[str, Any], at: str, findings: Findings) -> None:
    variants = value.get("variants")
    items = variants if type(variants) is list else []
    names = [one.get("name") if type(one) is dict else None for one in items]
    for place, name in enumerate(names):
        if type(name) is str and name in names[:place]:
            findings.refuse(
                f"{at}/variants/{place}/name", "duplicate", "Two variants have this name.", found=name
            )


def _not_two_ends(value: dict[str, Any], at: str, findings: Findings) -> None:
    start, end = value.get("start_at"), value.get("end_at")
    if type(start) is int and type(end) is int and end <= start:
        findings.refuse(f"{at}/end_at", "out_of_range", "It ends before it starts.")


def _not_all_day(value: dict[str, Any], at: str, findings: Findings) -> None:
    start = value.get("start")
    if type(start) is str and start == value.get("end"):
        detail = "They begin and end at the same time: leave them out, or give them an hour."
        findings.refuse(f"{at}/end", "out_of_range", detail, found=start)


_LANGUAGE = "Language of the person, such as `de` or `pt_BR` → what they get instead of `body`."
CONTENT = Object(
    {"body": Body("As POST /v1/whatsapp/messages takes it, without `to` and `from`; `{{name}}` is a gap.")},
    {"languages": Mapped(Body("As `body`."), at_most=MOST_LANGUAGES, longest_name=20, about=_LANGUAGE)},
)
_VARIANT = Object(
    {"name": Text(at_most=50), "content": CONTENT},
    {"weight": Integer(at_least=1, at_most=1000, about="Its share of the recipients; 1 by default.")},
)
_WINNER = Object(
    {
        "percent": Integer(at_least=1, at_most=90, about="Of the recipients, who take part in the test."),
        "by": Choice("delivered", "read", "replied", "clicked", about="The highest share wins."),
        "after_minutes": Integer(
            at_least=1, at_most=10_080, about="How long is waited after the last message of the test."
        ),
    }
)
_VARIABLE = Object(
    {},
    {
        "column": Text(at_most=_LONGEST_NAME, about="Of the imported file."),
        "attribute": Text(
            at_most=_LONGEST_NAME, about="Of the contact; also `name`, `phone` and `language`."
        ),
        "default": Text(at_most=1024, may_be_empty=True, about="Where neither has a text."),
    },
    about="Where the text of a gap comes from: the first of these that has one.",
)
_AUDIENCE = Object(
    {},
    {
        "lists": _ids("Ids of lists."),
        "segments": _ids("Ids of segments."),
        "contacts": Array(Text(at_most=64), at_most=10_000, about="Ids of contacts."),
        "campaign": Text(at_most=64, about="Recipients of another campaign, as `outcome` says."),
        "outcome": Choice(
            "not_delivered", "not_read", "retryable", "all", about="Which of them; `all` by default."
        ),
        "without_lists": _ids("Nobody who is in these."),
        "without_segments": _ids("Nobody who is in these."),
    },
    about="Whoever is in any of these, once.",
)
_QUIET_HOURS = Object(
    {"start": _clock("When they begin."), "end": _clock("When they end; it may be the next day.")},
    {"time_zone": TimeZone("The same for everybody; without it each recipient's own.")},
    rules=[_not_all_day],
)
_SCHEDULE = Object(
    {},
    {
        "start_at": forms.Moment("When it starts, once it is scheduled."),
        "local_time": _clock("Each recipient gets it at this time of their own day."),
        "quiet_hours": _QUIET_HOURS,
        "end_at": forms.Moment("Whoever's turn comes later gets nothing."),
        "validity_minutes": Integer(
            at_least=1, at_most=43_200, about="How long a message may wait to be sent, from its turn on."
        ),
    },
    rules=[_not_two_ends],
)
_CURRENCY = Text(pattern="[A-Z]{3}", form="a code such as EUR")
BUDGET = Object({"currency": _CURRENCY, "amount": Money("What it may cost by the estimate.")})


class Share(Number):
    """A share, or `false`, which switches the rule off; its normal form is then None."""

    def __init__(self, about: str) -> None:
        super().__init__(at_least=0.001, at_most=1, about=about)

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        return None if value is False else super().check(value, at, findings)

    def schema(self) -> Schema:
        number = super().schema()
        return {"description": number.pop("description"), "anyOf": [number, {"const": False}]}


_STOP = Object(
    {},
    {
        "failure_rate": Share("It pauses when so many of the messages failed; 0.2 by default."),
        "block_rate": Share("It pauses when so many opted out or blocked the number; 0.05 by default."),
        "after": Integer(
            at_least=1,
            at_most=1_000_000,
            about="Messages whose end is known before shares count; 100 by default.",
        ),
        "template": Boolean("Pause when its template is paused or has another category; true by default."),
        "quality": Boolean("Pause when the provider rates a number low; true by default."),
        "budget": BUDGET,
    },
    about="When it pauses by itself.",
)
PACE = Number(at_least=0.01, at_most=1_000, about="Messages a second; as fast as its numbers go by default.")
MEMBERS: dict[str, Shape] = {
    "name": Text(at_most=_LONGEST_NAME, about="What it is called among you."),
    "numbers": Array(
        Text(at_most=64),
        at_least=1,
        at_most=50,
        about="Business numbers that it goes from, or their ids; several share the recipients. "
        "The default number by default.",
    ),
    "audience": _AUDIENCE,
    "content": CONTENT,
    "variants": Array(
        _VARIANT, at_least=2, at_most=MOST_VARIANTS, about="Several contents, in place of `content`."
    ),
    "winner": _WINNER,
    "variables": Mapped(
        _VARIABLE,
        at_most=MOST_VARIABLES,
        longest_name=_LONGEST_NAME,
        about="Gap → where its text comes from; without an entry the column or attribute of its name.",
    ),
    "purpose": Choice(*PURPOSES, about="`marketing` by default."),
    "consent": Choice(
        REQUIRED,
        NOT_REQUIRED,
        about="`required`, the default: only who is known to have agreed to this purpose, or to all.",
    ),
    "schedule": _SCHEDULE,
    "per_second": PACE,
    "canary": Integer(at_least=1, at_most=100_000, about="So many first; then it pauses for you to look."),
    "stop": _STOP,
    "not_again_hours": Integer(
        at_least=1, at_most=8_760, about="Nobody who got a message of any campaign so lately."
    ),
    "without_campaigns": _ids("Nobody who got a message of these."),
    "track_links": Boolean("Links become short ones that count clicks; needs `links.public_url`."),
    "tier_reserve": Integer(
        at_least=0, at_most=1_000_000, about="Places of the 24-hour limit left to others; a tenth by default."
    ),
}


def _one_content(value: dict[str, Any], at: str, findings: Findings) -> None:
    if "content" not in value and "variants" not in value:
        findings.refuse(
            f"{at}/content", "required", "`content` is missing.", expected="`content`, or `variants`"
        )
    elif "content" in value and "variants" in value:
        detail = "Give `content` or `variants`, not both."
        findings.refuse(f"{at}/variants", "exactly_one", detail)


def _winner_of_several(value: dict[str, Any], at: str, findings: Findings) -> None:
    if "winner" in value and "variants" not in value:
        findings.refuse(f"{at}/winner", "misplaced_member", "Only `variants` have a winner.")


_NEEDED = ("name", "audience")
FORM = Object(
    {name: MEMBERS[name] for name in _NEEDED},
    {name: shape for name, shape in MEMBERS.items() if name not in _NEEDED},
    rules=[_one_content, _named_once, _winner_of_several],
    also={"anyOf": [{"required": ["content"]}, {"required": ["variants"]}]},
)
CHANGES = forms.Changes(MEMBERS, nullable=[name for name in MEMBERS if name not in _NEEDED])
