"""REGISTER: what a provider tells of templates → their rows, their history, one event a change.

In come templates as a page or an answer shows them, news out of a webhook, and what a sync did not find any
more. One transaction writes all that follows, and tells the other processes (`templates ACCOUNT`). Whoever
tells the same once more changes nothing, so that one fact makes one event, whichever way it comes first.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from trunkline.channels.template_contract import ProviderTemplate, TemplateNews
from trunkline.model import ids
from trunkline.model.events import NewEvent, TemplateData, of_template
from trunkline.store import Tx, templates
from trunkline.store.templates import TemplateRow

Same = Callable[[Mapping[str, Any], Mapping[str, Any]], bool]
"""Whether two definitions say the same: `Templates.same`."""

GONE = frozenset({"DELETED", "PENDING_DELETION"})
"""Statuses of what can be used no more: the row is removed, and its name is free for another."""

_MEMBERS = (
    "provider_id",
    "category",
    "status",
    "quality",
    "rejected_reason",
    "correct_category",
    "detail",
    "removed_at",
)


class Place(msgspec.Struct, frozen=True):
    """Whose templates."""

    account_id: str
    waba_id: str


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """How something was learned."""

    word: str
    """`caller`, `answer`, `webhook` or `sync`."""
    at: int
    field: str | None = None
    value: dict[str, Any] | None = None
    """The notice, where one told it."""
    is_quiet: bool = False
    """What is new here is new to us alone: a first reading, or one that a notice was told of already."""


async def differs(tx: Tx, place: Place, told: Sequence[ProviderTemplate], same: Same) -> bool:
    """Whether `apply_templates` would change anything."""
    known = await templates.by_provider_ids(tx, place.account_id, [one.provider_id for one in told])
    return any(_is_news(known.get(one.provider_id), one, same) for one in told)


async def apply_templates(  # noqa: PLR0913, PLR0917 - what was told, when and how
    tx: Tx, place: Place, told: Sequence[ProviderTemplate], source: Source, same: Same, asked_at: int
) -> None:
    """What the provider showed; of what was heard later than it was asked the news are newer."""
    await templates.lock(tx, place.account_id, place.waba_id)
    known = await templates.by_provider_ids(tx, place.account_id, [one.provider_id for one in told])
    new = {one.provider_id for one in told if one.provider_id not in known and one.status not in GONE}
    if new:  # or removed while it was asked
        new -= await templates.removed_since(tx, place.account_id, asked_at)
    for one in _in_turn(told, known):
        row = known.get(one.provider_id)
        if one.provider_id in new:
            await _begin(tx, place, one, source, asked_at)
        elif row is not None and row.seen_at <= asked_at:
            after = _shown(row, one, same, source.at)
            if after != row:
                await _change(tx, row, after, source, one.definition)


def _in_turn(
    told: Sequence[ProviderTemplate], known: Mapping[str, TemplateRow]
) -> Iterable[ProviderTemplate]:
    """Those that are gone first, as their names may be taken again: of two others the known one has it."""
    living = [one for one in told if one.status not in GONE]
    by_key = {(one.name, one.language): one for one in living}
    by_key |= {(one.name, one.language): one for one in living if one.provider_id in known}
    return [*(one for one in told if one.status in GONE), *by_key.values()]


async def apply_news(tx: Tx, place: Place, news: TemplateNews, source: Source, now: int) -> bool:
    """What a webhook told; whether the template must be read to know all of it."""
    await templates.lock(tx, place.account_id, place.waba_id)
    row = await templates.by_provider_id(tx, place.account_id, news.provider_id)
    if row is None:
        return await _apply_unknown(tx, place, news, source)
    is_late = source.at // 1000 < row.changed_at // 1000
    if is_late and news.status not in GONE:  # it may be news, or older than what is known
        return True
    after = _heard(row, news, source.at)
    if after != row:
        await _change(tx, row, replace(after, seen_at=now), source)
    return news.is_partial


async def _apply_unknown(tx: Tx, place: Place, news: TemplateNews, source: Source) -> bool:
    """Told as it came, unless it is the last word on one that is removed here already."""
    is_gone = news.status in GONE
    if not (is_gone and await templates.was_removed(tx, place.account_id, news.provider_id)):
        tx.emit(of_unread(place, news.provider_id, news, source))
    return not is_gone


async def apply_removal(tx: Tx, row: TemplateRow, source: Source) -> None:
    """The provider has it no more."""
    await templates.lock(tx, row.account_id, row.waba_id)
    known = await templates.get(tx, row.account_id, row.id)
    if known is not None and known.removed_at is None:
        await _change(tx, known, _removed(known, "DELETED", source.at), source)


async def _begin(tx: Tx, place: Place, one: ProviderTemplate, source: Source, asked_at: int) -> None:
    """A template that was not known; another of its name and language must have gone, or is newer."""
    for other in await templates.of_name(tx, place.account_id, place.waba_id, one.name):
        if other.language == one.language:
            if other.seen_at > asked_at:
                return
            await _change(tx, other, _removed(other, "DELETED", source.at), source)
    row = TemplateRow(
        account_id=place.account_id,
        id=ids.new_id(ids.TEMPLATE),
        waba_id=place.waba_id,
        provider_id=one.provider_id,
        name=one.name,
        language=one.language,
        category=one.category,
        status=one.status,
        definition=_encoded(one.definition),
        quality=one.quality,
        rejected_reason=one.rejected_reason,
        correct_category=one.correct_category,
        created_at=source.at,
        changed_at=source.at,
        seen_at=source.at,
    )
    await templates.insert(tx, row)
    changes = {name: (None, value) for name in _MEMBERS if (value := getattr(row, name)) is not None}
    await _tell(tx, row, changes | {"definition": (None, one.definition)}, source)


async def _change(
    tx: Tx, before: TemplateRow, after: TemplateRow, source: Source, definition: Any = None
) -> None:
    changes = {
        name: (getattr(before, name), getattr(after, name))
        for name in _MEMBERS
        if getattr(before, name) != getattr(after, name)
    }
    if after.definition != before.definition:
        changes["definition"] = (msgspec.json.decode(before.definition), definition)
    row = replace(after, changed_at=source.at, seen_at=max(after.seen_at, source.at))
    await templates.update(tx, row)
    await _tell(tx, row, changes, replace(source, is_quiet=False))


async def _tell(tx: Tx, row: TemplateRow, changes: dict[str, tuple[Any, Any]], source: Source) -> None:
    """Its history, the event, and everybody who has it in memory."""
    said = msgspec.json.encode(changes).decode()
    await templates.insert_change(tx, row.account_id, row.id, source.at, source.word, said)
    if not source.is_quiet:
        tx.emit(of_template(row.account_id, _data(row, changes, source)))
    await tx.tell(f"templates {row.account_id}")


def _is_news(row: TemplateRow | None, one: ProviderTemplate, same: Same) -> bool:
    return one.status not in GONE if row is None else _shown(row, one, same, 0) != row


def _shown(row: TemplateRow, one: ProviderTemplate, same: Same, at: int) -> TemplateRow:
    """The row as the provider shows it."""
    if one.status in GONE:
        return _removed(row, one.status, at)
    definition = msgspec.json.decode(row.definition, type=dict[str, Any])
    return replace(
        row,
        category=one.category,
        status=one.status,
        definition=row.definition if same(definition, one.definition) else _encoded(one.definition),
        quality=one.quality,
        rejected_reason=one.rejected_reason,
        correct_category=one.correct_category,
        detail=row.detail if one.status == row.status else None,
    )


def _heard(row: TemplateRow, news: TemplateNews, at: int) -> TemplateRow:
    """The row after the news. A new status has its own reason and words, a new category is not announced."""
    status = news.status or row.status
    category = news.category or row.category
    is_new_status, is_new_category = status != row.status, category != row.category
    after = replace(
        row,
        status=status,
        category=category,
        quality=news.quality or row.quality,
        rejected_reason=_told(news.rejected_reason, None if is_new_status else row.rejected_reason),
        correct_category=_told(news.correct_category, None if is_new_category else row.correct_category),
        detail=_told(news.detail, None if is_new_status else row.detail),
    )
    return _removed(after, status, at) if status in GONE else after


def _told(said: str | None, before: str | None) -> str | None:
    return before if said is None else said or None


def _removed(row: TemplateRow, status: str, at: int) -> TemplateRow:
    return replace(row, status=status, removed_at=at)


def _encoded(definition: Mapping[str, Any]) -> str:
    return msgspec.json.encode(definition).decode()


def _data(row: TemplateRow, changes: dict[str, tuple[Any, Any]], source: Source) -> TemplateData:
    return TemplateData(
        id=row.id,
        waba_id=row.waba_id,
        provider_id=row.provider_id,
        name=row.name,
        language=row.language,
        category=row.category,
        status=row.status,
        quality=row.quality,
        rejected_reason=row.rejected_reason,
        correct_category=row.correct_category,
        detail=row.detail,
        removed_at=row.removed_at,
        at=source.at,
        source=source.word,
        changes=changes,
        field=source.field,
        value=source.value,
    )


def of_unread(place: Place, provider_id: str | None, news: TemplateNews | None, source: Source) -> NewEvent:
    """What was told of a template that is not known here."""
    said = msgspec.structs.asdict(news) if news is not None else {}
    names = ("name", "language", "category", "status", "quality", "rejected_reason", "correct_category")
    data = TemplateData(
        id=None,
        waba_id=place.waba_id,
        provider_id=provider_id,
        detail=said.get("detail"),
        at=source.at,
        source=source.word,
        changes={},
        field=source.field,
        value=source.value,
        **{name: said.get(name) for name in names},
    )
    return of_template(place.account_id, data)
