"""Where customers want their events. Secrets are sealed here, by the account and the endpoint's id."""

import msgspec

from trunkline.store import events
from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("endpoints")

OWNER = "owner"
"""Reason of `paused`: its owner wanted that; nothing goes out until they switch it on again."""
FAILING = "failing"
"""Reason of `paused`: it took nothing for a long time. It is probed, and goes on by itself."""
GONE = "gone"
"""Reason of `disabled`: it answered 410."""

MAPPING = "mapping"
"""`created_by` of those that the page's own calls made."""

NEWS = "directory"
"""Told with every change: whoever keeps endpoints in memory reads them again."""


class EndpointRow(msgspec.Struct, frozen=True):
    account_id: str
    id: str
    url: str
    format: str
    """`events` (Standard Webhooks) or `meta` (Meta's envelope)."""
    description: str
    event_types: str
    """JSON: a list of types; `*` is all, `message.*` all of a kind."""
    number_id: str | None
    """Only what happens to this number; None for all of the account."""
    sealed_secret: str
    sealed_former_secret: str | None
    former_until: int | None
    """Until then both secrets sign."""
    state: str
    """`active`, `paused` (probed now and then where the reason is `FAILING`) or `disabled`."""
    state_reason: str | None
    is_ordered: int
    """Whether the next event of a conversation waits for the former."""
    batch_size: int
    max_in_flight: int
    per_second: int | None
    created_by: str
    """`api` or `MAPPING`."""
    created_at: int
    updated_at: int


async def active(tx: Tx) -> list[EndpointRow]:
    """All that are not removed, whatever their state, of all accounts: for the directory in memory."""
    return [EndpointRow(*row) for row in await tx.fetch(_Q["active"])]


async def of_account(tx: Tx, account_id: str) -> list[EndpointRow]:
    """Those that are not removed, oldest first."""
    return [EndpointRow(*row) for row in await tx.fetch(_Q["of_account"], account_id=account_id)]


async def get(tx: Tx, account_id: str, endpoint_id: str) -> EndpointRow | None:
    """None for a removed one, too."""
    row = await tx.fetch_one(_Q["get"], account_id=account_id, id=endpoint_id)
    return EndpointRow(*row) if row else None


async def to_change(tx: Tx, account_id: str, endpoint_id: str) -> EndpointRow | None:
    """Like `get`, and nobody else changes it before the transaction ends."""
    row = await tx.fetch_one(_Q["to_change"], account_id=account_id, id=endpoint_id)
    return EndpointRow(*row) if row else None


async def insert(tx: Tx, endpoint: EndpointRow) -> None:
    """It gets what happens from now on: its position is the newest event."""
    await tx.execute(_Q["insert"], **msgspec.structs.asdict(endpoint))
    position = await events.last_id(tx, endpoint.account_id)
    await tx.execute(_Q["start"], account_id=endpoint.account_id, endpoint_id=endpoint.id, position=position)
    await tx.tell(NEWS)


async def update(tx: Tx, endpoint: EndpointRow) -> None:
    """Everything that its owner chooses, and its secrets; not its state."""
    values = msgspec.structs.asdict(endpoint)
    await tx.execute(_Q["update"], **{name: values[name] for name in _Q["update"].params})
    await tx.tell(NEWS)


async def set_state(  # noqa: PLR0913, PLR0917 - which one, what it becomes and why
    tx: Tx,
    account_id: str,
    endpoint_id: str,
    state: str,
    reason: str | None,
    now: int,
) -> bool:
    """False, and nothing changed, when it is removed or was in this state for this reason already."""
    row = await tx.fetch_one(
        _Q["set_state"], account_id=account_id, id=endpoint_id, state=state, reason=reason, now=now
    )
    await tx.tell(NEWS)
    return row is not None


async def turn(  # noqa: PLR0913, PLR0917 - the same, and where was posted to
    tx: Tx,
    account_id: str,
    endpoint_id: str,
    url: str,
    state: str,
    reason: str | None,
    now: int,
) -> bool:
    """By what a try brought. False, and nothing changed, where the owner said something else meanwhile."""
    row = await tx.fetch_one(
        _Q["turn"], account_id=account_id, id=endpoint_id, url=url, state=state, reason=reason, now=now
    )
    await tx.tell(NEWS)
    return row is not None


async def forget_failures(tx: Tx, account_id: str, endpoint_id: str) -> None:
    """As if it had never failed: its owner says that it is mended."""
    await tx.execute(_Q["forget_failures"], account_id=account_id, endpoint_id=endpoint_id)


async def remove(tx: Tx, account_id: str, endpoint_id: str, now: int) -> bool:
    """The row stays, without its secrets: its log points at it."""
    row = await tx.fetch_one(_Q["remove"], account_id=account_id, id=endpoint_id, now=now)
    await tx.tell(NEWS)
    return row is not None
