"""Suppressions: who must not be written to. Written by the people themselves and by operators.

`suppressed_many` asks in the transaction that opens attempts. Whoever suppresses calls `lock` in the same
transaction: an intent that commits later has then seen it, whichever process it belongs to.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain

import msgspec

from trunkline import phones
from trunkline.model.opt_out import refusal
from trunkline.store import messages
from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("suppressions")

MESSAGE, PREFERENCE, OPERATOR, IMPORT = "message", "preference", "operator", "import"
"""Sources: the person's own words, the person's choice at the provider, our side, a list from elsewhere."""

SOURCES = (MESSAGE, PREFERENCE, OPERATOR, IMPORT)

_ROUNDS = 3
"""How far other names are followed: a name of a name, and once more."""


class Ask(msgspec.Struct, frozen=True):
    """A message that is about to be sent."""

    account_id: str
    message_id: str
    recipient: str
    now: int


class Suppression(msgspec.Struct, frozen=True):
    address: str
    scope: str
    source: str
    reason: str | None
    created_at: int


async def lock(tx: Tx, account_id: str) -> None:
    """Wait for the intents of the account that are being written; later ones wait for this transaction."""
    await tx.fetch(_Q["lock"], account_id=account_id)


async def add_many(tx: Tx, account_id: str, rows: Sequence[Suppression]) -> set[tuple[str, str]]:
    """(address, scope) of those that were not there. The caller has called `lock`."""
    before = await of_addresses(tx, account_id, {row.address for row in rows})
    await tx.execute_many(_Q["add"], [(account_id, *msgspec.structs.astuple(row)) for row in rows])
    return {(row.address, row.scope) for row in rows} - {(row.address, row.scope) for row in before}


async def end_waiting(tx: Tx, account_id: str, addresses: Iterable[str], now: int) -> None:
    """What waits to go to these fails at once, or it would go when the suppression is lifted.

    Of thousands to one address some are left for `suppressed_many`. The caller has called `lock`.
    """
    found = await tx.fetch_many(_Q["waiting"], [(account_id, address) for address in addresses])
    if found:
        refused = [(account_id, row[0], refusal(str(row[1])), now) for row in sorted(found)]
        await messages.refuse_many(tx, refused, waiting=True)


async def lift(
    tx: Tx, account_id: str, addresses: Iterable[str], scopes: Sequence[str], sources: Sequence[str]
) -> list[Suppression]:
    """What was lifted."""
    rows = [(account_id, a, scope, source) for a in addresses for scope in scopes for source in sources]
    return [Suppression(*row) for row in await tx.fetch_many(_Q["lift"], rows)]


async def spread(tx: Tx, account_id: str, people: Sequence[Collection[str]]) -> None:
    """Each of these are one person's addresses: what stands against one of them stands against all, however
    they are spelt."""
    standing = await of_addresses(tx, account_id, [address for person in people for address in person])
    if not standing:
        return
    known = {(row.address, row.scope) for row in standing}
    new = [
        msgspec.structs.replace(row, address=address)
        for person in people
        for row in standing
        if row.address in person
        for address in (*person, *chain.from_iterable(map(phones.spellings, person)))
        if (address, row.scope) not in known
    ]
    if new:
        await lock(tx, account_id)
        await add_many(tx, account_id, new)


async def of_addresses(tx: Tx, account_id: str, addresses: Iterable[str]) -> list[Suppression]:
    rows = await tx.fetch_many(_Q["of_address"], [(account_id, address) for address in addresses])
    return [Suppression(*row) for row in rows]


async def page(tx: Tx, account_id: str, start: tuple[str, str], count: int) -> list[Suppression]:
    """Up to `count` behind (address, scope), by address."""
    address, scope = start
    rows = await tx.fetch(_Q["page"], account_id=account_id, address=address, scope=scope, count=count)
    return [Suppression(*row) for row in rows]


async def known_as(tx: Tx, account_id: str, addresses: Iterable[str]) -> list[str]:
    """These and every other address of the same people: of their contacts, and by which they are called."""
    return (await known_as_many(tx, account_id, {"": addresses}))[""]


async def known_as_many(tx: Tx, account_id: str, groups: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """The same for each of several groups of addresses, in as many queries as for one."""
    found = {name: dict.fromkeys(addresses) for name, addresses in groups.items()}
    newest = {name: set(addresses) for name, addresses in found.items()}
    for _ in range(_ROUNDS):
        asked = sorted(set().union(*newest.values()))
        if not asked:
            break
        others = await _others(tx, account_id, asked)
        for name, known in found.items():
            fresh = set().union(*(others[address] for address in newest[name])) - known.keys()
            known.update(dict.fromkeys(sorted(fresh)))
            newest[name] = fresh
    return {name: list(known) for name, known in found.items()}


async def _others(tx: Tx, account_id: str, addresses: Sequence[str]) -> dict[str, set[str]]:
    """Of each of these: by which other names the same person is known, one step away."""
    keys = [(account_id, address) for address in addresses]
    others = {address: set(phones.spellings(address)) for address in addresses}
    for name in ("also_of_contact", "also_called"):
        for address, other in await tx.fetch_many(_Q[name], keys):
            others[address].add(other)
    return others


async def was_confirmed(tx: Tx, account_id: str, addresses: Iterable[str], since: int) -> bool:
    """Whether this person got a confirmation after that moment."""
    rows = await tx.fetch_many(_Q["confirmed"], [(account_id, address, since) for address in addresses])
    return bool(rows)


async def suppressed_many(tx: Tx, asks: Sequence[Ask]) -> set[str]:
    """The messages among these that must not be sent: they are ended as failed, and say why.

    One look-up by primary key for each; the messages are only looked at when something stands against one.
    """
    found = await tx.fetch_many(_Q["stands"], [(ask.account_id, ask.recipient) for ask in asks])
    addresses = {(row[0], row[1]) for row in found}
    doubted = [ask for ask in asks if (ask.account_id, ask.recipient) in addresses]
    if not doubted:
        return set()
    rows = await tx.fetch_many(_Q["suppressed"], [(ask.account_id, ask.message_id) for ask in doubted])
    scopes = {row[0]: str(row[1]) for row in rows}
    refused = [ask for ask in doubted if ask.message_id in scopes]
    await messages.refuse_many(
        tx, [(ask.account_id, ask.message_id, refusal(scopes[ask.message_id]), ask.now) for ask in refused]
    )
    return set(scopes)
