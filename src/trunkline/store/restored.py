"""After a restore: what the backup says to be waiting may have been sent since, so none of it goes by itself.

`mark` holds it, with the reason `restored`; whoever knows better releases or cancels it. A status that
carries our token settles a held message as well, so that the providers' late reports answer most of it.
"""

from typing import Literal

from trunkline.store import accounts, numbers
from trunkline.store.contract import Store, Tx
from trunkline.store.queries import load

_Q = load("restored")
_PAGE = 5_000
_AT_ONCE = 500

Choice = Literal["release", "cancel"]


async def mark(tx: Tx, now: int) -> tuple[int, int]:
    """How many messages are held from now on, and how many are in doubt. A second time changes nothing."""
    held = doubted = 0
    for account in await accounts.every(tx):
        for number_id in await numbers.digits_by_id(tx, account.id):
            await tx.execute(_Q["doubt_attempts"], account_id=account.id, number_id=number_id, now=now)
        after = ""
        while upto := await _page_end(tx, account.id, after):
            page = {"account_id": account.id, "after": after, "upto": upto}
            held += len(await tx.fetch(_Q["hold"], **page))
            doubted += len(await tx.fetch(_Q["doubt"], **page))
            after = upto
    await tx.execute(_Q["stop_watches"])
    await tx.execute(_Q["forget_processes"])
    return held, doubted


async def _page_end(tx: Tx, account_id: str, after: str) -> str | None:
    row = await tx.fetch_one(_Q["page_end"], account_id=account_id, after=after, count=_PAGE)
    return row[0] if row else None


async def held(tx: Tx) -> dict[tuple[str, str], int]:
    """(account, number) → how many messages a restore holds, where there are any."""
    found = {}
    for account in await accounts.every(tx):
        for number_id in await numbers.digits_by_id(tx, account.id):
            row = await tx.fetch_one(_Q["held"], account_id=account.id, number_id=number_id)
            if row and row[0]:
                found[account.id, number_id] = int(row[0])
    return found


async def let_go(store: Store, choice: Choice, now: int) -> int:
    """All that a restore holds, in small steps. How many."""
    done = 0
    for account_id, number_id in await store.read(held):

        async def step(tx: Tx, account_id: str = account_id, number_id: str = number_id) -> int:
            values = {"account_id": account_id, "number_id": number_id, "now": now, "count": _AT_ONCE}
            return len(await tx.fetch(_Q[choice], **values))

        while moved := await store.write(step):
            done += moved
    return done
