"""The 24-hour window: asked inside the intent transaction, opened by whoever records that a person wrote.

The window itself stands in `conversations`; a person is found by any address that is known, so that a message
to a phone number sees the window that a business-scoped user id opened.
"""

from collections.abc import Sequence

import msgspec

from trunkline import phones
from trunkline.model.window import closed_error, needs_window
from trunkline.store import messages, suppressions
from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("windows")
_AT_ONCE = 500

Place = tuple[str, str, str]
"""(account, number, address)"""


class Window(msgspec.Struct, frozen=True):
    """What is known of one person and one number."""

    closes_at: int | None = None
    """None: nobody by this address ever wrote to the number."""

    def is_open(self, now: int) -> bool:
        return self.closes_at is not None and self.closes_at > now


class Ask(msgspec.Struct, frozen=True):
    """A message that may not go while its window is closed, unless the policy only advises."""

    account_id: str
    message_id: str
    policy: str
    now: int


class _Asked(msgspec.Struct, frozen=True):
    """A message that is about to be sent."""

    id: str
    type: str
    fallback: str | None
    """What goes in its place; of a template, what it has replaced."""
    number_id: str
    recipient: str
    closes_at: int | None


class _Closed(msgspec.Struct, frozen=True):
    """It found its window closed."""

    ask: Ask
    fallback: str | None
    window: Window


async def stop_many(tx: Tx, asks: Sequence[Ask]) -> set[str]:
    """The messages among these that must not go now: they are refused or held. A fallback takes its place."""
    closed = await _closed(tx, asks)
    replaced = [one.ask for one in closed if one.fallback is not None]
    bare = [one for one in closed if one.fallback is None]
    held = [one.ask for one in bare if one.ask.policy == "hold"]
    refused = [one for one in bare if one.ask.policy == "enforce"]
    if replaced:
        await tx.execute_many(_Q["replace"], [(ask.account_id, ask.message_id) for ask in replaced])
    if held:
        await tx.execute_many(_Q["hold"], [(ask.account_id, ask.message_id, ask.now) for ask in held])
    if refused:
        await messages.refuse_many(tx, [_refusal(one) for one in refused])
    return {ask.message_id for ask in (*held, *(one.ask for one in refused))}


async def _closed(tx: Tx, asks: Sequence[Ask]) -> list[_Closed]:
    rows = await tx.fetch_many(_Q["asked"], [(ask.account_id, ask.message_id) for ask in asks])
    known = {row[0]: _Asked(*row) for row in rows}
    shut = [
        (ask, asked)
        for ask in asks
        if (asked := known.get(ask.message_id)) is not None
        and needs_window(asked.type)
        and not Window(asked.closes_at).is_open(ask.now)
    ]
    found = await _by_any_name(
        tx, [(ask.account_id, asked.number_id, asked.recipient) for ask, asked in shut]
    )
    return [
        _Closed(ask, asked.fallback, window)
        for (ask, asked), window in zip(shut, found, strict=True)
        if not window.is_open(ask.now)
    ]


async def _by_any_name(tx: Tx, places: Sequence[Place]) -> list[Window]:
    """Of each; WhatsApp may call a person by another spelling of the number than we do."""
    called: dict[tuple[str, str], list[str]] = {}
    people = {(account_id, address) for account_id, _, address in places}
    for account_id, address, name in await tx.fetch_many(_Q["called"], sorted(people)):
        called.setdefault((account_id, address), []).append(name)
    named = {
        (account_id, number_id, address): [
            (account_id, number_id, name)
            for name in (address, *phones.spellings(address), *called.get((account_id, address), ()))
        ]
        for account_id, number_id, address in places
    }
    asked = dict.fromkeys(name for names in named.values() for name in names)
    rows = await tx.fetch_many(_Q["of_address"], list(asked))
    closes_at = {(account_id, number_id, name): at for account_id, number_id, name, at in rows}
    return [Window(max(closes_at.get(name) or 0 for name in named[place]) or None) for place in places]


def _refusal(closed: _Closed) -> tuple[str, str, str, int]:
    ask = closed.ask
    return ask.account_id, ask.message_id, closed_error(closed.window.closes_at, ask.now), ask.now


async def of_address(tx: Tx, account_id: str, number_id: str, address: str) -> Window:
    """What is known before there is a message."""
    [window] = await _by_any_name(tx, [(account_id, number_id, address)])
    return window


async def of_many(tx: Tx, places: Sequence[Place]) -> list[Window]:
    """The same of each of these."""
    return await _by_any_name(tx, places)


async def opened(tx: Tx, account_id: str, number_id: str, addresses: Sequence[str]) -> int:
    """A person, known by all these addresses, wrote to this number: how many messages were held for that.

    In the transaction that opens the window. The number's owner is told with the commit.
    """
    if not await holds_any(tx, account_id, number_id):
        return 0
    names = await suppressions.known_as(tx, account_id, addresses)
    names += [spelling for name in names for spelling in phones.spellings(name)]
    rows = await tx.fetch_many(_Q["opened"], [(account_id, number_id, name) for name in dict.fromkeys(names)])
    first: dict[str, str] = {}
    for message_id, recipient in rows:
        first[recipient] = min(message_id, first.get(recipient, message_id))
    for recipient, message_id in first.items():
        await tx.tell(f"opened {number_id} {recipient} {message_id}")
    return len(rows)


async def holds_any(tx: Tx, account_id: str, number_id: str) -> bool:
    return await tx.fetch_one(_Q["holds_any"], account_id=account_id, number_id=number_id) is not None


async def open_again(tx: Tx, account_id: str, number_id: str, now: int) -> list[str]:
    """Some of the recipients whose window is open and for whom something is held."""
    rows = await tx.fetch(
        _Q["open_again"], account_id=account_id, number_id=number_id, now=now, count=_AT_ONCE
    )
    return [row[0] for row in rows]


async def release(tx: Tx, account_id: str, number_id: str) -> int:
    """How many of those that wait for a window are queued again: some at a time, 0 when none is left."""
    rows = await tx.fetch(_Q["release"], account_id=account_id, number_id=number_id, count=_AT_ONCE)
    return len(rows)
