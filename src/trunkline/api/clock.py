"""The clock of a server on virtual time: where it stands, and putting it forward.

These routes exist only there. They are the operator's, as everything of every account happens by this clock.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from trunkline.api import forms
from trunkline.api.auth import Caller
from trunkline.api.context import Api
from trunkline.api.http import Request, Response, as_json
from trunkline.clock import to_rfc3339
from trunkline.errors import Refusal
from trunkline.shape import Number, Object
from trunkline.virtual_time import MOST_MS, OtherClock, VirtualTime

FORM = Object(
    {"seconds": Number(at_least=0.001, at_most=MOST_MS // 1000, about="How far; at most 400 days at once.")}
)

_Now = Annotated[str, Meta(description="The time by this clock, in RFC 3339.")]
_Offset = Annotated[float, Meta(description="How far it is ahead of the machine's time.")]


class SandboxClockView(msgspec.Struct):
    """The built-in sandbox's clock."""

    now: _Now
    offset_seconds: _Offset


class ClockView(msgspec.Struct):
    """Where the clocks stand."""

    now: _Now
    offset_seconds: _Offset
    sandbox: SandboxClockView | None
    """Null when no sandbox runs in this server."""


async def show(api: Api, request: Request, caller: Caller) -> Response:
    return as_json(_view(_time(api)))


async def advance(api: Api, request: Request, caller: Caller) -> Response:
    """Answered when both clocks have moved; what became due is just beginning then."""
    seconds = forms.read_body(FORM, request)["seconds"]
    time = _time(api)
    time.advance(round(seconds * 1000))
    return as_json(_view(time))


def _time(api: Api) -> VirtualTime:
    if api.time is None:
        raise Refusal("not_found", "This server runs on real time; it was started without --virtual-time.")
    return api.time


def _view(time: VirtualTime) -> ClockView:
    sandbox = SandboxClockView(*_members(time.sandbox)) if time.sandbox is not None else None
    return ClockView(*_members(time.clock), sandbox)


def _members(clock: OtherClock) -> tuple[str, float]:
    return to_rfc3339(clock.now()), clock.offset_ms / 1000
