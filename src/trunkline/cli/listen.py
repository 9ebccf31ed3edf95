"""`trunkline listen`: an account's events, as they happen, to a server on this machine. No tunnel is needed.

The stream of the API comes in, posts to the local server go out, one after the other in their order. After a
break it goes on behind the last event that was forwarded.
"""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from trunkline.cli import output
from trunkline.cli.client import Client
from trunkline.cli.doors import open_door
from trunkline.cli.endpoints import Format
from trunkline.cli.events import Types
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.forwarding import Forwarder, address_of, secret_from
from trunkline.cli.life import local_time
from trunkline.cli.options import Door, Json, expanded
from trunkline.cli.settings import load_settings
from trunkline.cli.sse import Block, Reader

_FORWARD_SECONDS = 30.0
_FIRST_SECONDS, _LONGEST_SECONDS = 0.5, 10.0


class Session:
    """One `listen`, over all its connections."""

    def __init__(self, door: Door, wishes: dict[str, Any], out: output.Output) -> None:
        self._door = door
        self._wishes = wishes
        self._out = out
        self._place: str | None = wishes.pop("after")
        self._is_connected = self._has_connected = False
        self.forwarder: Forwarder | None = None

    async def run(self) -> None:
        """Until it is canceled. `Trouble` when the first connection fails, or a later one is refused."""
        pause = _FIRST_SECONDS
        while True:
            self._is_connected = False
            try:
                async with open_door(self._door) as client:
                    await self._follow(client)
            except Trouble as trouble:
                if not self._has_connected or not _may_pass(trouble):
                    raise
            pause = _FIRST_SECONDS if self._is_connected else min(pause * 2, _LONGEST_SECONDS)
            self._out.note(f"The stream ended; it is opened again in {pause:g} s.")
            await asyncio.sleep(pause)

    async def _follow(self, client: Client) -> None:
        reader = Reader()
        async with client.follow("/v1/events/stream", after=self._place, **self._wishes) as chunks:
            async for chunk in chunks:
                self._is_connected = self._has_connected = True
                for block in reader.feed(chunk):
                    if block.data:
                        await self._pass_on(block)
                    self._place = block.id or self._place

    async def _pass_on(self, block: Block) -> None:
        if self.forwarder is None:
            self._print(block)
            return
        told = await self.forwarder.post(block)
        self._out.result(told, lambda: _show(told))

    def _print(self, block: Block) -> None:
        import json

        told = {"id": block.id, "type": block.event, "data": json.loads(block.data)}
        self._out.result(told, lambda: _show(told))


def _may_pass(trouble: Trouble) -> bool:
    """Whether the server may take a later connection: it restarts, is busy, or was not to be reached."""
    return trouble.status in (None, 429, 500, 502, 503, 504) and trouble.code is not ExitCode.USAGE


def _show(told: dict[str, Any]) -> None:
    from rich.text import Text

    now = local_time(_now())
    line = Text.assemble((f"{now[:8]}  ", "dim"), f"{output.plain(told['type']):<22} ", (told["id"], "dim"))
    if told.get("error"):
        line.append(f"  {output.plain(told['error'])} ({told['took_ms']} ms)", style="red")
    elif "status" in told:
        style = "green" if told["status"] < 300 else "red"
        line.append(f"  {told['status']}", style=style)
        line.append(f" ({told['took_ms']} ms)", style="dim")
    output.console().print(line, soft_wrap=True)


def _now() -> str:
    from trunkline.clock import SystemClock, to_rfc3339

    return to_rfc3339(SystemClock().now())


@expanded
def listen(
    door: Door,
    forward_to: Annotated[
        str | None,
        typer.Option("--forward-to", metavar="URL", help="Local server, as http://localhost:3000/hook."),
    ] = None,
    print_only: Annotated[bool, typer.Option("--print-only", help="Post nothing, only print.")] = False,
    events: Types = None,
    format: Annotated[
        Format, typer.Option("--format", help="events, or meta: the Cloud API's own webhooks.")
    ] = Format.EVENTS,
    after: Annotated[
        str | None,
        typer.Option(
            "--after", metavar="ID", help="Begin behind this event; else with what happens from now on."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Post the account's events to a local server as they happen, signed as an endpoint's are.

    The secret that it prints stays the same for this account and data folder. One line for each event says
    what the local server answered. Nothing is tried again: find the event with `trunkline events list`, and
    repeat what followed it with --after.
    """
    with output.command(as_json) as out:
        if (forward_to is None) == (not print_only):
            raise Trouble(ExitCode.USAGE, "give either --forward-to URL or --print-only")
        url = address_of(forward_to) if forward_to is not None else None
        session = Session(door, {"types": events, "format": format.value, "after": after}, out)
        asyncio.run(_listen(session, door, url, format.value, out))


async def _listen(session: Session, door: Door, url: str | None, format: str, out: output.Output) -> None:
    from trunkline.outgoing_http import open_transport

    if url is None:
        await session.run()
        return
    secret = await _secret(door)
    transport = open_transport(timeout_seconds=_FORWARD_SECONDS)
    try:
        session.forwarder = Forwarder(transport, url, secret, format)
        told = {"forward_to": url, "secret": secret}
        out.result(told, lambda: out.note(f"Events go to {url}, signed with {secret}"))
        await session.run()
    finally:
        await transport.close()


async def _secret(door: Door) -> str:
    async with open_door(door) as client:
        account_id = str((await client.get("/v1/account"))["id"])
    if door.api_url and door.key:
        return secret_from(door.key.encode(), account_id)
    from trunkline.vault import VaultError, load_vault

    try:
        vault = load_vault(Path(load_settings(door.config, data=door.data).data))
    except VaultError as error:
        raise Trouble(ExitCode.USAGE, str(error)) from None
    return secret_from(vault.derive("listen"), account_id)
