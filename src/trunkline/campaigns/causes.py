"""Why recipients got nothing: in words, with what can be done about it, and by whom. Pure.

What a provider refused brings its own words along (`SendError`); for the verdicts of the check and the run
they stand here.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from trunkline.channels.contract import SendError
from trunkline.model.campaign import Reason
from trunkline.store.campaign_reports import Failure

_Actor = Annotated[str, Meta(description="Who must act: sender, operator, recipient, provider or nobody.")]


class FailureCause(msgspec.Struct, frozen=True, kw_only=True):
    """Why so many messages failed."""

    count: int
    code: Annotated[int | None, Meta(description="The provider's.")]
    title: str
    cause: str
    actor: _Actor
    remedy: str
    retryable: Annotated[bool, Meta(description="Whether the same message may well go later.")]


class SkipCause(msgspec.Struct, frozen=True, kw_only=True):
    """Why so many recipients got no message at all."""

    count: int
    reason: str
    cause: str
    actor: _Actor
    remedy: str


_UNKNOWN = SendError(
    code=-1,
    title="Unknown error",
    cause="Nothing is known of why.",
    actor="sender",
    remedy="See the messages themselves.",
)

_WORDS: dict[str, tuple[str, str, str]] = {
    Reason.NO_ADDRESS: (
        "They have no phone number or user id that is valid.",
        "sender",
        "Correct the numbers, with their country, and import them again.",
    ),
    Reason.NOT_MOBILE: (
        "Their number is of a kind that has no WhatsApp.",
        "sender",
        "Ask these people for a mobile number.",
    ),
    Reason.DUPLICATE: ("The same person is in the audience before.", "nobody", "They get it once."),
    Reason.OPTED_OUT: (
        "They do not want to be written to.",
        "recipient",
        "They get nothing until they write START, or agree in another way that you can prove.",
    ),
    Reason.NO_CONSENT: (
        "No consent of theirs is recorded.",
        "sender",
        "Record the consent that you have, with its proof, or ask for it.",
    ),
    Reason.BLOCKED: (
        "The provider said lately that they can not be written to.",
        "recipient",
        "Reach them in another way; they may have blocked the number, or have no WhatsApp.",
    ),
    Reason.ALREADY_RECEIVED: (
        "They got a message of a campaign that this one excludes, or of any so lately.",
        "nobody",
        "Change `not_again_hours` or `without_campaigns` if they are to get this one as well.",
    ),
    Reason.MISSING_VARIABLE: (
        "A gap of the text has nothing to fill it.",
        "sender",
        "Fill the column or the attribute, or give the variable a default.",
    ),
    Reason.TOO_LONG: (
        "With its gaps filled in, the text is too long.",
        "sender",
        "Shorten the text or what fills it.",
    ),
    Reason.UNFIT: (
        "Filled in, the message breaks a rule of its kind.",
        "sender",
        "See `detail` of the recipients, and correct the text or what fills it.",
    ),
    Reason.NO_TEMPLATE: (
        "There is no template that can be sent in a language that will do.",
        "sender",
        "Have one approved in their language, or name a language that will do for all.",
    ),
    Reason.WINDOW_CLOSED: (
        "They have not written within 24 hours, and what is sent is no template.",
        "sender",
        "Send a template.",
    ),
    Reason.ERASED: ("They were erased during the run.", "nobody", "Nothing is to be done."),
    Reason.OVER_BUDGET: ("The budget was used up.", "sender", "Raise the budget, or repeat it for these."),
    Reason.TOO_LATE: (
        "Its validity ended before their turn came.",
        "sender",
        "Repeat it for these, with more time or more pace.",
    ),
}


def causes(failures: Iterable[Failure]) -> list[FailureCause]:
    """The most frequent first."""
    counts: dict[tuple[str | None, str | None], int] = {}
    samples: dict[tuple[str | None, str | None], SendError] = {}
    for failure in failures:
        key = (failure.code, failure.title)
        counts[key] = counts.get(key, 0) + failure.count
        samples.setdefault(key, error_of(failure.error) or _UNKNOWN)
    found = [_cause(samples[key], count) for key, count in counts.items()]
    return sorted(found, key=lambda cause: (-cause.count, cause.title))


def _cause(error: SendError, count: int) -> FailureCause:
    return FailureCause(
        count=count,
        code=error.code if error.code > 0 else None,
        title=error.title,
        cause=error.cause,
        actor=error.actor,
        remedy=error.remedy,
        retryable=error.may_pass,
    )


def error_of(text: str | None) -> SendError | None:
    return msgspec.json.decode(text, type=SendError) if text else None


def skips(counts: Mapping[str, int]) -> list[SkipCause]:
    found = []
    for reason, count in counts.items():
        cause, actor, remedy = _WORDS.get(reason, _OTHER)
        found.append(SkipCause(count=count, reason=reason, cause=cause, actor=actor, remedy=remedy))
    return sorted(found, key=lambda skip: (-skip.count, skip.reason))


_OTHER = ("No reason is known here.", "sender", "See the recipients themselves.")
