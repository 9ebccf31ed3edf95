"""Campaigns over HTTP where nobody runs them: written down, and put into any state by hand."""

from typing import Any

import msgspec

from tests.api.conftest import Site
from trunkline.model.campaign import CampaignState, RecipientState
from trunkline.store import Tx, campaigns, recipients
from trunkline.store.recipients import NewRecipient

BODY = {"type": "text", "text": {"body": "Hello {{first_name}}, we are open."}}


def form(**changes: Any) -> dict[str, Any]:
    return {"name": "Spring", "audience": {}, "content": {"body": BODY}} | changes


def drafted(site: Site, key: str = "", **changes: Any) -> str:
    answer = site.post("/v1/campaigns", form(**changes), key=key)
    assert answer.status == 200, answer.raw
    return str(answer.json["id"])


def put(site: Site, campaign_id: str, **changes: Any) -> None:
    """Of alice's. What is not said stays."""

    async def work(tx: Tx) -> None:
        row = await campaigns.lock(tx, site.alice.account_id, campaign_id)
        assert row is not None
        await campaigns.put(tx, msgspec.structs.replace(row, **changes))

    site.run(site.store.write(work))


def in_state(site: Site, state: CampaignState, **changes: Any) -> str:
    campaign_id = drafted(site)
    put(site, campaign_id, state=state, **changes)
    return campaign_id


def add_recipients(site: Site, campaign_id: str, *states: RecipientState, reason: str | None = None) -> None:
    """One for each state, from place 1 on."""
    rows = [
        NewRecipient(
            account_id=site.alice.account_id,
            campaign_id=campaign_id,
            n=n,
            contact_id="con_1",
            address=f"1555000{n:04}",
            state=state,
            reason=reason if state is RecipientState.SKIPPED else None,
            number_id=site.alice.number_id,
            vars='{"first_name":"Ada"}',
            due_at=site.clock.now(),
        )
        for n, state in enumerate(states, 1)
    ]
    site.run(site.store.write(lambda tx: recipients.insert_many(tx, rows)))
