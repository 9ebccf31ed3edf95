"""AGAIN: a campaign once more, for those whom it did not reach, or who did not read it.

In comes a campaign that ran, and which outcome is meant; out goes a new draft for these people.
It has everything else of the first one but its times: it is checked and started like any other.
Whoever got an earlier repetition is left out, so that asking for the same twice sends nothing twice.
"""

import msgspec

from trunkline.audiences.members_of_campaign import OUTCOMES
from trunkline.campaigns import drafts
from trunkline.campaigns.actions import definition_of
from trunkline.errors import Refusal
from trunkline.model.campaign import Audience, CampaignState, Definition, Schedule
from trunkline.runtime import Runtime
from trunkline.store import campaigns
from trunkline.store.campaigns import CampaignRow

WORDS = {
    "not_delivered": "not delivered",
    "not_read": "not read",
    "retryable": "once more",
    "all": "all again",
}
_LONGEST_NAME = 200
_MOST_LEFT_OUT = 100
"""As many as a form may name."""
_BEFORE_ITS_RUN = (
    CampaignState.DRAFT,
    CampaignState.CHECKING,
    CampaignState.CHECKED,
    CampaignState.SCHEDULED,
)


async def make(runtime: Runtime, row: CampaignRow, outcome: str, name: str | None = None) -> CampaignRow:
    """The new draft. `Refusal` while the first one has not begun."""
    assert outcome in OUTCOMES
    if row.state in _BEFORE_ITS_RUN:
        detail = f"The campaign is {row.state}; it can be repeated for some once it has run."
        raise Refusal("campaign_state", detail)
    definition = _for_these(definition_of(row), row.id, outcome, name)
    if outcome != "all":
        definition = await _without_repeats(runtime, row, definition)
    return await drafts.create(runtime, row.account_id, definition, parent_id=row.id)


async def _without_repeats(runtime: Runtime, row: CampaignRow, definition: Definition) -> Definition:
    former = await runtime.store.read(
        lambda tx: campaigns.repeats(tx, row.account_id, row.id, _MOST_LEFT_OUT)
    )
    left_out = tuple(dict.fromkeys((*definition.without_campaigns, *former)))
    return msgspec.structs.replace(definition, without_campaigns=left_out[:_MOST_LEFT_OUT])


def _for_these(first: Definition, campaign_id: str, outcome: str, name: str | None) -> Definition:
    """Quiet hours and the like stay. Nobody may be left out for having got the first one."""
    kept = first.schedule
    return msgspec.structs.replace(
        first,
        name=name or _name(first.name, outcome),
        audience=Audience(
            campaign=campaign_id,
            outcome=outcome,
            without_lists=first.audience.without_lists,
            without_segments=first.audience.without_segments,
        ),
        schedule=Schedule(
            local_time=kept.local_time,
            quiet_hours=kept.quiet_hours,
            validity_minutes=kept.validity_minutes,
        ),
        canary=None,
        not_again_hours=None,
    )


def _name(first: str, outcome: str) -> str:
    end = f" ({WORDS[outcome]})"
    return first[: _LONGEST_NAME - len(end)] + end
