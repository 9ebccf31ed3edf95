"""From a body to its end: hand it in, then show its life until the awaited state."""

import asyncio
import json
import secrets
from typing import Any

import typer

from trunkline.cli import output
from trunkline.cli.client import Client
from trunkline.cli.doors import open_door
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.life import has_reached
from trunkline.cli.media import send_file
from trunkline.cli.options import Door
from trunkline.cli.send import bodies
from trunkline.cli.send.way import Wait, Watch
from trunkline.cli.watching import follow

_SEND = "/v1/whatsapp/messages"


def deliver(body: Any, door: Door, watch: Watch, out: output.Output) -> None:
    """Ends with the exit code of what became of the message."""
    asyncio.run(_deliver(body, door, watch, out))


async def _deliver(body: Any, door: Door, watch: Watch, out: output.Output) -> None:
    async with open_door(door) as client:
        body = await _uploaded(client, body, watch, out)
        if watch.dry_run:
            await _check(client, body, out)
            return
        answer = await _hand_in(client, body, watch.idempotency_key)
        message_id = str(answer["id"])
        wait = watch.wait or (Wait.NONE if _is_for_later(body) else Wait.READ)
        if wait is Wait.NONE:
            out.result(answer, lambda: _show(answer))
            return
        message = await follow(client, message_id, wait.value, watch.timeout, out)
        if not has_reached(message, wait.value):
            raise typer.Exit(ExitCode.REFUSED)


async def _uploaded(client: Client, body: Any, watch: Watch, out: output.Output) -> Any:
    """With the id of a file that was named by its path."""
    kind = str(body.get("type")) if isinstance(body, dict) else ""
    members = body[kind] if kind in bodies.MEDIA else {}
    path = members.get("file")
    if path is None:
        return body
    if watch.dry_run:
        detail = "a dry run uploads nothing: give the file by --link, or by the --id of an upload"
        raise Trouble(ExitCode.USAGE, detail)
    if members.keys() & {"id", "link"}:
        raise Trouble(ExitCode.USAGE, "give one of --file, --link and --id")
    fields = {"kind": kind} | ({"from": body["from"]} if "from" in body else {})
    key = f"{watch.idempotency_key}-file" if watch.idempotency_key else None
    file = await send_file(client, path, fields, is_shown=not out.as_json, idempotency_key=key)
    return body | {kind: {**{name: members[name] for name in members if name != "file"}, "id": file["id"]}}


def _show(answer: dict[str, Any]) -> None:
    for warning in answer.get("warnings", []):
        output.show_problem(warning)
    output.console().print(answer["id"])


async def _hand_in(client: Client, body: Any, idempotency_key: str | None) -> dict[str, Any]:
    """Once more when the connection broke: with an idempotency key that is safe."""
    key = idempotency_key or f"cli-{secrets.token_hex(16)}"
    try:
        answer = await client.post(_SEND, body, idempotency_key=key)
    except Trouble as trouble:
        if trouble.code is not ExitCode.UNREACHABLE:
            raise
        answer = await client.post(_SEND, body, idempotency_key=key)
    return dict(answer)


async def _check(client: Client, body: Any, out: output.Output) -> None:
    answer = await client.post("/v1/messages/validate", body)
    if not answer["valid"]:
        detail = "this message would be refused"
        raise Trouble(ExitCode.REFUSED, detail, problems=answer.get("problems", []))

    def show() -> None:
        for warning in answer.get("warnings", []):
            output.show_problem(warning)
        output.console().print_json(data=answer["would_send"])

    out.result(answer, show)


def _is_for_later(body: Any) -> bool:
    """Of a body that the API took; one from a file is still bytes."""
    value = json.loads(body) if isinstance(body, bytes) else body
    return value.get("send_at") is not None
