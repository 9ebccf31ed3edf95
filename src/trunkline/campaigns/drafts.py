"""Campaigns as they are written down: made, changed while nothing of them is sent, and removed.

In come definitions that passed `forms.py`; out go rows. Whatever a check found of the recipients is worth
nothing after a change, so a changed campaign is a draft again.
"""

import msgspec

from trunkline.campaigns.actions import NEWS, Change, apply_changes, keep
from trunkline.errors import Problem, Refusal, shorten
from trunkline.model import ids
from trunkline.model.campaign import CampaignState, Definition
from trunkline.model.campaign_events import CampaignData, of_campaign
from trunkline.runtime import Runtime
from trunkline.store import Tx, campaigns, recipients
from trunkline.store.campaigns import CampaignRow

State = CampaignState
_CHANGEABLE = (State.DRAFT, State.CHECKED, State.SCHEDULED)
_REMOVABLE = (*_CHANGEABLE, State.FINISHED, State.CANCELED)
_AT_ONCE = 2_000


async def create(
    runtime: Runtime, account_id: str, definition: Definition, parent_id: str | None = None
) -> CampaignRow:
    now = runtime.clock.now()
    row = CampaignRow(
        account_id=account_id,
        id=ids.new_id(ids.CAMPAIGN),
        name=definition.name,
        state=State.DRAFT,
        state_reason=None,
        definition=msgspec.json.encode(definition).decode(),
        start_at=definition.schedule.start_at,
        position="",
        report=None,
        run="{}",
        parent_id=parent_id,
        version=0,
        created_at=now,
        updated_at=now,
    )

    async def work(tx: Tx) -> None:
        await campaigns.insert(tx, row)
        tx.emit(of_campaign(account_id, _born(row)))

    await runtime.store.write(work)
    return row


async def change(
    runtime: Runtime, account_id: str, campaign_id: str, version: int, definition: Definition
) -> CampaignRow:
    """`Refusal` when somebody else changed it since this version, on which the definition is based."""

    def make(row: CampaignRow) -> CampaignRow:
        if row.version != version:
            raise Refusal("campaign_state", "Somebody else changed the campaign just now; look at it again.")
        return msgspec.structs.replace(
            _unchecked(row),
            name=definition.name,
            definition=msgspec.json.encode(definition).decode(),
            start_at=definition.schedule.start_at,
            run="{}",
        )

    now = runtime.clock.now()
    wanted = Change(account_id, campaign_id, now, "changed", _CHANGEABLE, make)
    return await runtime.store.batch(apply_changes, wanted)


async def remove(runtime: Runtime, account_id: str, campaign_id: str) -> None:
    """With its recipients; its messages stay. Some at a time: after a fault it can be asked for again.

    Until then it is a draft, so that nobody starts it for the recipients that are left.
    """
    now = runtime.clock.now()

    async def work(tx: Tx) -> bool:
        row = await campaigns.lock(tx, account_id, campaign_id)
        if row is None:
            return True
        if row.state not in _REMOVABLE or (row.state is State.CANCELED and row.ended_at is None):
            raise _still_needed(row)
        if await recipients.clear(tx, account_id, campaign_id, _AT_ONCE) == _AT_ONCE:
            if row.state in {State.CHECKED, State.SCHEDULED}:
                await keep(tx, row, msgspec.structs.replace(_unchecked(row), updated_at=now), now)
            return False
        await campaigns.remove(tx, row)
        await tx.tell(f"{NEWS} {account_id} {campaign_id}")
        return True

    while not await runtime.store.write(work):
        pass


def _unchecked(row: CampaignRow) -> CampaignRow:
    return msgspec.structs.replace(
        row, state=State.DRAFT, state_reason=None, position="", report=None, checked_at=None
    )


def _still_needed(row: CampaignRow) -> Refusal:
    detail = f"The campaign is {row.state}; it can be removed before it starts, and when it is over."
    return Refusal("campaign_state", detail, problems=[Problem("", "state", detail, shorten(row.state))])


def _born(row: CampaignRow) -> CampaignData:
    return CampaignData(
        id=row.id,
        name=row.name,
        state=row.state,
        state_reason=None,
        before=None,
        parent_id=row.parent_id,
        start_at=row.start_at,
        started_at=None,
        ended_at=None,
        at=row.created_at,
    )
