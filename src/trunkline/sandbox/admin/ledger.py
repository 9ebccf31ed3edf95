"""Routes about what the sandbox took: health, the ledger, single messages, the table of behaviours."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.sandbox.admin.problems import as_json, whole_number
from trunkline.sandbox.clock import to_rfc3339
from trunkline.sandbox.content.messages import normal_digits
from trunkline.sandbox.runtime import Runtime
from trunkline.sandbox.sends.behaviours import TABLE
from trunkline.sandbox.webhooks.reporter import Reporter


def ledger_routes(runtime: Runtime, reporter: Reporter) -> list[Route]:
    admin = _Ledger(runtime, reporter)
    return [
        Route("/_sandbox/health", admin.health),
        Route("/_sandbox/ledger", admin.list),
        Route("/_sandbox/messages/{wamid:path}", admin.get),
        Route("/_sandbox/behaviours", admin.list_behaviours),
    ]


class _Ledger:
    def __init__(self, runtime: Runtime, reporter: Reporter) -> None:
        self._ledger = runtime.ledger
        self._inbox = runtime.inbox
        self._reporter = reporter

    async def health(self, request: Request) -> Response:
        sends, pending = await self._ledger.count()
        down = self._reporter.callbacks_down
        return as_json({"status": "ok", "sends": sends, "pending": pending, "callbacks_down": down})

    async def list(self, request: Request) -> Response:
        limit = whole_number(request, "limit", 1000)
        if not limit:
            raise HTTPException(400, "limit must be at least 1")
        after = await self._ledger.place_of(request.query_params.get("after", ""))
        if after is None:
            raise HTTPException(400, "after must be the wamid of a row, or the next_after of a page")
        to = request.query_params.get("to")
        recipient = normal_digits(to) if to is not None else None
        page, next_after = await self._ledger.list(after=after, limit=limit, recipient=recipient)
        return as_json(
            {"data": page, "paging": {"next_after": None if next_after is None else str(next_after)}}
        )

    async def get(self, request: Request) -> Response:
        """A message of either side, as it came."""
        wamid = request.path_params["wamid"]
        if (message := await self._ledger.find(wamid)) is not None:
            return as_json(message)
        received = await self._inbox.find(wamid)
        if received is None:
            raise HTTPException(404, "there is no message of that id")
        return as_json(
            {
                "wamid": wamid,
                "from": received.handset,
                "type": received.message.get("type"),
                "sent_at": to_rfc3339(received.sent_at),
                "read_at": to_rfc3339(received.read_at) if received.read_at is not None else None,
                "phone_number_id": received.phone_number_id,
                "body": received.message,
            }
        )

    async def list_behaviours(self, request: Request) -> Response:
        rows = [{"name": row.name, "suffix": row.suffix, "says": row.says} for row in TABLE]
        return as_json({"data": rows})
