"""Accounts: the operator's list of tenants."""

import msgspec

from trunkline import admin
from trunkline.api import forms
from trunkline.api.auth import Caller
from trunkline.api.context import Api
from trunkline.api.http import Request, Response, as_json
from trunkline.api.keys import NAME
from trunkline.api.views import AccountView, show_account
from trunkline.shape import Object
from trunkline.store.accounts import Account

FORM = Object({"name": NAME})


class AccountList(msgspec.Struct):
    """All accounts, oldest first."""

    data: list[AccountView]


async def list_all(api: Api, request: Request, caller: Caller) -> Response:
    return as_json(AccountList([_view(api, account) for account in api.runtime.directory.accounts.values()]))


async def create(api: Api, request: Request, caller: Caller) -> Response:
    account = await admin.create_account(api.admin, forms.read_body(FORM, request)["name"])
    await api.changed()
    return as_json(_view(api, account), 201)


def _view(api: Api, account: Account) -> AccountView:
    return show_account(account, list(api.runtime.connectors), api.runtime.directory.verify_token(account))
