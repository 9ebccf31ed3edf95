"""A campaign as it goes on: a bar on a terminal, else a line whenever a step is done."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

from trunkline.cli import life, output
from trunkline.cli.client import Client
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.sse import Reader

Told = dict[str, Any]
"""What GET …/progress answers."""

OVER = ("finished", "canceled")
WAITS = (*OVER, "paused", "draft", "checked")
"""States in which nothing goes on by itself."""

_WITHOUT_MESSAGES = ("draft", "checking", "checked")
"""The verdict that follows says more than a line of zeros."""

_AGAIN_SECONDS = 1.0
_STEPS = 20
_WORDS = (
    "read",
    "delivered",
    "sent",
    "submitted",
    "failed",
    "unknown",
    "queued",
    "held",
    "expired",
    "canceled",
)


async def watch(client: Client, campaign_id: str, out: output.Output) -> Told:
    """Until it is over, or paused. What is shown is for people only; the last progress is for all."""
    last: Told = {}
    try:
        with _screen(silent=out.as_json) as show:
            async for progress in _followed(client, campaign_id):
                last = progress
                show(progress)
                if progress["state"] in WAITS and not _is_ending(progress):
                    return last
    except (asyncio.CancelledError, KeyboardInterrupt):
        out.note(f"It goes on by itself. Stop it with: trunkline campaign pause {campaign_id}")
        raise
    return last


def _is_ending(progress: Told) -> bool:
    """Whether messages of it are still on their way."""
    return progress["state"] in OVER and bool(progress["totals"]["messages"].get("sending"))


async def _followed(client: Client, campaign_id: str) -> AsyncIterator[Told]:
    """As the server tells it; asked for again where the connection breaks."""
    path, was_heard = f"/v1/campaigns/{campaign_id}/progress", False
    while True:
        try:
            async with client.follow(f"{path}/stream") as chunks:
                reader = Reader()
                async for chunk in chunks:
                    for block in reader.feed(chunk):
                        if block.data:
                            was_heard = True
                            yield json.loads(block.data)
                        if block.event == "end":
                            return
        except Trouble as trouble:
            if trouble.status == 401 and was_heard:  # the operator's token is another after each start
                anew = "the server was started anew, and what was going on goes on"
                raise Trouble(ExitCode.PENDING, f"{anew}: trunkline campaign watch {campaign_id}") from None
            if trouble.status not in (None, 429, 500, 502, 503, 504) or trouble.code is ExitCode.USAGE:
                raise
        await asyncio.sleep(_AGAIN_SECONDS)
        with contextlib.suppress(Trouble):
            yield await client.get(path)


@contextlib.contextmanager
def _screen(*, silent: bool) -> Iterator[Any]:
    screen = output.console()
    if silent:
        yield lambda progress: None
    elif screen.is_terminal:
        with _bar(screen) as show:
            yield show
    else:
        yield _Lines()


@contextlib.contextmanager
def _bar(screen: Any) -> Iterator[Any]:
    from rich.console import Group
    from rich.live import Live
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn
    from rich.text import Text

    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}", markup=False),
    )
    task = bar.add_task("", total=None, rate="")
    below = Text("", style="dim")
    with Live(Group(bar, below), console=screen, refresh_per_second=4):

        def show(progress: Told) -> None:
            done, meant = _done(progress)
            state, rate = progress["state"], _rate(progress)
            bar.update(task, description=state, total=meant or None, completed=done, rate=rate)
            below.plain = _counts(progress)

        yield show


class _Lines:
    """One for each twentieth, and for each new state."""

    def __init__(self) -> None:
        self._said: tuple[str, int] = ("", -1)

    def __call__(self, progress: Told) -> None:
        done, meant = _done(progress)
        step = (progress["state"], done * _STEPS // meant if meant else 0)
        if step != self._said and progress["state"] not in _WITHOUT_MESSAGES:
            self._said = step
            line = f"{progress['state']:<9} {done}/{meant}  {_rate(progress)}  {_counts(progress)}"
            output.console().print(output.plain(line.rstrip()), markup=False, soft_wrap=True)


def _done(progress: Told) -> tuple[int, int]:
    if progress["checking"] is not None:
        return progress["checking"]["checked"], 0
    totals = progress["totals"]
    meant = totals["ready"] + totals["created"] + totals["canceled"]
    return round(progress["done"] * meant), meant


def _rate(progress: Told) -> str:
    if not progress["per_second"]:
        return ""
    if not progress["ends_at"]:
        return f"{progress['per_second']:g}/s"
    day, ends = life.local_time(progress["ends_at"], with_date=True).split()[:2]
    is_today = life.local_time(progress["at"], with_date=True).startswith(day)
    return f"{progress['per_second']:g}/s, until {'' if is_today else day + ' '}{ends[:8]}"


def _counts(progress: Told) -> str:
    messages = progress["totals"]["messages"]
    return ", ".join(f"{messages[word]} {word}" for word in _WORDS if messages.get(word))
