"""A campaign's progress: asked for once, or followed as server-sent events while it runs."""

import asyncio
from collections.abc import AsyncGenerator

import msgspec

from trunkline.api.auth import Caller, Who
from trunkline.api.campaign_totals import OVER, unsent
from trunkline.api.context import Api
from trunkline.api.event_stream import AGAIN_SECONDS, HEARTBEAT_SECONDS, MEDIA_TYPE
from trunkline.api.http import Request, Response, Streamed, as_json
from trunkline.errors import Refusal
from trunkline.model import ids
from trunkline.store import StoreUnavailable, campaigns
from trunkline.store.campaigns import CampaignRow

_LOOK_SECONDS = 0.25
"""Between two looks at its state. Its recipients are counted more rarely (`campaign_totals.py`)."""


async def show(api: Api, request: Request, caller: Caller) -> Response:
    row = await row_of(api, request, caller)
    return as_json(await api.progress.progress(row))


async def stream(api: Api, request: Request, caller: Caller) -> Response | Streamed:
    """Until the campaign is over, or the caller goes. A HEAD is answered without a stream."""
    row = await row_of(api, request, caller)
    if request.method == "HEAD":
        return Response(200, content_type=MEDIA_TYPE)
    watchers, account_id = api.progress.watchers, row.account_id
    if watchers.get(account_id, 0) >= api.runtime.settings.limits.event_streams:
        detail = "This account watches as many campaigns as it may already; close a stream first."
        raise Refusal("too_many_requests", detail, headers={"Retry-After": "10"})
    watchers[account_id] = watchers.get(account_id, 0) + 1

    def leave() -> None:
        watchers[account_id] -= 1
        if not watchers[account_id]:
            del watchers[account_id]

    return Streamed(_follow(api, request, row), MEDIA_TYPE, leave)


async def _follow(api: Api, request: Request, row: CampaignRow) -> AsyncGenerator[bytes, None]:
    """A block whenever something is new; a comment while nothing is."""
    clock = asyncio.get_running_loop().time
    told, told_at = b"", clock()
    while not api.streams.is_closed:
        try:
            view = await api.progress.progress(row)
            text = msgspec.json.encode(msgspec.structs.replace(view, at="", ends_at=None, per_second=None))
            if text != told:
                yield b"event: progress\ndata: %b\n\n" % msgspec.json.encode(view)
                told, told_at = text, clock()
            if row.state in OVER and not unsent(view.totals):
                yield b"event: end\ndata: %b\n\n" % msgspec.json.encode(view)
                return
            if clock() >= told_at + HEARTBEAT_SECONDS:
                if not await _is_welcome(api, request):
                    return
                yield b": still here\n\n"
                told_at = clock()
            await asyncio.sleep(_LOOK_SECONDS)
            row = await find(api, row.account_id, row.id)
        except StoreUnavailable:
            await asyncio.sleep(AGAIN_SECONDS)
        except Refusal:
            return  # it was removed meanwhile


async def _is_welcome(api: Api, request: Request) -> bool:
    try:
        await api.gatekeeper.identify(request, Who.KEY)
    except Refusal:
        return False
    return True


async def row_of(api: Api, request: Request, caller: Caller) -> CampaignRow:
    return await find(api, caller.account_id, request.params["id"])


async def find(api: Api, account_id: str, campaign_id: str) -> CampaignRow:
    row = None
    if ids.is_id(campaign_id, ids.CAMPAIGN):
        row = await api.runtime.store.read(lambda tx: campaigns.get(tx, account_id, campaign_id))
    if row is None:
        raise Refusal("not_found", "There is no campaign of that id in this account.")
    return row
