"""Steps over all accounts, or all their numbers, removed ones too: the first that has rows does some.

So a step after the last one with rows costs a look for each account; there are few.
"""

from collections.abc import Awaitable, Callable

from trunkline.runtime import Runtime
from trunkline.store import Tx, numbers

DAY_MS = 24 * 3_600_000


async def first_account(runtime: Runtime, work: Callable[[Tx, str], Awaitable[int]]) -> int:
    """What `work` did for the first account for which it did anything."""
    for account_id in list(runtime.directory.accounts):
        if done := await runtime.store.write(_for(account_id, work)):
            return done
    return 0


def _for(account_id: str, work: Callable[[Tx, str], Awaitable[int]]) -> Callable[[Tx], Awaitable[int]]:
    return lambda tx: work(tx, account_id)


async def first_number(runtime: Runtime, work: Callable[[Tx, str, str], Awaitable[int]]) -> int:
    """The same for (account, number)."""

    async def of_account(tx: Tx, account_id: str) -> int:
        for number_id in await numbers.digits_by_id(tx, account_id):
            if done := await work(tx, account_id, number_id):
                return done
        return 0

    return await first_account(runtime, of_account)


def days_ago(runtime: Runtime, days: int) -> int:
    """0 days is for ever: nothing is older than that."""
    return runtime.clock.now() - days * DAY_MS if days else 0
