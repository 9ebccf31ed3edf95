"""The calls with which clients of the page bind a number to an address: `POST` and `DELETE /webhook/mapping`.

Behind each is an endpoint of format `meta`; the routes of endpoints show and change it like any other.
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from trunkline import phones
from trunkline.api import forms
from trunkline.api.auth import Caller
from trunkline.api.context import Api
from trunkline.api.endpoints import EndpointView, NewEndpointView, check_url, members, must_be_allowed
from trunkline.api.http import Request, Response, as_json
from trunkline.delivery import endpoints
from trunkline.errors import Problem, Refusal, shorten
from trunkline.shape import Boolean, Object, Text
from trunkline.store.numbers import NumberRow

FORM = Object(
    {
        "url": Text(at_most=2048, form="an address such as https://example.com/hook", about="Where to post."),
        "waba_number": forms.PhoneNumber("The business number."),
    },
    {
        "phone_number_id": Text(at_most=64, about="Its id at the provider; must be that number's."),
        "headers": Boolean("Taken as the page's clients send it; without an effect."),
    },
)


class Unmapped(msgspec.Struct, kw_only=True):
    """A mapping that is no more."""

    id: Annotated[str, Meta(description="Of the endpoint that was behind it.")]
    removed: bool


async def map_number(api: Api, request: Request, caller: Caller) -> Response:
    """201 for a new mapping, 200 when one that was here leads to another address now."""
    looked = forms.look(FORM, request)
    number = _number(api, caller, looked.given)
    looked.problems.extend(_faults(api, looked.given, number))
    given = looked.settled()
    if number is None:  # never: that is a fault
        raise Refusal("internal")
    must_be_allowed(api, caller, number.id)
    row, secret = await endpoints.map_number(api.runtime, caller.account_id, number.id, given["url"])
    if secret is None:
        return as_json(EndpointView(**members(api, row)))
    return as_json(NewEndpointView(**members(api, row), secret=secret), 201)


async def unmap_number(api: Api, request: Request, caller: Caller) -> Response:
    try:
        digits, _ = phones.normalise(request.params["number"])
    except phones.PhoneError:
        digits = ""
    known = [row for row in api.runtime.directory.of_account(caller.account_id) if row.digits == digits]
    if not known:
        raise Refusal("not_found", "There is no such number in this account.")
    must_be_allowed(api, caller, known[0].id)
    row = await endpoints.unmap_number(api.runtime, caller.account_id, known[0].id)
    return as_json(Unmapped(id=row.id, removed=True))


def _number(api: Api, caller: Caller, given: dict[str, Any]) -> NumberRow | None:
    numbers = api.runtime.directory.of_account(caller.account_id)
    return next((row for row in numbers if row.digits == given.get("waba_number")), None)


def _faults(api: Api, given: dict[str, Any], number: NumberRow | None) -> list[Problem]:
    """What the form does not know: the operator's rules for addresses, and the account's numbers."""
    problems = check_url(api, given["url"]) if "url" in given else []
    if number is None and "waba_number" in given:
        detail, expected = "There is no such number in this account.", "a number of this account"
        found = shorten(given["waba_number"])
        problems.append(Problem("/waba_number", "unknown_number", detail, found, expected))
    its_id = given.get("phone_number_id")
    if number is not None and its_id not in (None, number.phone_number_id):
        detail, expected = "This is not the id of that number.", f"{number.phone_number_id}, or none"
        problems.append(Problem("/phone_number_id", "unknown_number", detail, shorten(its_id), expected))
    return problems
