"""Campaigns, and their messages as far as all of them are held, released or counted at once.

Whoever makes messages of a campaign or stops that calls `lock` first, in the same transaction: of a chunk and
a pause the one that comes second sees the other.
"""

import msgspec

from trunkline.model.campaign import CampaignState
from trunkline.store.contract import Conflict, Row, Tx
from trunkline.store.queries import load

_Q = load("campaigns")


class CampaignRow(msgspec.Struct, frozen=True):
    """A campaign, whole. `definition`, `report` and `run` are JSON text."""

    account_id: str
    id: str
    name: str
    state: CampaignState
    state_reason: str | None
    definition: str
    start_at: int | None
    position: str
    report: str | None
    run: str
    parent_id: str | None
    version: int
    created_at: int
    updated_at: int
    checked_at: int | None = None
    started_at: int | None = None
    ended_at: int | None = None


class OpenCampaign(msgspec.Struct, frozen=True):
    account_id: str
    id: str
    state: CampaignState
    start_at: int | None


async def insert(tx: Tx, row: CampaignRow) -> None:
    """At its birth: what a check or a run leaves is not looked at."""
    members = msgspec.structs.asdict(row)
    await tx.execute(_Q["insert"], **{name: members[name] for name in _Q["insert"].params})


async def get(tx: Tx, account_id: str, campaign_id: str) -> CampaignRow | None:
    row = await tx.fetch_one(_Q["get"], account_id=account_id, id=campaign_id)
    return _row(row) if row else None


async def lock(tx: Tx, account_id: str, campaign_id: str) -> CampaignRow | None:
    """As it is until the transaction ends."""
    row = await tx.fetch_one(_Q["lock"], account_id=account_id, id=campaign_id)
    return _row(row) if row else None


async def page(tx: Tx, account_id: str, state: str, start: str, count: int) -> list[CampaignRow]:
    """Up to `count` older than the id `start`, newest first; an empty state matches every one."""
    rows = await tx.fetch(_Q["page"], account_id=account_id, state=state, start=start, count=count)
    return [_row(row) for row in rows]


async def page_backward(tx: Tx, account_id: str, state: str, start: str, count: int) -> list[CampaignRow]:
    """The nearest `count` newer than the id `start`, newest first."""
    rows = await tx.fetch(_Q["page_backward"], account_id=account_id, state=state, start=start, count=count)
    return [_row(row) for row in reversed(rows)]


async def open_of(tx: Tx, account_id: str) -> list[OpenCampaign]:
    """Those that something is to be done for, or that a process has to look after."""
    rows = await tx.fetch(_Q["open"], account_id=account_id)
    return [OpenCampaign(row[0], row[1], CampaignState(row[2]), row[3]) for row in rows]


async def repeats(tx: Tx, account_id: str, campaign_id: str, count: int) -> list[str]:
    """Those that were made of it for some, or of one of these; newest first."""
    rows = await tx.fetch(_Q["repeats"], account_id=account_id, id=campaign_id, count=count)
    return [row[0] for row in rows]


async def put(tx: Tx, row: CampaignRow) -> CampaignRow:
    """The row as it is then. `Conflict` when it has another version by now."""
    members = msgspec.structs.asdict(row)
    done = await tx.fetch_one(_Q["put"], **{name: members[name] for name in _Q["put"].params})
    if done is None:
        raise Conflict(f"campaign {row.id} was changed meanwhile")
    return msgspec.structs.replace(row, version=row.version + 1)


async def remove(tx: Tx, row: CampaignRow) -> bool:
    """Whether it was still as it is given here."""
    values = {"account_id": row.account_id, "id": row.id, "version": row.version}
    return await tx.fetch_one(_Q["remove"], **values) is not None


async def over(tx: Tx, account_id: str, before: int, but: str = "-") -> CampaignRow | None:
    """One that ended before that moment, and whose `position` is not this."""
    row = await tx.fetch_one(_Q["over"], account_id=account_id, before=before, but=but)
    return _row(row) if row else None


async def hold_messages(tx: Tx, account_id: str, campaign_id: str) -> int:
    """How many that had no intent wait for the campaign from now on. The caller has called `lock`."""
    rows = await tx.fetch(_Q["hold_messages"], account_id=account_id, campaign_id=campaign_id)
    return len(rows)


async def release_messages(tx: Tx, account_id: str, campaign_id: str, count: int) -> list[tuple[str, str]]:
    """(number, message) of some that may go again. The caller has called `lock`."""
    values = {"account_id": account_id, "campaign_id": campaign_id, "count": count}
    return [(row[0], row[1]) for row in await tx.fetch(_Q["release_messages"], **values)]


async def waiting_ids(tx: Tx, account_id: str, campaign_id: str, count: int) -> list[str]:
    """Some of its messages that have no intent."""
    values = {"account_id": account_id, "campaign_id": campaign_id, "count": count}
    return [row[0] for row in await tx.fetch(_Q["waiting_ids"], **values)]


async def count_messages(tx: Tx, account_id: str, campaign_id: str) -> dict[str, int]:
    """State → how many of its messages are in it."""
    rows = await tx.fetch(_Q["count_messages"], account_id=account_id, campaign_id=campaign_id)
    return {row[0]: row[1] for row in rows}


async def count_queued(tx: Tx, account_id: str, campaign_id: str) -> dict[str, int]:
    """Number → how many of its messages wait to be sent from there."""
    rows = await tx.fetch(_Q["count_queued"], account_id=account_id, campaign_id=campaign_id)
    return {row[0]: row[1] for row in rows}


async def failures(tx: Tx, account_id: str, campaign_id: str) -> list[tuple[str | None, int]]:
    """Each error (JSON text), and how many of its messages failed by it."""
    rows = await tx.fetch(_Q["failures"], account_id=account_id, campaign_id=campaign_id)
    return [(row[0], row[1]) for row in rows]


async def has_unsent(tx: Tx, account_id: str, campaign_id: str) -> bool:
    return await tx.fetch_one(_Q["has_unsent"], account_id=account_id, campaign_id=campaign_id) is not None


def _row(row: Row) -> CampaignRow:
    account_id, id_, name, state, *rest = row
    return CampaignRow(account_id, id_, name, CampaignState(state), *rest)
