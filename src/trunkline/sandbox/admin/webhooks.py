"""Routes about webhooks: those that were posted, those that are to misbehave, and sends that are to fail."""

from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.sandbox.admin.problems import as_json, read_object, whole_number
from trunkline.sandbox.content.messages import normal_digits
from trunkline.sandbox.runtime import Runtime
from trunkline.sandbox.sends.faults import SendFault
from trunkline.sandbox.webhooks.faults import WebhookFault


def webhook_routes(runtime: Runtime) -> list[Route]:
    admin = _Webhooks(runtime)
    return [
        Route("/_sandbox/webhooks", admin.list),
        Route("/_sandbox/webhooks/{id}/repeat", admin.repeat, methods=["POST"]),
        Route("/_sandbox/faults", admin.list_faults),
        Route("/_sandbox/faults", admin.add_fault, methods=["POST"]),
        Route("/_sandbox/faults", admin.remove_faults, methods=["DELETE"]),
        Route("/_sandbox/faults/{id}", admin.remove_faults, methods=["DELETE"]),
    ]


class _Webhooks:
    def __init__(self, runtime: Runtime) -> None:
        self._poster = runtime.poster
        self._journal = runtime.journal
        self._webhook_faults = runtime.webhook_faults
        self._send_faults = runtime.send_faults
        self._last_id = 0

    async def list(self, request: Request) -> Response:
        """Oldest first; only the last thousand are kept."""
        handset = request.query_params.get("handset")
        digits = normal_digits(handset) if handset is not None else None
        posted = self._journal.list(after=whole_number(request, "after", 0), handset=digits)
        return as_json({"data": [row.describe() for row in posted]})

    async def repeat(self, request: Request) -> Response:
        """Post the same bytes once more."""
        posted = self._journal.find(request.path_params["id"])
        if posted is None:
            raise HTTPException(404, "that webhook is not among the last thousand")
        status, _ = await self._poster.post(posted.url, posted.body)
        return as_json({"status": status})

    async def list_faults(self, request: Request) -> Response:
        return as_json({"data": [*self._send_faults.waiting, *self._webhook_faults.waiting]})

    async def add_fault(self, request: Request) -> Response:
        """One with `code` is for sends, one with `kind` is for webhooks."""
        given = await read_object(request)
        self._last_id += 1
        given["id"] = f"fault-{self._last_id}"
        if "code" in given:
            send_fault = _convert(given, SendFault)
            self._send_faults.waiting.append(send_fault)
            return as_json(send_fault, 201)
        webhook_fault = _convert(given, WebhookFault)
        self._webhook_faults.waiting.append(webhook_fault)
        return as_json(webhook_fault, 201)

    async def remove_faults(self, request: Request) -> Response:
        """The one of the path, or all of them."""
        id_ = request.path_params.get("id")
        for faults in (self._send_faults, self._webhook_faults):
            faults.remove(id_)
        return Response(status_code=204)


def _convert(given: dict[str, Any], kind: Any) -> Any:
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise HTTPException(400, str(error)) from None
