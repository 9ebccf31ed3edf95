"""NOTICES: what a provider tells of numbers, templates and whole accounts; recorded, and acted upon.

Each becomes an event, once. What it says of a number is remembered there; a messaging limit counts from now
on; a restriction or a ban holds the numbers that it names, and a hold that came of such news ends with news.
"""

import hashlib
from collections.abc import Sequence

import msgspec

from trunkline.channels.contract import Notice
from trunkline.channels.template_contract import TemplateNews
from trunkline.model.events import NewEvent, NoticeData, of_notice
from trunkline.store import Tx, notices, numbers, templates
from trunkline.store.notices import NewNotice
from trunkline.templates import register
from trunkline.templates.register import Place, Source

TOLD = "told by the provider: "
"""How the reason of a hold begins that came of a notice."""


HELD_UNTIL = "held_until"
"""In `provider_info`: when such a hold ends. Nothing is told then; `housekeeping/holds.py` looks."""


_LONGEST_ID = 64


class Announcement(msgspec.Struct, frozen=True):
    """A notice, and the numbers of ours that it is about."""

    account_id: str
    notice: Notice
    number_id: str | None
    """The one that it names."""
    number_ids: Sequence[str]
    """Whom it concerns: the one that it names, else all of its business account."""
    received_at: int
    news: TemplateNews | None = None
    """What it says of a template."""


async def apply_notices(tx: Tx, announcements: Sequence[Announcement], now: int) -> None:
    """Those that are new, each once, in the order in which they came."""
    told: dict[bytes, Announcement] = {}
    for each in announcements:
        told.setdefault(_digest(each), each)
    new = await notices.keep_many(
        tx, [NewNotice(each.account_id, digest, each.received_at) for digest, each in told.items()]
    )
    fresh = [each for digest, each in told.items() if (each.account_id, digest) in new]
    await _take_turns(tx, fresh)
    for each in fresh:
        if each.notice.type == "template.changed":
            await _tell_template(tx, each, now)
        else:
            tx.emit(_event(each))
            await _act(tx, each, now)


async def _take_turns(tx: Tx, announcements: Sequence[Announcement]) -> None:
    """In one order for all, before any number is looked at: so nobody waits in a circle."""
    places = {(each.account_id, each.notice.waba_id) for each in announcements if each.news is not None}
    for account_id, waba_id in sorted(places):
        await templates.lock(tx, account_id, waba_id)


def _digest(each: Announcement) -> bytes:
    """The same news in another post is the same news; without a moment of its own it is news each time."""
    notice = each.notice
    at = notice.at or each.received_at
    said = msgspec.json.encode(
        (each.account_id, each.number_id, notice.field, notice.waba_id, at, notice.value),
        order="deterministic",
    )
    return hashlib.sha256(said).digest()[:16]


def _event(each: Announcement) -> NewEvent:
    notice = each.notice
    data = NoticeData(
        field=notice.field,
        waba_id=notice.waba_id,
        number_id=each.number_id,
        at=notice.at or each.received_at,
        value=notice.value,
    )
    return of_notice(each.account_id, notice.type, each.number_id or f"waba_{notice.waba_id}", data)


async def _tell_template(tx: Tx, each: Announcement, now: int) -> None:
    """The register makes the event of it, unless it knew. What it does not tell whole is read anew."""
    notice, place = each.notice, Place(each.account_id, each.notice.waba_id)
    at = min(notice.at or each.received_at, each.received_at)
    source = Source(word="webhook", at=at, field=notice.field, value=notice.value)
    if each.news is None:
        provider_id = str(notice.value.get("message_template_id") or "")[:_LONGEST_ID]
        tx.emit(register.of_unread(place, provider_id or None, None, source))
    elif await register.apply_news(tx, place, each.news, source, now):
        await tx.tell(f"template {place.account_id} {place.waba_id} {each.news.provider_id}")


async def _act(tx: Tx, each: Announcement, now: int) -> None:
    notice, at = each.notice, min(each.notice.at or each.received_at, each.received_at)
    info = notice.info | ({HELD_UNTIL: notice.hold_until} if notice.hold else {})
    if not (info or notice.daily_recipients is not None or notice.release):
        return
    for number_id in each.number_ids:
        await numbers.learn(tx, each.account_id, number_id, info, notice.daily_recipients, at, now)
        if notice.hold:
            await numbers.hold(tx, each.account_id, number_id, TOLD + notice.hold, now)
        if notice.release:
            await numbers.release_held_for(tx, each.account_id, number_id, TOLD, now)
    await tx.tell("directory")
