"""Business numbers: what they are, registering, the default, ending a hold, removing.

Registering and whatever else needs a provider's credentials is the operator's: the address given there is
one that this server connects to.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from trunkline import admin
from trunkline.admin import Admin, NumberForm
from trunkline.api import forms, templates
from trunkline.api.auth import Caller
from trunkline.api.context import Api
from trunkline.api.http import Request, Response, as_json
from trunkline.api.views import NumberView, show_number
from trunkline.channels.registry import is_real
from trunkline.errors import Problem, Refusal, shorten
from trunkline.model import ids
from trunkline.model.window import POLICIES
from trunkline.shape import Boolean, Choice, Integer, Object, Text
from trunkline.store.numbers import NumberRow


def _id(about: str) -> Text:
    return Text(pattern="[0-9A-Za-z_-]{1,64}", form="letters and digits, at most 64", about=about)


def _secret(about: str) -> Text:
    return Text(at_most=4096, pattern="[!-~]+", form="visible ASCII characters without spaces", about=about)


_WINDOW_POLICY = Choice(
    *POLICIES,
    about="What becomes of a free-form message while the 24-hour window is closed: `enforce` refuses it, "
    "`hold` keeps it until the person writes, `advise` sends it all the same. `enforce` by default for real "
    "numbers.",
)

_LINKS = Choice(
    "fetch",
    "pass_through",
    about="What becomes of a file that a message names by `link`: `fetch` has it fetched here before the "
    "send, looked at and given to WhatsApp by id; `pass_through` leaves the link to WhatsApp. `fetch` by "
    "default.",
)

_TEMPLATE_CHECK = Choice(
    "check",
    "pass_through",
    about="What becomes of a message by template: `check` holds it against what is known of the template "
    "before it is taken, `pass_through` leaves that to WhatsApp. `check` by default.",
)

_TIER_RESERVE = Integer(
    at_least=0,
    at_most=10_000_000,
    about="Of `daily_recipients`, how many messages of the priority `bulk`, such as those of campaigns, "
    "leave to others; a tenth by default.",
)
FORM = Object(
    {
        "from": forms.PhoneNumber("The business number."),
        "phone_number_id": _id("Its id at the provider."),
        "waba_id": _id("The WhatsApp Business Account that it belongs to."),
        "token": _secret("The provider's access token. Kept encrypted, never shown."),
        "app_id": _id("The provider's app whose token this is."),
        "app_secret": _secret(
            "The app's secret, with which its webhooks are signed. Kept encrypted, never shown."
        ),
    },
    {
        "base_url": forms.WebAddress(
            "Where the provider's API is; the setting `whatsapp.base_url` by default."
        ),
        "messages_per_second": Integer(at_least=1, at_most=1000, about="Its pace; the setting by default."),
        "daily_recipients": Integer(
            at_least=1,
            at_most=10_000_000,
            about="People that it may write to first within 24 hours: Meta's messaging limit, or the part of "
            "it that is this number's. No limit by default.",
        ),
        "is_shared": Boolean(
            "Others send from it too, such as the phone app: statuses of unknown messages may not be ours."
        ),
        "window_policy": _WINDOW_POLICY,
        "links": _LINKS,
        "template_check": _TEMPLATE_CHECK,
        "tier_reserve": _TIER_RESERVE,
        "hook_url": forms.WebAddress(
            "Our hook as the provider reaches it. The provider is asked to post there; unless it agrees, the "
            "number is not registered."
        ),
    },
)


CHANGES = forms.Changes(
    {
        "window_policy": _WINDOW_POLICY,
        "links": _LINKS,
        "template_check": _TEMPLATE_CHECK,
        "tier_reserve": _TIER_RESERVE,
    },
    nullable=("tier_reserve",),
)


class NumberList(msgspec.Struct):
    """An account's numbers, oldest first."""

    data: list[NumberView]


async def list_all(api: Api, request: Request, caller: Caller) -> Response:
    rows = api.runtime.directory.of_account(caller.account_id)
    return as_json(NumberList([show_number(row) for row in rows]))


async def register(api: Api, request: Request, caller: Caller) -> Response:
    """201 for a new number, 200 when one that was here got new credentials."""
    given = forms.read_body(FORM, request)
    settings = api.runtime.settings
    form = NumberForm(
        digits=given["from"],
        phone_number_id=given["phone_number_id"],
        waba_id=given["waba_id"],
        token=given["token"],
        app_id=given["app_id"],
        app_secret=given["app_secret"],
        base_url=given.get("base_url", settings.whatsapp.base_url),
        messages_per_second=given.get("messages_per_second", settings.dispatch.messages_per_second),
        daily_recipients=given.get("daily_recipients"),
        is_shared=given.get("is_shared", False),
        window_policy=given.get("window_policy"),
        links=given.get("links"),
        template_check=given.get("template_check"),
        tier_reserve=given.get("tier_reserve"),
    )
    if api.time is not None and is_real(form.base_url):
        raise _not_on_virtual_time(form.base_url)
    if "hook_url" in given:
        directory = api.runtime.directory
        verify_token = directory.verify_token(directory.accounts[caller.account_id])
        connector = api.runtime.connectors[form.connector]
        await admin.subscribe(connector, caller.account_id, form, given["hook_url"], verify_token)
    row = await admin.register_number(api.admin, caller.account_id, form)
    await api.changed()
    await templates.read_soon(api, caller.account_id, form.waba_id)
    return as_json(show_number(row), 201 if row.created_at == row.updated_at else 200)


async def change(api: Api, request: Request, caller: Caller) -> Response:
    """What is not named stays as it is."""
    given, number_id = forms.read_body(CHANGES, request), _id_of(request)
    row = api.runtime.directory.numbers.get(number_id)
    if row is None or row.account_id != caller.account_id:
        raise _no_number()
    for name, set_it in _SETTERS.items():
        if name in given:
            await set_it(api.admin, caller.account_id, number_id, given[name])
    return await _changed(api, number_id)


_SETTERS: Mapping[str, Callable[[Admin, str, str, Any], Awaitable[None]]] = {
    "window_policy": admin.set_window_policy,
    "links": admin.set_links,
    "template_check": admin.set_template_check,
    "tier_reserve": admin.set_tier_reserve,
}


async def set_default(api: Api, request: Request, caller: Caller) -> Response:
    number_id = _id_of(request)
    await admin.set_default_number(api.admin, caller.account_id, number_id)
    return await _changed(api, number_id)


async def release(api: Api, request: Request, caller: Caller) -> Response:
    number_id = _id_of(request)
    await admin.release_number(api.admin, caller.account_id, number_id)
    return await _changed(api, number_id)


async def remove(api: Api, request: Request, caller: Caller) -> Response:
    await admin.remove_number(api.admin, caller.account_id, _id_of(request))
    await api.changed()
    return Response(204)


async def _changed(api: Api, number_id: str) -> Response:
    await api.changed()
    row: NumberRow | None = api.runtime.directory.numbers.get(number_id)
    if row is None:  # removed at the same moment
        raise _no_number()
    return as_json(show_number(row))


def _id_of(request: Request) -> str:
    number_id = request.params["id"]
    if not ids.is_id(number_id, ids.NUMBER):
        raise _no_number()
    return number_id


def _not_on_virtual_time(base_url: str) -> Refusal:
    detail = "This server runs on virtual time; a real number must not be sent from here."
    problem = Problem("/base_url", "virtual_time", detail, shorten(base_url), "the address of a sandbox")
    return Refusal("invalid_request", problems=[problem])


def _no_number() -> Refusal:
    return Refusal("not_found", "There is no number of that id in this account.")
