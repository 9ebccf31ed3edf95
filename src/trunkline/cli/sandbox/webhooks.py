"""`trunkline sandbox webhooks`: what the sandbox posted lately, and what the receiver answered."""

import asyncio
import json
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from trunkline.cli import output
from trunkline.cli.life import local_time
from trunkline.cli.sandbox.way import Way, digits_of, open_sandbox

Posted = dict[str, Any]


def webhooks(
    way: Way,
    number: Annotated[
        str | None, typer.Argument(metavar="NUMBER", help="Only those about this handset.")
    ] = None,
    bodies: Annotated[bool, typer.Option("--bodies", help="With what was posted, as it was.")] = False,
    repeat: Annotated[
        int | None, typer.Option("--repeat", metavar="ID", help="Post one once more instead.")
    ] = None,
) -> None:
    """Print the last webhooks, the oldest first, each with the HTTP status that the receiver answered."""
    with output.command(way.as_json) as out:
        if repeat is not None:
            answer = asyncio.run(_repeat(way, repeat))
            told = f"Posted once more; the receiver answered {_answered(answer['status'])}."
            out.result(answer, lambda: output.console().print(told))
            return
        posted = asyncio.run(_list(way, None if number is None else digits_of(number)))
        out.result(posted, lambda: _show(posted, bodies=bodies))


async def _list(way: Way, handset: str | None) -> list[Posted]:
    async with open_sandbox(way) as client:
        posted: list[Posted] = (await client.get("/_sandbox/webhooks", handset=handset))["data"]
        return posted


async def _repeat(way: Way, webhook_id: int) -> dict[str, Any]:
    async with open_sandbox(way) as client:
        answer: dict[str, Any] = await client.post(f"/_sandbox/webhooks/{webhook_id}/repeat")
        return answer


def _show(posted: list[Posted], *, bodies: bool) -> None:
    if bodies:
        for webhook in posted:
            line = " ".join(_row(webhook)[:-1])
            output.console().print(output.plain(line), style="dim", markup=False, soft_wrap=True)
            output.console().print(output.plain(webhook["body"]), markup=False, soft_wrap=True)
        return
    rows = [_row(webhook) for webhook in posted]
    columns = ("id", "posted", "handset", "what", "answered", "fault")
    output.table(columns, rows, empty="No webhook was posted; has the business a callback?")


def _row(webhook: Posted) -> tuple[str, ...]:
    return (
        str(webhook["id"]),
        local_time(webhook["at"]),
        webhook["handset"] or "",
        _what(webhook),
        _answered(webhook["status"]),
        webhook.get("fault") or "",
    )


def _answered(status: int | None) -> str:
    return "nothing" if status is None else f"HTTP {status}"


def _what(webhook: Posted) -> str:
    """`status read`, `message text`, or the field where it is about neither."""
    try:
        told = list(_facts(json.loads(webhook["body"])))
    except (ValueError, KeyError, TypeError, AttributeError):
        told = []  # an oversized or otherwise bent body
    more = f" and {len(told) - 1} more" if len(told) > 1 else ""
    return f"{told[0]}{more}" if told else str(webhook["field"])


def _facts(body: dict[str, Any]) -> Iterator[str]:
    for entry in body["entry"]:
        for change in entry["changes"]:
            value = change["value"]
            yield from (f"status {status['status']}" for status in value.get("statuses", []))
            yield from (f"message {message['type']}" for message in value.get("messages", []))
