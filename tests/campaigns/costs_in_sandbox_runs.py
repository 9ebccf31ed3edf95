"""The estimate of a campaign that is delivered whole equals what its statuses say, to the micro-unit.

Through the front doors: people, a card and campaigns by the API of a real server, and a sandbox that prices
what it delivers by rules of its own. The real quota of 1,000 is in `costs_runs.py`.
"""

import asyncio
from pathlib import Path

import pytest

from tests.campaigns.cost_desk import QUICK, TEMPLATE, TEXT, admin, campaign, free_of, prepare, wrote
from tests.flow.template_desk import desk
from trunkline.channels.whatsapp_cloud.pricing import estimate
from trunkline.channels.whatsapp_cloud.pricing.desk import CloudPricing

FREE = 4


def test_the_estimate_equals_what_the_statuses_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Volume tiers over two campaigns, the window by either reading, the free quota, a free entry window."""
    monkeypatch.setattr(estimate, "FREE_SERVICE_MESSAGES", FREE)
    monkeypatch.setattr(CloudPricing, "free_quota", FREE)

    async def run() -> None:
        async with desk(tmp_path, "", webhooks=True, sends=True, status_delay_seconds=QUICK) as here:
            list_id = await prepare(here)
            await admin(here, "PATCH", "/rules", {"free_service": FREE})
            first, actual = await campaign(here, list_id, TEMPLATE)
            assert first["total_micros"] == actual["total_micros"] == 6 * 45_601 + 2 * 40_003 + 8 * 1_150
            assert first["lines"] == actual["lines"]
            again, actual = await campaign(here, list_id, TEMPLATE)
            assert again["total_micros"] == actual["total_micros"] == 8 * 40_003 + 7 * 1_150 + 907
            await wrote(here)
            text, actual = await campaign(here, list_id, TEXT)
            assert text["total_micros"] == actual["total_micros"] == 4 * 45_601 + 7 * 1_151
            assert free_of(text) == free_of(actual) == FREE + 1
            charged, actual = await campaign(here, list_id, TEMPLATE)
            assert charged["total_micros"] == actual["total_micros"] == 40_003 + 7 * 31_009 + 7 * 907
            await admin(here, "PATCH", "/rules", {"free_utility": True})
            await here.did("PATCH", "/v1/pricing/billing", {"utility_in_window": "free"})
            free, actual = await campaign(here, list_id, TEMPLATE)
            assert free["total_micros"] == actual["total_micros"] == 0
            assert free_of(free) == free_of(actual) == 16

    asyncio.run(run())
