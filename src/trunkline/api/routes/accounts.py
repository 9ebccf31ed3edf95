"""Accounts and their API keys."""

from trunkline.api import accounts, keys
from trunkline.api.auth import Who
from trunkline.api.gate import Sheds
from trunkline.api.route import Route, Takes
from trunkline.api.views import AccountSettings, AccountView, NewKeyView

ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/v1/keys",
        operation="listKeys",
        sheds=Sheds.LISTS,
        summary="The account's API keys, without the keys themselves",
        handler=keys.list_all,
        answers={200: keys.KeyList},
    ),
    Route(
        method="POST",
        path="/v1/keys",
        operation="createKey",
        summary="Make an API key; it is shown this once",
        handler=keys.create,
        who=Who.LIVE_KEY,
        takes=Takes.JSON,
        body=keys.FORM,
        answers={201: NewKeyView},
    ),
    Route(
        method="DELETE",
        path="/v1/keys/{id}",
        operation="revokeKey",
        summary="Revoke an API key, for good",
        handler=keys.revoke,
        who=Who.LIVE_KEY,
        answers={204: None},
        refusals=("not_found",),
    ),
    Route(
        method="GET",
        path="/v1/account",
        operation="getAccount",
        summary="The account itself, and what it wants done about doubts",
        handler=accounts.show,
        answers={200: AccountSettings},
    ),
    Route(
        method="PATCH",
        path="/v1/account",
        operation="changeAccount",
        summary="Change what is done about doubts; what is not named stays",
        handler=accounts.change,
        who=Who.LIVE_KEY,
        takes=Takes.JSON,
        body=accounts.CHANGES,
        answers={200: AccountSettings},
    ),
    Route(
        method="GET",
        path="/v1/accounts",
        operation="listAccounts",
        sheds=Sheds.LISTS,
        summary="All accounts of this server",
        handler=accounts.list_all,
        who=Who.OPERATOR,
        answers={200: accounts.AccountList},
    ),
    Route(
        method="POST",
        path="/v1/accounts",
        operation="createAccount",
        summary="Make an account",
        handler=accounts.create,
        who=Who.OPERATOR,
        takes=Takes.JSON,
        body=accounts.FORM,
        answers={201: AccountView},
        refusals=("already_exists",),
    ),
)
