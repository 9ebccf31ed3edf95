"""Statuses that come very late still count: a provider repeats a post for up to seven days."""

import asyncio
from pathlib import Path

from tests.flow.rig import rig
from trunkline.channels.contract import StatusFact
from trunkline.clock import VirtualClock
from trunkline.inbound.statuses import Report, apply_reports

DAY = 24 * 3_600_000


def test_a_status_that_is_seven_days_late_moves_its_message(store_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        clock = VirtualClock()
        async with rig(tmp_path, store_url, clock=clock) as running:
            await running.start()
            message = running.message()
            await running.accept(message)
            sent = await running.until(message, "submitted")
            at = clock.now()
            clock.advance(7 * DAY)
            assert sent.provider_id is not None
            for status in ("read", "delivered"):  # out of order as well
                fact = StatusFact(sent.provider_id, status, at, "15550001000")
                report = Report(running.account_id, running.number_id, fact, None, clock.now())
                await running.store.really.write(lambda tx, r=report: apply_reports(tx, [r], clock.now()))
            row = await running.row(message)
            assert (row.state, row.read_at, row.delivered_at) == ("read", at, at)

    asyncio.run(run())
