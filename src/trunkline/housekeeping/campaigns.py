"""Campaigns that are over: what their messages said goes after `retention.content_days`, the values of each
recipient and the samples of the check; all of them after `retention.messages_days`, as their messages do."""

import msgspec

from trunkline.housekeeping.per_account import days_ago, first_account
from trunkline.runtime import Runtime
from trunkline.store import Tx, campaigns, recipients
from trunkline.store.campaigns import CampaignRow

NAME = "campaigns"
EVERY_SECONDS = 3600.0
_AT_ONCE = 2_000
_BLANK = "blank"
"""`position` of one whose values are gone, or with the place up to which they are."""


async def step(runtime: Runtime) -> int:
    keep = runtime.settings.retention
    content_before, before = days_ago(runtime, keep.content_days), days_ago(runtime, keep.messages_days)

    async def work(tx: Tx, account_id: str) -> int:
        old = await campaigns.over(tx, account_id, before)
        if old is not None:
            return await _remove(tx, old)
        wordy = await campaigns.over(tx, account_id, content_before, but=_BLANK)
        return await _blank(tx, wordy) if wordy is not None else 0

    return await first_account(runtime, work)


async def _remove(tx: Tx, row: CampaignRow) -> int:
    removed = await recipients.clear(tx, row.account_id, row.id, _AT_ONCE)
    return removed or int(await campaigns.remove(tx, row))


async def _blank(tx: Tx, row: CampaignRow) -> int:
    """From the last place on that an earlier step reached."""
    _, _, place = row.position.partition(" ")
    after = int(place or 0)
    if after < await recipients.last(tx, row.account_id, row.id):
        await recipients.blank(tx, row.account_id, row.id, after, after + _AT_ONCE)
        kept = msgspec.structs.replace(row, position=f"{_BLANK} {after + _AT_ONCE}")
    else:
        kept = msgspec.structs.replace(row, position=_BLANK, report=_without_samples(row.report))
    await campaigns.put(tx, kept)
    return _AT_ONCE


def _without_samples(report: str | None) -> str | None:
    if report is None:
        return None
    found = msgspec.json.decode(report)
    return msgspec.json.encode({**found, "samples": []}).decode()
