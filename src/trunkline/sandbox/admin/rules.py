"""`/_sandbox/rules`: the switches of the rules that bite."""

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.sandbox.admin.problems import as_json, read_object
from trunkline.sandbox.switches import Switches


def rule_routes(switches: Switches) -> list[Route]:
    async def show(request: Request) -> Response:
        return as_json(switches)

    async def change(request: Request) -> Response:
        """Only the members that are given."""
        given = await read_object(request)
        try:
            changed = msgspec.convert({**msgspec.structs.asdict(switches), **given}, Switches)
        except msgspec.ValidationError as error:
            raise HTTPException(400, str(error)) from None
        for name in given:
            setattr(switches, name, getattr(changed, name))
        return as_json(switches)

    return [Route("/_sandbox/rules", show), Route("/_sandbox/rules", change, methods=["PATCH"])]
