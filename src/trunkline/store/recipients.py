"""Recipients of campaigns: written by the check, made into messages by the run, read by the report."""

from collections.abc import Iterable, Sequence

import msgspec

from trunkline.model.campaign import RecipientState
from trunkline.store.contract import Conflict, Tx
from trunkline.store.queries import load

_Q = load("recipients")


class NewRecipient(msgspec.Struct, frozen=True):
    """A verdict. `vars` is JSON text, name → text."""

    account_id: str
    campaign_id: str
    n: int
    """Their place, from 1."""
    contact_id: str
    address: str
    """Phone digits or a user id; empty when there is none."""
    state: RecipientState
    reason: str | None = None
    detail: str | None = None
    number_id: str | None = None
    variant: str | None = None
    """None as well for those who get the winner, until it is known."""
    language: str | None = None
    """In which of the content's languages they get it; None is its `body`."""
    vars: str = "{}"
    due_at: int = 0


class DueRecipient(msgspec.Struct, frozen=True):
    n: int
    contact_id: str
    address: str
    number_id: str | None
    variant: str | None
    language: str | None
    vars: str
    due_at: int


class RecipientRow(msgspec.Struct, frozen=True):
    """With what became of their message."""

    n: int
    contact_id: str
    address: str
    state: str
    reason: str | None
    detail: str | None
    number_id: str | None
    variant: str | None
    language: str | None
    vars: str
    due_at: int
    message_id: str | None
    message_state: str | None
    error: str | None
    submitted_at: int | None
    sent_at: int | None
    delivered_at: int | None
    read_at: int | None
    failed_at: int | None


async def insert_many(tx: Tx, rows: Sequence[NewRecipient]) -> None:
    await tx.execute_many(_Q["insert"], [msgspec.structs.astuple(row) for row in rows])


async def known(tx: Tx, account_id: str, campaign_id: str, addresses: Iterable[str]) -> set[str]:
    """Those of these addresses who get the campaign already."""
    rows = await tx.fetch_many(_Q["known"], [(account_id, campaign_id, address) for address in addresses])
    return {row[0] for row in rows}


async def clear(tx: Tx, account_id: str, campaign_id: str, count: int) -> int:
    """How many were removed; 0 when none is left."""
    return len(await tx.fetch(_Q["clear"], account_id=account_id, campaign_id=campaign_id, count=count))


async def due(tx: Tx, account_id: str, campaign_id: str, now: int, count: int) -> list[DueRecipient]:
    """In the order of their turns."""
    rows = await tx.fetch(_Q["due"], account_id=account_id, campaign_id=campaign_id, now=now, count=count)
    return [DueRecipient(*row) for row in rows]


async def next_due(tx: Tx, account_id: str, campaign_id: str) -> int | None:
    """None when nobody is ready any more."""
    row = await tx.fetch_one(_Q["next_due"], account_id=account_id, campaign_id=campaign_id)
    return row[0] if row else None


async def created(tx: Tx, account_id: str, campaign_id: str, made: Sequence[tuple[str, int]]) -> None:
    """Each (message, n). `Conflict` when one of them was not ready: nothing of the transaction may stay."""
    rows = await tx.fetch_many(
        _Q["created"], [(message_id, account_id, campaign_id, n) for message_id, n in made]
    )
    if len(rows) != len(made):
        raise Conflict(f"campaign {campaign_id}: {len(made) - len(rows)} recipients were not ready")


async def skip(
    tx: Tx, account_id: str, campaign_id: str, skipped: Sequence[tuple[int, str, str | None]]
) -> None:
    """Each (n, reason, detail)."""
    rows = [(reason, detail, account_id, campaign_id, n) for n, reason, detail in skipped]
    await tx.execute_many(_Q["skip"], rows)


async def postpone(tx: Tx, account_id: str, campaign_id: str, turns: Sequence[tuple[int, int]]) -> None:
    """Each (n, due_at)."""
    await tx.execute_many(_Q["postpone"], [(due_at, account_id, campaign_id, n) for n, due_at in turns])


async def cancel(tx: Tx, account_id: str, campaign_id: str, count: int) -> int:
    """How many that were ready are canceled; 0 when none is left."""
    return len(await tx.fetch(_Q["cancel"], account_id=account_id, campaign_id=campaign_id, count=count))


async def totals(tx: Tx, account_id: str, campaign_id: str) -> dict[tuple[str, str | None], int]:
    """(state, reason) → how many."""
    rows = await tx.fetch(_Q["totals"], account_id=account_id, campaign_id=campaign_id)
    return {(row[0], row[1]): row[2] for row in rows}


async def page(  # noqa: PLR0913, PLR0917 - a key, two filters, and where on its page
    tx: Tx, account_id: str, campaign_id: str, state: str, reason: str, after: int, count: int
) -> list[RecipientRow]:
    """In their order, behind the place `after`; an empty filter matches everybody."""
    rows = await tx.fetch(
        _Q["page"],
        account_id=account_id,
        campaign_id=campaign_id,
        after=after,
        state=state,
        reason=reason,
        count=count,
    )
    return [RecipientRow(*row) for row in rows]
