"""End what could not be sent in its life: its number is held, was removed, or its line is too long.

So every accepted message comes to a final state, whatever becomes of its number. What has an intent is left
alone: it is for the provider's facts to say.
"""

from trunkline.housekeeping.per_account import first_number
from trunkline.model import ids
from trunkline.runtime import Runtime
from trunkline.store import Tx, messages

NAME = "expire"
EVERY_SECONDS = 60.0


async def step(runtime: Runtime) -> int:
    now = runtime.clock.now()
    life = runtime.settings.dispatch.message_life_hours * 3_600_000
    before = ids.first_id(ids.MESSAGE, now - life)

    async def work(tx: Tx, account_id: str, number_id: str) -> int:
        return await messages.expire(tx, account_id, number_id, before, now)

    return await first_number(runtime, work)
