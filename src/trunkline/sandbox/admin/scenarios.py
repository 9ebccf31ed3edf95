"""`/_sandbox/scenarios`, recordings of chats and their replay."""

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.sandbox.admin.problems import address_of, as_json
from trunkline.sandbox.runtime import Runtime
from trunkline.sandbox.scenarios.recording import Recorder, Recording
from trunkline.sandbox.scenarios.runner import Scenarios
from trunkline.sandbox.scenarios.script import read_scenario
from trunkline.sandbox.sends.faults import SendFault
from trunkline.sandbox.switches import Switches
from trunkline.sandbox.webhooks.faults import WebhookFault

_recording = msgspec.json.Decoder(Recording)


def scenario_routes(runtime: Runtime, scenarios: Scenarios, recorder: Recorder) -> list[Route]:
    admin = _Scenarios(runtime, scenarios, recorder)
    return [
        Route("/_sandbox/scenarios", admin.list),
        Route("/_sandbox/scenarios", admin.add, methods=["POST"]),
        Route("/_sandbox/scenarios/{id}", admin.remove, methods=["DELETE"]),
        Route("/_sandbox/chats/{address}/{number}/recording", admin.record),
        Route("/_sandbox/chats/{address}/{number}/replay", admin.replay, methods=["POST"]),
    ]


class _Scenarios:
    def __init__(self, runtime: Runtime, scenarios: Scenarios, recorder: Recorder) -> None:
        self._runtime = runtime
        self._scenarios = scenarios
        self._recorder = recorder

    async def list(self, request: Request) -> Response:
        return as_json({"data": [running.describe() for running in self._scenarios.running.values()]})

    async def add(self, request: Request) -> Response:
        """Everything in it is checked before anything of it happens."""
        scenario = read_scenario(await request.body())
        switches = self._runtime.switches
        try:
            changed = msgspec.convert({**msgspec.structs.asdict(switches), **scenario.rules}, Switches)
            sends = [msgspec.convert(fault, SendFault) for fault in scenario.faults if "code" in fault]
            posts = [msgspec.convert(fault, WebhookFault) for fault in scenario.faults if "code" not in fault]
        except msgspec.ValidationError as error:
            raise HTTPException(400, str(error)) from None
        running = await self._scenarios.add(scenario)
        for name in scenario.rules:
            setattr(switches, name, getattr(changed, name))
        waiting: list[SendFault | WebhookFault] = [*sends, *posts]
        for place, fault in enumerate(waiting, 1):
            fault.id = f"{running.id}-fault-{place}"
        self._runtime.send_faults.waiting += sends
        self._runtime.webhook_faults.waiting += posts
        return as_json(running.describe(), 201)

    async def remove(self, request: Request) -> Response:
        self._scenarios.running.pop(request.path_params["id"], None)
        return Response(status_code=204)

    async def record(self, request: Request) -> Response:
        return as_json(await self._recorder.record(address_of(request), request.path_params["number"]))

    async def replay(self, request: Request) -> Response:
        """Answered when it is over; `?speed=10` is ten times as fast, `?patience=5` waits five seconds."""
        speed, patience = _positive(request, "speed", 1.0), _positive(request, "patience", 30.0)
        try:
            recording = _recording.decode(await request.body())
        except (ValueError, RecursionError) as error:
            raise HTTPException(400, f"the recording can not be read: {error}") from None
        number = request.path_params["number"]
        if number not in self._runtime.numbers:
            raise HTTPException(404, "there is no business number of that id")
        replayed = await self._recorder.replay(
            recording, address_of(request), number, speed=speed, patience=patience
        )
        return as_json(replayed)


def _positive(request: Request, name: str, default: float) -> float:
    try:
        value = float(request.query_params.get(name, default))
    except ValueError:
        value = 0.0
    if not 0 < value <= 1_000_000:
        raise HTTPException(400, f"{name} must be a number above 0")
    return value
