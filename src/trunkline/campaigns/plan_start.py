"""What a plan must know before its first turn: the numbers' paces and tiers, whom they wrote to within 24
hours, and what other campaigns will send by them.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from trunkline.campaigns.plan_places import SLOT
from trunkline.campaigns.turns import Planner, Sender
from trunkline.model.campaign import CampaignState, Content, Definition
from trunkline.outbound.tier import DAY, reserve_of
from trunkline.runtime import Runtime
from trunkline.store import Tx, campaigns, recipients, tier_uses
from trunkline.store.numbers import NumberRow

_GO_ON = (CampaignState.SCHEDULED, CampaignState.RUNNING)


async def open_planner(
    runtime: Runtime, account_id: str, campaign_id: str, definition: Definition
) -> Planner:
    """For a campaign whose recipients are to be gone through from the first one on."""
    now = runtime.clock.now()
    rows = [runtime.directory.numbers[number_id] for number_id in definition.numbers]
    counts = counts_people(definition)

    async def read(tx: Tx) -> list[Sender]:
        others = await _planned(tx, account_id, campaign_id)
        return [
            await _sender(tx, runtime, row, definition, others.get(row.id, []), now if counts else None)
            for row in rows
        ]

    return Planner(
        definition.schedule,
        await runtime.store.read(read),
        max(now, definition.schedule.start_at or 0),
        counts=counts,
        per_second=definition.per_second,
    )


def counts_people(definition: Definition) -> bool:
    """Tiers count those who get a template."""
    contents = [definition.content, *(variant.content for variant in definition.variants)]
    return any(body.get("type") == "template" for content in contents for body in _bodies(content))


def reserve(row: NumberRow, definition: Definition) -> int:
    """A campaign may leave more to others than its number asks for, not less."""
    return max(reserve_of(row.daily_recipients, row.tier_reserve), definition.tier_reserve or 0)


def tier_partners(runtime: Runtime, row: NumberRow) -> list[NumberRow]:
    """The numbers that have one tier together with this one, itself among them.

    What the provider tells of a tier is that of a whole portfolio. What somebody set is the number's part.
    """
    if not _was_told(row):
        return [row]
    others = runtime.directory.of_account(row.account_id)
    return [one for one in others if one.waba_id == row.waba_id and _was_told(one)]


async def _sender(  # noqa: PLR0913, PLR0917 - a number, and what is known of it
    tx: Tx,
    runtime: Runtime,
    row: NumberRow,
    definition: Definition,
    planned: list[tuple[int, int]],
    now: int | None,
) -> Sender:
    used: dict[str, int] = {}
    if now is not None and row.daily_recipients is not None:
        used = {use.recipient: use.at for use in await _uses(tx, row, now)}
    partners = tier_partners(runtime, row)
    return Sender(
        number_id=row.id,
        per_second=row.messages_per_second,
        tier=row.daily_recipients,
        reserve=reserve(row, definition),
        used=used,
        planned=planned,
        shares_with=row.waba_id if len(partners) > 1 else None,
    )


async def _uses(tx: Tx, row: NumberRow, now: int) -> list[tier_uses.TierUse]:
    return await tier_uses.since(tx, row.account_id, row.id, now - int(DAY * 1000))


async def _planned(tx: Tx, account_id: str, campaign_id: str) -> dict[str, list[tuple[int, int]]]:
    """Number → (moment, how many) of the campaigns that go on beside this one."""
    found: dict[str, list[tuple[int, int]]] = {}
    for other in await campaigns.open_of(tx, account_id):
        if other.state in _GO_ON and other.id != campaign_id:
            for number_id, at, count in await recipients.planned(tx, account_id, other.id, SLOT):
                found.setdefault(number_id, []).append((at, count))
    return found


def _bodies(content: Content | None) -> Iterable[dict[str, Any]]:
    return () if content is None else (content.body, *content.languages.values())


def _was_told(row: NumberRow) -> bool:
    info = msgspec.json.decode(row.provider_info, type=dict[str, Any]) if row.provider_info else {}
    return row.daily_recipients is not None and "daily_recipients" in info.get("told_at", {})
