"""How a campaign's messages look: to one of its recipients, or with their gaps as they stand."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from trunkline.api import forms
from trunkline.api.auth import Caller
from trunkline.api.campaign_progress import row_of
from trunkline.api.context import Api
from trunkline.api.http import Request, Response, as_json
from trunkline.api.previews import describe_files
from trunkline.campaigns.actions import definition_of
from trunkline.campaigns.check_templates import Templates
from trunkline.campaigns.samples import Chosen, render
from trunkline.campaigns.verdicts_of_content import Contents
from trunkline.errors import Refusal
from trunkline.model.campaign import CampaignState
from trunkline.shape import Object
from trunkline.store import recipients
from trunkline.store.campaigns import CampaignRow
from trunkline.store.recipients import RecipientRow

_MOST_SHOWN = 50
_NOBODY = "15550000000"

QUERY = Object(
    {},
    {
        "n": forms.Count(
            at_least=1,
            at_most=999_999_999,
            about="The place of a recipient; without it gaps are shown as they stand.",
        )
    },
)


class PreviewView(msgspec.Struct, kw_only=True):
    """A message of a campaign, as somebody would see it."""

    variant: str | None
    language: Annotated[str | None, Meta(description="Null is the `body`.")]
    to: Annotated[str | None, Meta(description="Null where it is shown for nobody in particular.")]
    text: Annotated[str, Meta(description="What it says, line by line, buttons in brackets.")]
    view: Annotated[dict[str, Any] | None, Meta(description="What the message renderer draws of a template.")]
    body: Annotated[dict[str, Any], Meta(description="As POST /v1/whatsapp/messages takes it.")]


class PreviewList(msgspec.Struct):
    """One for each variant and language that is meant."""

    data: list[PreviewView]


class _Values(dict[str, str]):
    """A gap that has no value stays one."""

    def __missing__(self, name: str) -> str:
        return f"{{{{{name}}}}}"


async def show(api: Api, request: Request, caller: Caller) -> Response:
    n = forms.read_query(QUERY, request).get("n")
    row = await row_of(api, request, caller)
    definition = definition_of(row)
    numbers = [
        api.runtime.directory.numbers[one]
        for one in definition.numbers
        if one in api.runtime.directory.numbers
    ]
    if not numbers:
        raise Refusal("not_found", "None of its numbers is there any more.")
    contents = Contents(api.runtime, api.templates, definition, numbers)
    templates = await Templates.open(api.runtime, contents, numbers)
    whom = None if n is None else await _recipient(api, row, n)
    shown = []
    from_ = next((one.id for one in numbers if whom is not None and one.id == whom.number_id), numbers[0].id)
    for one in _chosen(contents, from_, whom)[:_MOST_SHOWN]:
        view = _view(api, contents, templates, one, whom)
        if view.view is not None:
            await describe_files(api, request, row.account_id, view.view)
        shown.append(view)
    return as_json(PreviewList(shown))


async def _recipient(api: Api, row: CampaignRow, n: int) -> RecipientRow:
    found: list[RecipientRow] = []
    if row.state is not CampaignState.DRAFT:
        key = (row.account_id, row.id)
        found = await api.runtime.store.read(lambda tx: recipients.page(tx, *key, "", "", n - 1, 1))
    if not found or found[0].n != n:
        raise Refusal("not_found", "The campaign has no recipient of this place.")
    return found[0]


def _chosen(contents: Contents, number_id: str, whom: RecipientRow | None) -> list[Chosen]:
    """For a recipient what they get, and whatever it may be while the winner is not known."""
    if whom is None:
        kinds = [(name, one) for name, filling in contents.by_variant.items() for one in filling.languages]
        return [Chosen(0, _NOBODY, number_id, name, one, _Values()) for name, one in kinds]
    known = whom.variant in contents.by_variant
    variants = [whom.variant] if known else list(contents.by_variant)
    values = _Values(msgspec.json.decode(whom.vars, type=dict[str, str]))
    return [Chosen(whom.n, whom.address, number_id, name, whom.language, values) for name in variants]


def _view(
    api: Api, contents: Contents, templates: Templates, one: Chosen, whom: RecipientRow | None
) -> PreviewView:
    sample = render(api.runtime, contents, templates, one, [])
    return PreviewView(
        variant=one.variant,
        language=one.language,
        to=None if whom is None else whom.address,
        text=sample.text,
        view=sample.view,
        body=sample.body,
    )
