"""A campaign: one message to many people.

What its caller wants (`Definition`, the normal form of its row), the states that it goes through, and the
words in which a recipient's verdict is told (docs/campaigns.md).
"""

from enum import StrEnum
from typing import Any

import msgspec


class CampaignState(StrEnum):
    DRAFT = "draft"  # may be edited; nothing is known of its recipients
    CHECKING = "checking"  # its recipients are gone through
    CHECKED = "checked"  # every recipient has a verdict; it may be started
    SCHEDULED = "scheduled"  # starts by itself at its time
    RUNNING = "running"  # messages are made of recipients whose time has come
    PAUSED = "paused"  # nothing is sent until somebody resumes it; `state_reason` says why
    FINISHED = "finished"  # every recipient has a message or a reason
    CANCELED = "canceled"


class RecipientState(StrEnum):
    READY = "ready"  # a message is made when it is due
    SKIPPED = "skipped"  # gets none; `reason` says why
    CREATED = "created"  # has a message, whose own state counts from then on
    CANCELED = "canceled"  # the campaign was, before it had one


class Reason(StrEnum):
    """Why a recipient gets no message."""

    NO_ADDRESS = "no_address"  # the contact has no phone number or user id that is valid
    NOT_MOBILE = "not_mobile"  # a number of a kind that has no WhatsApp, such as a toll-free one
    DUPLICATE = "duplicate"  # the same person is in the audience before
    OPTED_OUT = "opted_out"  # suppressed, by the person or an operator
    NO_CONSENT = "no_consent"  # the campaign asks for consent, and none is recorded
    BLOCKED = "blocked"  # the provider said lately that this person can not be written to
    ALREADY_RECEIVED = "already_received"  # a campaign that this one excludes, or another one lately
    MISSING_VARIABLE = "missing_variable"
    TOO_LONG = "too_long"  # with its gaps filled in
    UNFIT = "unfit"  # filled in, it breaks another rule of its kind; `detail` says which
    NO_TEMPLATE = "no_template"  # none in a language that will do can be sent
    WINDOW_CLOSED = "window_closed"  # free-form, and the person has not written within 24 hours
    ERASED = "erased"  # the person was erased during the run
    OVER_BUDGET = "over_budget"
    TOO_LATE = "too_late"  # its validity ended before its turn came


PAUSES = {
    "caller": "Somebody paused it.",
    "canary": "Its first messages have gone; look at them, then resume it.",
    "failure_rate": "Too many messages failed.",
    "block_rate": "Too many people opted out or blocked the number.",
    "template": "Its template can not be sent any more, or has another category.",
    "quality": "The provider rates the number low.",
    "number": "Its number is held or was removed.",
    "budget": "Its budget is used up.",
}
"""Why a campaign is paused (`state_reason`)."""


class Audience(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who is meant: whoever is in any of these, once. Without any, nobody."""

    lists: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    """Ids."""
    campaign: str | None = None
    """Recipients of another campaign, as `outcome` says."""
    outcome: str | None = None
    """`not_delivered`, `not_read`, `retryable` or `all`."""
    without_lists: tuple[str, ...] = ()
    without_segments: tuple[str, ...] = ()


class Content(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A message with gaps: `body` as POST /v1/messages takes it, without `to` and `from`.

    Where a variable stands, its texts have `{{name}}`.
    """

    body: dict[str, Any]
    languages: dict[str, dict[str, Any]] = {}
    """Language of the person → what they get instead of `body`."""


class Variant(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    name: str
    content: Content
    weight: int = 1


class Winner(msgspec.Struct, frozen=True, kw_only=True):
    """How the best variant is found: part of the recipients get all of them, the rest the best one."""

    percent: int
    """Of the recipients, who take part in the test."""
    by: str
    """`delivered`, `read`, `replied` or `clicked`: the highest share of those to whom it was sent wins."""
    after_minutes: int
    """Since the last message of the test was made."""


class Variable(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a gap's text comes from: the first of these that has one."""

    column: str | None = None
    """Of the list's file."""
    attribute: str | None = None
    """Of the contact; also `name`, `phone`, `language`."""
    default: str | None = None


class QuietHours(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When nobody is written to, by the clock on their wall."""

    start: str
    end: str
    """`21:00`; it may be over midnight."""
    time_zone: str | None = None
    """The same for everybody; without it each recipient's own, or that of their country."""


class Schedule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    start_at: int | None = None
    """None: when somebody starts it."""
    local_time: str | None = None
    """`09:30`: each recipient gets it at this time of their own day, the first one after the start."""
    quiet_hours: QuietHours | None = None
    end_at: int | None = None
    """Whoever's turn comes later gets nothing."""
    validity_minutes: int | None = None
    """How long a message may wait to be sent, counted from its turn; the server's own life by default."""


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    currency: str
    micros: int


class StopRules(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When it pauses by itself. Shares are 0 to 1, of at least `after` messages whose end is known."""

    failure_rate: float | None = 0.2
    block_rate: float | None = 0.05
    after: int = 100
    template: bool = True
    quality: bool = True
    budget: Budget | None = None


class Definition(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What its caller wants, checked and in normal form."""

    name: str
    numbers: tuple[str, ...]
    """Ids of the numbers that it goes from; several share the recipients."""
    audience: Audience
    content: Content | None = None
    """None when it has variants."""
    variants: tuple[Variant, ...] = ()
    winner: Winner | None = None
    variables: dict[str, Variable] = {}
    purpose: str = "marketing"
    needs_consent: bool = True
    """Only who is known to have agreed to this purpose, or to all."""
    schedule: Schedule = Schedule()
    per_second: float | None = None
    """Its pace; None is as fast as its numbers go."""
    canary: int | None = None
    stop: StopRules = StopRules()
    not_again_hours: int | None = None
    """Nobody who got a message of any campaign so lately."""
    without_campaigns: tuple[str, ...] = ()
    """Nobody who got a message of these."""
    track_links: bool = False
    tier_reserve: int | None = None
    """Places of the 24-hour tier that are left to others; a tenth of the tier by default."""


class Run(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a run remembers from one look to the next."""

    per_second: float | None = None
    """The pace as it was changed live; None is that of the definition."""
    canary_left: int | None = None
    winner: str | None = None
    test_ended_at: int | None = None
    """When the last message of the test was made."""
    paused_at: int | None = None
    counted: "Counted | None" = None
    """What was known when it last began or was resumed: rules that stop it count from there."""
    standing: dict[str, str] = {}
    """What was known of its templates and numbers then."""


class Counted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How its messages fared up to a moment."""

    ended: int = 0
    """Those of which the end is known: delivered, read or failed."""
    failed: int = 0
    opted_out: int = 0
    """People who opted out since it began, and got it."""
