"""API keys: listing, making, revoking. Only a keyed hash is kept; a key is shown once, when it is made."""

import msgspec

from trunkline import admin
from trunkline.api import forms
from trunkline.api.auth import Caller
from trunkline.api.context import Api
from trunkline.api.http import Request, Response, as_json
from trunkline.api.views import KeyView, show_key, show_new_key
from trunkline.errors import Problem, Refusal
from trunkline.model import ids
from trunkline.shape import Boolean, Object, Text

NAME = Text(
    at_most=100,
    pattern=r"[^\s\x00-\x1f\x7f](?:[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?",
    form="1 to 100 characters on one line, without spaces at the ends",
    about="For people.",
)
FORM = Object(
    {"name": NAME},
    {
        "live": Boolean("False makes a test key, which can not send through a real number. True by default."),
        "expires_at": forms.Moment("When it stops working. Without it, when it is revoked."),
    },
)


class KeyList(msgspec.Struct):
    """An account's keys, newest first."""

    data: list[KeyView]


async def list_all(api: Api, request: Request, caller: Caller) -> Response:
    return as_json(KeyList([show_key(key) for key in await admin.list_keys(api.admin, caller.account_id)]))


async def create(api: Api, request: Request, caller: Caller) -> Response:
    given = forms.read_body(FORM, request)
    expires_at = given.get("expires_at")
    if expires_at is not None and expires_at <= api.runtime.clock.now():
        problem = Problem("/expires_at", "in_the_past", "This time has passed.", None, "a time to come")
        raise Refusal("invalid_request", problems=[problem])
    key, token = await admin.create_key(
        api.admin, caller.account_id, given["name"], is_live=given.get("live", True), expires_at=expires_at
    )
    return as_json(show_new_key(key, token), 201)


async def revoke(api: Api, request: Request, caller: Caller) -> Response:
    """In this process it stops working at once, in others within a second."""
    key_id = request.params["id"]
    if not ids.is_id(key_id, ids.KEY):
        raise Refusal("not_found", "There is no key of that id in this account.")
    await admin.revoke_key(api.admin, caller.account_id, key_id)
    api.gatekeeper.forget(key_id)
    return Response(204)
