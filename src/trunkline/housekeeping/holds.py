"""Numbers that a provider restricted until a moment are released when it has come: nothing is told then."""

import msgspec

from trunkline.inbound.notices import HELD_UNTIL, TOLD
from trunkline.runtime import Runtime
from trunkline.store import Tx, numbers
from trunkline.store.numbers import NumberRow

NAME = "holds"
EVERY_SECONDS = 60.0


async def step(runtime: Runtime) -> int:
    now = runtime.clock.now()
    over = [row for row in runtime.directory.numbers.values() if _is_over(row, now)]
    if not over:
        return 0

    async def work(tx: Tx) -> int:
        released = [await numbers.release_held_for(tx, row.account_id, row.id, TOLD, now) for row in over]
        await tx.tell("directory")
        return sum(released)

    return await runtime.store.write(work)


def _is_over(row: NumberRow, now: int) -> bool:
    if row.held_reason is None or not row.held_reason.startswith(TOLD) or row.provider_info is None:
        return False
    until = msgspec.json.decode(row.provider_info).get(HELD_UNTIL)
    return until is not None and until <= now
