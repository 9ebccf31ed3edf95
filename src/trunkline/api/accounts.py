"""Accounts: the operator's list of tenants, and what each decides about its own."""

import msgspec

from trunkline import admin
from trunkline.api import forms
from trunkline.api.auth import Caller
from trunkline.api.context import Api
from trunkline.api.http import Request, Response, as_json
from trunkline.api.keys import NAME
from trunkline.api.views import AccountView, show_account, show_account_settings
from trunkline.errors import Problem, Refusal
from trunkline.outbound.doubts import POLICIES, RESEND_AFTER
from trunkline.shape import Choice, Integer, Object
from trunkline.store.accounts import Account

FORM = Object({"name": NAME})

CHANGES = Object(
    {},
    {
        "doubt_policy": Choice(
            *POLICIES,
            about="What becomes of a send without a usable answer: `resolve` sends again only what is proven "
            "not taken, `never_resend` nothing at all, `resend_after` whatever is in doubt for so long.",
        ),
        "resend_after_seconds": Integer(
            at_least=60,
            at_most=30 * 86_400,
            about="For `resend_after`. The message may then arrive twice; that is the account's decision.",
        ),
    },
)


class AccountList(msgspec.Struct):
    """All accounts, oldest first."""

    data: list[AccountView]


async def list_all(api: Api, request: Request, caller: Caller) -> Response:
    return as_json(AccountList([_view(api, account) for account in api.runtime.directory.accounts.values()]))


async def create(api: Api, request: Request, caller: Caller) -> Response:
    account = await admin.create_account(api.admin, forms.read_body(FORM, request)["name"])
    await api.changed()
    return as_json(_view(api, account), 201)


async def show(api: Api, request: Request, caller: Caller) -> Response:
    return as_json(show_account_settings(api.runtime.directory.accounts[caller.account_id]))


async def change(api: Api, request: Request, caller: Caller) -> Response:
    account = api.runtime.directory.accounts[caller.account_id]
    given = forms.read_body(CHANGES, request)
    policy = given.get("doubt_policy", account.doubt_policy)
    seconds = given.get("resend_after_seconds", account.resend_after_seconds)
    if policy == RESEND_AFTER and seconds is None:
        detail = "`resend_after` needs to know after how long."
        raise Refusal("invalid_request", problems=[Problem("/resend_after_seconds", "required", detail)])
    if policy != RESEND_AFTER:
        if "resend_after_seconds" in given:
            detail = f"This is for `resend_after`; the policy is `{policy}`."
            raise Refusal(
                "invalid_request", problems=[Problem("/resend_after_seconds", "not_allowed", detail)]
            )
        seconds = None
    await admin.set_doubt_policy(api.admin, account.id, policy, seconds)
    await api.changed()
    return as_json(show_account_settings(api.runtime.directory.accounts[account.id]))


def _view(api: Api, account: Account) -> AccountView:
    return show_account(account, list(api.runtime.connectors), api.runtime.directory.verify_token(account))
