"""`/_sandbox/clock`: where the sandbox's virtual time stands, and putting it forward.

The routes exist only on virtual time. They move the sandbox alone; a gateway that runs it inside itself has a
route of its own that moves both.
"""

from typing import Annotated

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.sandbox.clock import Clock, VirtualClock, to_rfc3339

_MOST_SECONDS = 400 * 86_400


class _Step(msgspec.Struct, forbid_unknown_fields=True):
    seconds: Annotated[float, msgspec.Meta(ge=0.001, le=_MOST_SECONDS)]


_step = msgspec.json.Decoder(_Step)


def time_routes(clock: Clock) -> list[Route]:
    """None on real time."""
    if not isinstance(clock, VirtualClock):
        return []

    async def show(request: Request) -> Response:
        return _show(clock)

    async def advance(request: Request) -> Response:
        """Answered when the clock has moved; what became due is just beginning then."""
        try:
            clock.advance(round(_step.decode(await request.body()).seconds * 1000))
        except (ValueError, RecursionError) as error:
            raise HTTPException(400, str(error)) from None
        except OSError as error:
            raise HTTPException(400, f"the clock did not move: {error.strerror}") from None
        return _show(clock)

    return [
        Route("/_sandbox/clock", show),
        Route("/_sandbox/clock/advance", advance, methods=["POST"]),
    ]


def _show(clock: VirtualClock) -> Response:
    told = {"now": to_rfc3339(clock.now()), "offset_seconds": clock.offset_ms / 1000}
    return Response(msgspec.json.encode(told), media_type="application/json")
