"""`/_sandbox/flows`: what Meta does to a flow that does badly."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.sandbox.admin.problems import as_json, read_object
from trunkline.sandbox.flows.store import Flows

_STATES = ("PUBLISHED", "THROTTLED", "BLOCKED")


def flow_routes(flows: Flows) -> list[Route]:
    async def set_state(request: Request) -> Response:
        """`{"state"}` of a published flow; posts the webhook `flows`."""
        flow = flows.shelf.get(request.path_params["id"])
        if flow is None:
            raise HTTPException(404, "there is no flow of that id")
        state = (await read_object(request)).get("state")
        if state not in _STATES or flow.state not in _STATES:
            raise HTTPException(400, f"a published flow can be set to: {', '.join(_STATES)}")
        changed = await flows.set_state(flow, state)
        return as_json({"id": changed.id, "name": changed.name, "state": changed.state})

    return [Route("/_sandbox/flows/{id}", set_state, methods=["POST"])]
