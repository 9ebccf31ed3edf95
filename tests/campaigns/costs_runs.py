"""As `costs_in_sandbox_runs.py`, on both engines and with the real quota: 1,000 free messages a month."""

import asyncio
from pathlib import Path

from tests.campaigns.cost_desk import QUICK, TEXT, campaign, free_of, prepare, wrote
from tests.flow.template_desk import desk

CROWD = [f"491522{n:07d}" for n in range(1030)]


def test_beyond_the_free_quota_service_messages_cost_what_was_estimated(
    store_url: str, tmp_path: Path
) -> None:
    async def run() -> None:
        async with desk(tmp_path, store_url, webhooks=True, sends=True, status_delay_seconds=QUICK) as here:
            list_id = await prepare(here, CROWD)
            await wrote(here, CROWD)
            estimate, actual = await campaign(here, list_id, TEXT, len(CROWD))
            assert estimate["total_micros"] == actual["total_micros"] == 30 * 45_601
            assert free_of(estimate) == free_of(actual) == 1000

    asyncio.run(run())
