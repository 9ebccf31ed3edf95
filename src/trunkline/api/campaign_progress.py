"""A campaign's progress: asked for once, or followed as server-sent events while it runs."""

import msgspec

from trunkline.api import progress_stream
from trunkline.api.auth import Caller
from trunkline.api.campaign_totals import OVER, unsent
from trunkline.api.context import Api
from trunkline.api.http import Request, Response, Streamed, as_json
from trunkline.api.progress_stream import Seen
from trunkline.errors import Refusal
from trunkline.model import ids
from trunkline.store import campaigns
from trunkline.store.campaigns import CampaignRow

_LOOK_SECONDS = 0.25
"""Between two looks at its state. Its recipients are counted more rarely (`campaign_totals.py`)."""


async def show(api: Api, request: Request, caller: Caller) -> Response:
    row = await row_of(api, request, caller)
    return as_json(await api.progress.progress(row))


async def stream(api: Api, request: Request, caller: Caller) -> Response | Streamed:
    first = await row_of(api, request, caller)

    async def look() -> Seen:
        row = await find(api, first.account_id, first.id)
        view = await api.progress.progress(row)
        mark = msgspec.json.encode(msgspec.structs.replace(view, at="", ends_at=None, per_second=None))
        return Seen(msgspec.json.encode(view), row.state in OVER and not unsent(view.totals), mark)

    return progress_stream.stream(api, request, first.account_id, look, _LOOK_SECONDS)


async def row_of(api: Api, request: Request, caller: Caller) -> CampaignRow:
    return await find(api, caller.account_id, request.params["id"])


async def find(api: Api, account_id: str, campaign_id: str) -> CampaignRow:
    row = None
    if ids.is_id(campaign_id, ids.CAMPAIGN):
        row = await api.runtime.store.read(lambda tx: campaigns.get(tx, account_id, campaign_id))
    if row is None:
        raise Refusal("not_found", "There is no campaign of that id in this account.")
    return row
