"""Recipients of campaigns: written by the check, made into messages by the run, read by the report."""

from collections.abc import Iterable, Sequence

import msgspec

from trunkline.model import ids
from trunkline.model.campaign import RecipientState
from trunkline.store.contract import Tx
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
    rows = await tx.fetch_many(_Q["known"], [(account_id, address, campaign_id) for address in addresses])
    return {row[0] for row in rows}


async def clear(tx: Tx, account_id: str, campaign_id: str, count: int) -> int:
    """How many were removed; 0 when none is left."""
    return len(await tx.fetch(_Q["clear"], account_id=account_id, campaign_id=campaign_id, count=count))


NO_PLACE = (-1, 0)
"""Before everybody's turn."""


async def due(  # noqa: PLR0913, PLR0917 - a key, and how far
    tx: Tx,
    account_id: str,
    campaign_id: str,
    number_id: str,
    now: int,
    count: int,
    *,
    everybody: bool = True,
    after: tuple[int, int] = NO_PLACE,
) -> list[DueRecipient]:
    """In the order of their turns, behind a (turn, place); without `everybody` only those whose variant is
    known."""
    rows = await tx.fetch(
        _Q["due"],
        account_id=account_id,
        campaign_id=campaign_id,
        number_id=number_id,
        now=now,
        after_due=after[0],
        after_n=after[1],
        everybody=int(everybody),
        count=count,
    )
    return [DueRecipient(*row) for row in rows]


async def next_due(tx: Tx, account_id: str, campaign_id: str, number_id: str) -> int | None:
    """None when nobody is ready any more at this number."""
    values = {"account_id": account_id, "campaign_id": campaign_id, "number_id": number_id}
    row = await tx.fetch_one(_Q["next_due"], **values)
    return row[0] if row else None


async def time_zones(tx: Tx, account_id: str, contact_ids: Iterable[str]) -> dict[str, str]:
    """Contact → zone, of those where it is known."""
    rows = await tx.fetch_many(_Q["time_zone"], [(account_id, contact_id) for contact_id in contact_ids])
    return {row[0]: row[1] for row in rows}


async def waiting(tx: Tx, account_id: str, campaign_id: str) -> list[tuple[str, str, str | None]]:
    """(message, address, time zone) of what is queued, or held by a pause."""
    rows = await tx.fetch(_Q["waiting"], account_id=account_id, campaign_id=campaign_id)
    return [(row[0], row[1], row[2]) for row in rows]


async def postpone_messages(tx: Tx, account_id: str, turns: Sequence[tuple[str, int]]) -> None:
    """Each (message, due_at)."""
    rows = [(due_at, account_id, message_id) for message_id, due_at in turns]
    await tx.execute_many(_Q["postpone_message"], rows)


async def planned(tx: Tx, account_id: str, campaign_id: str, slot: int) -> list[tuple[str, int, int]]:
    """(number, moment, how many) of those who are still to get it; moments are multiples of `slot` ms."""
    rows = await tx.fetch(_Q["planned"], account_id=account_id, campaign_id=campaign_id, slot=slot)
    return [(row[0], row[1] * slot, row[2]) for row in rows]


async def has_ready(tx: Tx, account_id: str, campaign_id: str, *, everybody: bool = True) -> bool:
    values = {"account_id": account_id, "campaign_id": campaign_id, "everybody": int(everybody)}
    return await tx.fetch_one(_Q["has_ready"], **values) is not None


async def created(tx: Tx, account_id: str, campaign_id: str, made: Sequence[tuple[str, int]]) -> set[int]:
    """Of each (message, n) those that were ready: the others get no message of these."""
    rows = await tx.fetch_many(
        _Q["created"], [(message_id, account_id, campaign_id, n) for message_id, n in made]
    )
    return {row[0] for row in rows}


async def written_to(tx: Tx, account_id: str, campaign_id: str, addresses: Iterable[str]) -> set[str]:
    """Those of these addresses for which the campaign has a message."""
    # The clocks of two machines may differ, but not by an hour.
    first = ids.first_id(ids.MESSAGE, ids.made_at(campaign_id) - 3_600_000)
    rows = [(account_id, address, first, campaign_id) for address in addresses]
    return {row[0] for row in await tx.fetch_many(_Q["written_to"], rows)}


async def last(tx: Tx, account_id: str, campaign_id: str) -> int:
    """The last place; 0 when there is none."""
    row = await tx.fetch_one(_Q["last"], account_id=account_id, campaign_id=campaign_id)
    return (row[0] if row else None) or 0


async def skip_ready(tx: Tx, account_id: str, campaign_id: str, reason: str, after: int, until: int) -> None:  # noqa: PLR0913, PLR0917 - a key, why, and from where to where
    """Those behind the place `after` and up to `until` who are ready get nothing any more."""
    values = {"account_id": account_id, "campaign_id": campaign_id, "after": after, "until": until}
    await tx.execute(_Q["skip_ready"], reason=reason, **values)


async def skip(
    tx: Tx, account_id: str, campaign_id: str, skipped: Sequence[tuple[int, str, str | None]]
) -> None:
    """Each (n, reason, detail)."""
    rows = [(reason, detail, account_id, campaign_id, n) for n, reason, detail in skipped]
    await tx.execute_many(_Q["skip"], rows)


async def postpone(tx: Tx, account_id: str, campaign_id: str, turns: Sequence[tuple[int, int]]) -> None:
    """Each (n, due_at)."""
    await tx.execute_many(_Q["postpone"], [(due_at, account_id, campaign_id, n) for n, due_at in turns])


async def cancel(tx: Tx, account_id: str, campaign_id: str, after: int, until: int) -> None:
    """Those behind the place `after` and up to `until` who are ready are canceled."""
    values = {"account_id": account_id, "campaign_id": campaign_id, "after": after, "until": until}
    await tx.execute(_Q["cancel"], **values)


async def blank(tx: Tx, account_id: str, campaign_id: str, after: int, until: int) -> None:
    """Forget what was put into the messages of those behind the place `after` and up to `until`."""
    values = {"account_id": account_id, "campaign_id": campaign_id, "after": after, "until": until}
    await tx.execute(_Q["blank"], **values)


async def totals(tx: Tx, account_id: str, campaign_id: str) -> dict[tuple[str, str | None], int]:
    """(state, reason) → how many."""
    rows = await tx.fetch(_Q["totals"], account_id=account_id, campaign_id=campaign_id)
    return {(row[0], row[1]): row[2] for row in rows}


async def opted_out(tx: Tx, account_id: str, campaign_id: str, since: int) -> int:
    """How many who have a message said since then that they want no more."""
    row = await tx.fetch_one(_Q["opted_out"], account_id=account_id, campaign_id=campaign_id, since=since)
    return row[0] if row else 0


async def page(  # noqa: PLR0913, PLR0917 - a key, filters, and where on its page
    tx: Tx,
    account_id: str,
    campaign_id: str,
    state: str,
    reason: str,
    after: int,
    count: int,
    address: str = "",
) -> list[RecipientRow]:
    """In their order, behind the place `after`; an empty filter matches everybody."""
    rows = await tx.fetch(
        _Q["page"],
        account_id=account_id,
        campaign_id=campaign_id,
        after=after,
        state=state,
        reason=reason,
        address=address,
        count=count,
    )
    return [RecipientRow(*row) for row in rows]
