"""What is left of somebody who is erased, table by table: found, and made to say nothing of them."""

from collections.abc import Sequence

import msgspec

from trunkline.store import campaign_samples
from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("erasure")

_AT_ONCE = 200


class Erasure(msgspec.Struct, frozen=True):
    """An address of somebody who is to be forgotten. Who has it later is somebody else."""

    account_id: str
    contact_id: str
    address: str
    asked_at: int


class Said(msgspec.Struct, frozen=True):
    """A message of theirs. `content` is JSON text."""

    id: str
    type: str
    content: str


async def ask(tx: Tx, erasures: Sequence[Erasure]) -> None:
    await tx.execute_many(_Q["ask"], [msgspec.structs.astuple(each) for each in erasures])


async def asked(tx: Tx, after: Erasure) -> list[Erasure]:
    """Some of the account's behind this one."""
    values = {"account_id": after.account_id, "contact_id": after.contact_id, "address": after.address}
    rows = await tx.fetch(_Q["asked"], count=_AT_ONCE, **values)
    return [Erasure(after.account_id, *row) for row in rows]


async def of_contact(tx: Tx, account_id: str, contact_id: str) -> list[Erasure]:
    rows = await tx.fetch(_Q["of_contact"], account_id=account_id, contact_id=contact_id)
    return [Erasure(account_id, *row) for row in rows]


async def done(tx: Tx, erasure: Erasure) -> None:
    values = {"account_id": erasure.account_id, "contact_id": erasure.contact_id, "address": erasure.address}
    await tx.execute(_Q["done"], **values)


async def forget_person(tx: Tx, account_id: str, contact_id: str, addresses: Sequence[str]) -> None:
    """Addresses, aliases, consents, places in campaigns. Suppressions stay: who said no still means it."""
    await tx.execute(_Q["forget_addresses"], account_id=account_id, contact_id=contact_id)
    await forget_recipients(tx, account_id, contact_id)
    own = [(account_id, address) for address in addresses]
    for name in ("forget_aliases", "forget_consents", "forget_proofs"):
        await tx.execute_many(_Q[name], own)


async def forget_recipients(tx: Tx, account_id: str, contact_id: str) -> None:
    await campaign_samples.forget(tx, account_id, contact_id)
    await tx.execute(_Q["forget_recipients"], account_id=account_id, contact_id=contact_id)


async def waiting(tx: Tx, erasure: Erasure) -> list[str]:
    """Some of their messages that can still be withdrawn."""
    values = {"account_id": erasure.account_id, "address": erasure.address, "count": _AT_ONCE}
    return [row[0] for row in await tx.fetch(_Q["waiting"], **values)]


async def ended(tx: Tx, erasure: Erasure) -> list[str]:
    """Some of their messages that are not on their way."""
    return [row[0] for row in await tx.fetch(_Q["messages"], count=_AT_ONCE, **_of(erasure))]


async def has_messages(tx: Tx, erasure: Erasure) -> bool:
    return await tx.fetch_one(_Q["any_message"], **_of(erasure)) is not None


async def forget_messages(tx: Tx, erasure: Erasure, message_ids: Sequence[str]) -> None:
    rows = [(erasure.address, erasure.account_id, each) for each in message_ids]
    for name in ("forget_message", "forget_attempts", "forget_facts"):
        await tx.execute_many(_Q[name], rows)


async def said(tx: Tx, account_id: str, conversation_id: str) -> list[Said]:
    """Some of what they wrote that still says something."""
    values = {"account_id": account_id, "conversation_id": conversation_id, "count": _AT_ONCE}
    return [Said(*row) for row in await tx.fetch(_Q["inbound"], **values)]


async def forget_said(tx: Tx, account_id: str, inbound_ids: Sequence[str]) -> None:
    await tx.execute_many(_Q["forget_inbound"], [(account_id, each) for each in inbound_ids])


async def file_of(tx: Tx, account_id: str, media_id: str) -> tuple[str | None] | None:
    """The content of a file that they sent, None within while it was not fetched; None when there is none."""
    row = await tx.fetch_one(_Q["file"], account_id=account_id, id=media_id)
    return (row[0],) if row is not None else None


async def events_of(tx: Tx, account_id: str, object_ids: Sequence[str]) -> list[tuple[str, str]]:
    """(id, data) of what was told of these."""
    rows = await tx.fetch_many(_Q["events"], [(account_id, each) for each in object_ids])
    return [(row[0], row[1]) for row in rows]


async def put_events(tx: Tx, erasure: Erasure, told: Sequence[tuple[str, str]], now: int) -> None:
    """Each (id, data); what endpoints were told of it is forgotten."""
    account_id, address = erasure.account_id, erasure.address
    rows = [(data, address, account_id, event_id) for event_id, data in told]
    await tx.execute_many(_Q["forget_event"], rows)
    await tx.execute_many(_Q["forget_tries"], [(account_id, event_id) for event_id, _ in told])
    await tx.execute_many(_Q["forget_lanes"], [(now, account_id, event_id) for event_id, _ in told])


def _of(erasure: Erasure) -> dict[str, str | int]:
    return {
        "account_id": erasure.account_id,
        "address": erasure.address,
        "asked_at": erasure.asked_at,
    }
