"""Templates: as the provider has them, how they came to be so, and when that was last asked.

What changes a template here also writes its history, tells the other processes (`templates ACCOUNT`) and
leaves its event to the caller: `templates/register.py` does all of it.
"""

from collections.abc import Sequence

import msgspec

from trunkline.store.contract import Row, Tx
from trunkline.store.queries import load

_Q = load("templates")

KEPT_CHANGES = 100
"""Of a template's history, the newest."""


class TemplateRow(msgspec.Struct, frozen=True, kw_only=True):
    account_id: str
    id: str
    """`tpl_…`"""
    waba_id: str
    """The provider's account that it belongs to; several numbers may share it."""
    provider_id: str | None
    """None until the provider has taken it."""
    name: str
    language: str
    category: str
    """As the provider writes it, such as `MARKETING`."""
    status: str
    """As the provider writes it, such as `APPROVED`; `LOCAL` before it was handed in."""
    definition: str
    """JSON text: `components`, and what else the provider takes with them."""
    quality: str | None = None
    rejected_reason: str | None = None
    correct_category: str | None = None
    """The category that the provider will give it, once that was announced."""
    detail: str | None = None
    """The provider's own words to its status."""
    created_at: int
    changed_at: int
    seen_at: int
    """When the provider last told that it is so."""
    removed_at: int | None = None


class Change(msgspec.Struct, frozen=True):
    """One step of a template's history."""

    n: int
    at: int
    source: str
    """`caller`, `answer`, `webhook` or `sync`."""
    change: str
    """JSON text: member → [before, after]."""


class SyncRow(msgspec.Struct, frozen=True):
    account_id: str
    waba_id: str
    due_at: int
    synced_at: int | None
    """When the last reading of all of them began; None: none was ever finished."""
    tries: int
    """How often it failed since."""
    detail: str | None


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What a list is narrowed to; an empty text matches everything."""

    name: str = ""
    language: str = ""
    status: str = ""
    category: str = ""
    waba_id: str = ""


_FIELDS = TemplateRow.__struct_fields__


async def insert(tx: Tx, row: TemplateRow) -> None:
    await tx.execute(_Q["insert"], **msgspec.structs.asdict(row))


async def update(tx: Tx, row: TemplateRow) -> None:
    names = _Q["update"].params
    values = msgspec.structs.asdict(row)
    await tx.execute(_Q["update"], **{name: values[name] for name in names})


async def get(tx: Tx, account_id: str, template_id: str) -> TemplateRow | None:
    """Removed ones too."""
    row = await tx.fetch_one(_Q["get"], account_id=account_id, id=template_id)
    return _row(row) if row else None


async def by_provider_id(tx: Tx, account_id: str, provider_id: str) -> TemplateRow | None:
    row = await tx.fetch_one(_Q["by_provider_id"], account_id=account_id, provider_id=provider_id)
    return _row(row) if row else None


async def by_provider_ids(tx: Tx, account_id: str, provider_ids: Sequence[str]) -> dict[str, TemplateRow]:
    """Those that are there, by the provider's id."""
    query = _Q["by_provider_id"]
    values = {"account_id": account_id}
    asked = [tuple((values | {"provider_id": id_})[name] for name in query.params) for id_ in provider_ids]
    rows = [_row(row) for row in await tx.fetch_many(query, asked)]
    return {row.provider_id: row for row in rows if row.provider_id is not None}


async def was_removed(tx: Tx, account_id: str, provider_id: str) -> bool:
    row = await tx.fetch_one(_Q["was_removed"], account_id=account_id, provider_id=provider_id)
    return row is not None


async def removed_since(tx: Tx, account_id: str, since: int) -> frozenset[str]:
    """The provider's ids of those that went then or later."""
    rows = await tx.fetch(_Q["removed_since"], account_id=account_id, since=since)
    return frozenset(row[0] for row in rows)


async def of_name(tx: Tx, account_id: str, waba_id: str, name: str) -> list[TemplateRow]:
    """In all its languages."""
    rows = await tx.fetch(_Q["of_name"], account_id=account_id, waba_id=waba_id, name=name)
    return [_row(row) for row in rows]


async def of_waba(  # noqa: PLR0913, PLR0917 - a key, and where on its page
    tx: Tx, account_id: str, waba_id: str, name: str, language: str, count: int
) -> list[TemplateRow]:
    """Up to `count` behind this name and language, in the order of both."""
    rows = await tx.fetch(
        _Q["of_waba"], account_id=account_id, waba_id=waba_id, name=name, language=language, count=count
    )
    return [_row(row) for row in rows]


async def page(tx: Tx, account_id: str, filters: Filters, start: str, count: int) -> list[TemplateRow]:
    """Up to `count` older than the id `start`, newest first."""
    values = msgspec.structs.asdict(filters)
    rows = await tx.fetch(_Q["page"], account_id=account_id, start=start, count=count, **values)
    return [_row(row) for row in rows]


async def page_backward(
    tx: Tx, account_id: str, filters: Filters, start: str, count: int
) -> list[TemplateRow]:
    """The nearest `count` newer than the id `start`, newest first."""
    values = msgspec.structs.asdict(filters)
    rows = await tx.fetch(_Q["page_backward"], account_id=account_id, start=start, count=count, **values)
    return [_row(row) for row in reversed(rows)]


def _row(values: Row) -> TemplateRow:
    return TemplateRow(**dict(zip(_FIELDS, values, strict=True)))


async def insert_change(  # noqa: PLR0913, PLR0917 - a key, and what happened when
    tx: Tx, account_id: str, template_id: str, at: int, source: str, change: str
) -> None:
    await tx.execute(
        _Q["insert_change"],
        account_id=account_id,
        template_id=template_id,
        at=at,
        source=source,
        change=change,
    )
    await tx.execute(_Q["trim_changes"], account_id=account_id, template_id=template_id, kept=KEPT_CHANGES)


async def changes(tx: Tx, account_id: str, template_id: str) -> list[Change]:
    """The newest first."""
    rows = await tx.fetch(_Q["changes"], account_id=account_id, template_id=template_id)
    return [Change(*row) for row in rows]


async def sync_of(tx: Tx, account_id: str, waba_id: str) -> SyncRow | None:
    row = await tx.fetch_one(_Q["sync"], account_id=account_id, waba_id=waba_id)
    return SyncRow(*row) if row else None


async def syncs(tx: Tx, account_id: str) -> list[SyncRow]:
    return [SyncRow(*row) for row in await tx.fetch(_Q["syncs"], account_id=account_id)]


async def all_syncs(tx: Tx) -> list[SyncRow]:
    """Of every account: one row for each business account that was ever read."""
    return [SyncRow(*row) for row in await tx.fetch(_Q["all_syncs"])]


async def keep_sync(tx: Tx, row: SyncRow) -> None:
    await tx.execute(_Q["keep_sync"], **msgspec.structs.asdict(row))


async def lock(tx: Tx, account_id: str, waba_id: str) -> None:
    """Nobody else changes these templates until the end of the transaction."""
    await tx.execute(_Q["lock"], account_id=account_id, waba_id=waba_id)


async def ask_sync(tx: Tx, account_id: str, waba_id: str, now: int) -> None:
    """They are due from now on."""
    await tx.execute(_Q["ask_sync"], account_id=account_id, waba_id=waba_id, now=now)


async def forget(tx: Tx, account_id: str, before: int, count: int) -> int:
    """Those that were removed before then, with their history; how many."""
    values = {"account_id": account_id, "before": before, "count": count}
    await tx.execute(_Q["forget_changes"], **values)
    return len(await tx.fetch(_Q["forget"], **values))
