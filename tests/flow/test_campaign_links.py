"""Short links of a running campaign: made with the messages that they stand in, or not at all."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.flow.campaign_desk import desk
from trunkline.config.table import Links
from trunkline.model.campaign import Content
from trunkline.store import StoreUnavailable, Tx, campaign_reports, messages
from trunkline.store.messages import NewMessage

SHOP = "https://shop.example/sale"
BODY = {"type": "text", "text": {"body": f"Hello {{{{name}}}}: {SHOP}"}}


def test_every_message_has_its_own_link_and_no_link_is_without_a_message(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = [StoreUnavailable("on purpose")]

    async def insert_many(tx: Tx, new: Sequence[NewMessage]) -> None:
        """Once it fails, when the links of these are written."""
        if faults and new and new[0].campaign_id:
            raise faults.pop()
        await insert(tx, new)

    insert = messages.insert_many
    monkeypatch.setattr(messages, "insert_many", insert_many)

    async def run() -> None:
        async with desk(tmp_path, store_url, links=Links(public_url="https://go.example")) as here:
            campaign_id = await here.add(40, content=Content(body=BODY), track_links=True)
            await here.start(campaign_id)
            await here.until(campaign_id, "finished")
            tokens = [text.partition("https://go.example/l/")[2] for text in here.texts()]
            assert {len(token) for token in tokens} == {14}
            assert len(set(tokens)) == 40
            assert faults == []
            [told] = await here.runtime.store.read(
                lambda tx: campaign_reports.links(tx, here.rig.account_id, campaign_id, 9)
            )
            assert (told.url, told.links, told.clicks) == (SHOP, 40, 0)

    asyncio.run(run())
