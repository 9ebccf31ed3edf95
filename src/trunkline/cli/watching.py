"""Watching a message: asks the API again and again, a little slower each time nothing is new."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

from trunkline.cli import life, output
from trunkline.cli.client import Client
from trunkline.cli.exits import ExitCode, Trouble

_FIRST_SECONDS, _LONGEST_SECONDS, _SLOWER = 0.05, 1.0, 1.4


async def follow(
    client: Client, message_id: str, wanted: str, timeout_seconds: float, out: output.Output
) -> life.Message:
    """The message once it reached the wanted state or can not any more. Each moment is shown as it comes."""
    clock = asyncio.get_running_loop().time
    deadline, pause = clock() + timeout_seconds, _FIRST_SECONDS
    message: life.Message = {"timeline": [], "state": "queued"}
    try:
        with _Screen(message_id, silent=out.as_json) as screen:
            while True:
                before, message = message, await client.get(f"/v1/messages/{message_id}")
                screen.show(life.new_moments(before["timeline"], message["timeline"]), message["state"])
                if life.has_reached(message, wanted) or life.has_ended(message):
                    break
                if clock() >= deadline:
                    raise _too_long(message, timeout_seconds)
                has_news = message["timeline"] != before["timeline"]
                pause = _FIRST_SECONDS if has_news else min(pause * _SLOWER, _LONGEST_SECONDS)
                await asyncio.sleep(min(pause, max(0.0, deadline - clock())))
    except asyncio.CancelledError:
        out.note(f"{message_id} goes on by itself; look again with: trunkline messages show {message_id}")
        raise
    if out.as_json:
        output.print_json(message)
    elif message.get("error") and life.has_ended(message):
        for label, text in life.error_lines(message["error"]):
            output.console().print(output.labelled(f"  {label}", f"  {text}"), soft_wrap=True)
    return message


def _too_long(message: life.Message, seconds: float) -> Trouble:
    id_, state = message["id"], message["state"]
    detail = f"{id_} is {state} after {seconds:g} s and goes on by itself. {life.meaning(message)}"
    return Trouble(ExitCode.PENDING, f"{detail}\nLook again with: trunkline messages show {id_}")


class _Screen:
    """Lines for what has happened; on a terminal a last, moving one for what is waited for."""

    def __init__(self, message_id: str, *, silent: bool) -> None:
        self._silent = silent
        self._ends = contextlib.ExitStack()
        self._console = output.console()
        self._status: Any = None
        self._message_id = message_id

    def __enter__(self) -> "_Screen":
        if not self._silent:
            self._console.print(self._message_id, markup=False)
            if self._console.is_terminal:
                self._status = self._ends.enter_context(self._console.status("queued"))
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    def show(self, moments: list[dict[str, Any]], state: str) -> None:
        if self._silent:
            return
        for line in moment_lines(moments):
            self._console.print(line, soft_wrap=True)
        if self._status is not None:
            self._status.update(f"{state} …")


def moment_lines(moments: list[dict[str, Any]]) -> Iterator[Any]:
    from rich.text import Text

    for moment in moments:
        state = moment["state"]
        yield Text.assemble(
            (f"  {life.local_time(moment['at'])}  ", "dim"),
            (f"{state:<10}", life.STYLE.get(state, "")),
            (f"  {output.plain(life.moment_note(moment))}".rstrip(), "dim"),
        )
