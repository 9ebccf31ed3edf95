"""Business numbers."""

from trunkline.api import numbers
from trunkline.api.auth import Who
from trunkline.api.gate import Sheds
from trunkline.api.route import Route, Takes
from trunkline.api.views import NumberView

ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/v1/numbers",
        operation="listNumbers",
        sheds=Sheds.LISTS,
        summary="The account's business numbers",
        handler=numbers.list_all,
        answers={200: numbers.NumberList},
    ),
    Route(
        method="POST",
        path="/v1/numbers",
        operation="registerNumber",
        summary="Register a business number, or give one new credentials",
        handler=numbers.register,
        who=Who.OPERATOR,
        takes=Takes.JSON,
        body=numbers.FORM,
        answers={201: NumberView, 200: NumberView},
        refusals=("already_exists",),
    ),
    Route(
        method="POST",
        path="/v1/numbers/{id}/default",
        operation="setDefaultNumber",
        summary="Send from this number when a message names none",
        handler=numbers.set_default,
        takes=Takes.EMPTY,
        who=Who.LIVE_KEY,
        answers={200: NumberView},
        refusals=("not_found",),
    ),
    Route(
        method="POST",
        path="/v1/numbers/{id}/release",
        operation="releaseNumber",
        summary="End a number's hold: what waits goes on",
        handler=numbers.release,
        takes=Takes.EMPTY,
        who=Who.LIVE_KEY,
        answers={200: NumberView},
        refusals=("not_found",),
    ),
    Route(
        method="PATCH",
        path="/v1/numbers/{id}",
        operation="changeNumber",
        summary="Change what a number does while the 24-hour window is closed",
        handler=numbers.change,
        who=Who.LIVE_KEY,
        takes=Takes.JSON,
        body=numbers.CHANGES,
        answers={200: NumberView},
        refusals=("not_found",),
    ),
    Route(
        method="DELETE",
        path="/v1/numbers/{id}",
        operation="removeNumber",
        summary="Remove a number; its messages stay readable",
        handler=numbers.remove,
        who=Who.LIVE_KEY,
        answers={204: None},
        refusals=("not_found",),
    ),
)
