"""End what could not be sent in its life: its number is held, was removed, or its line is too long.

So every accepted message comes to a final state, whatever becomes of its number. What has an intent is left
alone: it is for the provider's facts to say. Once a minute, in small steps.
"""

from trunkline.model import ids
from trunkline.runtime import Runtime
from trunkline.store import messages, numbers

EVERY_SECONDS = 60.0


async def expire(runtime: Runtime) -> None:
    """One round over all numbers, removed ones too."""
    for account_id in list(runtime.directory.accounts):
        for number_id in await _numbers_of(runtime, account_id):
            while await _step(runtime, account_id, number_id):
                pass


async def _numbers_of(runtime: Runtime, account_id: str) -> list[str]:
    return list(await runtime.store.read(lambda tx: numbers.digits_by_id(tx, account_id)))


async def _step(runtime: Runtime, account_id: str, number_id: str) -> int:
    now = runtime.clock.now()
    life = runtime.settings.dispatch.message_life_hours * 3_600_000
    before = ids.first_id(ids.MESSAGE, now - life)
    return await runtime.store.write(lambda tx: messages.expire(tx, account_id, number_id, before, now))
