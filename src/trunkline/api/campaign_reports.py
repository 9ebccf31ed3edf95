"""After a campaign: its report, its recipients as a file, and the same once more for some of them."""

import functools

from trunkline.api import forms, once
from trunkline.api.auth import Caller
from trunkline.api.campaign_progress import row_of
from trunkline.api.campaign_views import show_campaign
from trunkline.api.context import Api
from trunkline.api.http import Request, Response, Streamed, as_json, bad_query
from trunkline.audiences.members_of_campaign import OUTCOMES
from trunkline.campaigns import actions, again
from trunkline.campaigns.exports import as_csv, as_parquet
from trunkline.errors import Refusal
from trunkline.model.campaign import CampaignState
from trunkline.shape import Boolean, Choice, Object, Text
from trunkline.store import recipients
from trunkline.store.campaigns import CampaignRow

_FORMATS = {"csv": as_csv, "parquet": as_parquet}
EXPORT = Object({}, {"format": Choice(*_FORMATS, about="`csv` by default.")})
AGAIN = Object(
    {"outcome": Choice(*OUTCOMES, about="For whom: how the campaign ended for them.")},
    {
        "name": Text(at_most=200, about="Of the new campaign; by default that of this one and the outcome."),
        "check": Boolean("Check it at once."),
    },
)


async def report(api: Api, request: Request, caller: Caller) -> Response:
    return as_json(await api.reports.get(await _checked(api, request, caller)))


async def export(api: Api, request: Request, caller: Caller) -> Response | Streamed:
    """A file that is made while it goes out. `Trunkline-Rows` says how many recipients it must have."""
    chosen = forms.read_query(EXPORT, request).get("format", "csv")
    row = await _checked(api, request, caller)
    if chosen == "parquet" and not as_parquet.is_there():
        detail = (
            "Parquet needs a library that this server lacks; its operator can install trunkline[parquet]."
        )
        raise bad_query("format", "not_installed", detail, "csv")
    last = functools.partial(recipients.last, account_id=row.account_id, campaign_id=row.id)
    headers = {
        "content-disposition": f'attachment; filename="{row.id}.{chosen}"',
        "trunkline-rows": str(await api.runtime.store.read(last)),
    }
    format_ = _FORMATS[chosen]
    if request.method == "HEAD":
        return Response(200, content_type=format_.CONTENT_TYPE, headers=headers)
    return Streamed(format_.parts(api.runtime, row), format_.CONTENT_TYPE, _nothing, headers=headers)


def _nothing() -> None:
    pass


async def _checked(api: Api, request: Request, caller: Caller) -> CampaignRow:
    row = await row_of(api, request, caller)
    if row.state in (CampaignState.DRAFT, CampaignState.CHECKING):
        detail = f"The campaign is {row.state}: not everything is known of its recipients yet."
        raise Refusal("campaign_state", detail)
    return row


async def repeat(api: Api, request: Request, caller: Caller) -> Response:
    """A new draft for those for whom it ended so."""
    given = forms.read_body(AGAIN, request)
    row = await row_of(api, request, caller)

    async def work() -> bytes:
        made = await again.make(api.runtime, row, given["outcome"], given.get("name"))
        if given.get("check"):
            made = await actions.check(api.runtime, made.account_id, made.id)
        return as_json(show_campaign(made, api.runtime.directory.numbers)).body

    return await once.carry_out(api, request, caller, given, work)
