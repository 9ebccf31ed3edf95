"""Virtual time: an event loop that never waits, and processes that share it.

When nothing is ready the loop jumps to the next timer. Each callback belongs to the simulated process in
whose context it was made, or to the world outside. A dead process's callbacks never run again, not even its
`finally` blocks; a frozen one's are kept and run at the thaw, as after SIGSTOP and SIGCONT.
"""

import asyncio
import contextvars
import heapq
from collections.abc import Callable
from typing import Any, Protocol

from trunkline.clock import SystemClock

EPOCH_MS = 1_795_366_800_000
_STEP = 1e-6
"""Time moves on by at least this from timer to timer, or a wait of almost nothing would never end."""

_BUSY = 50_000
"""Callbacks at one moment after which somebody is spinning."""


class Stuck(Exception):
    """Nothing will ever happen again, or the same things happen without end."""


class Host(Protocol):
    """Whose callbacks they are."""

    is_dead: bool
    parked: list[asyncio.Handle] | None
    """While it is frozen: what wants to run."""


HOST: contextvars.ContextVar[Host] = contextvars.ContextVar("host")


class SimLoop(asyncio.BaseEventLoop):
    """No sockets, no threads, no real clock."""

    _ready: Any
    _scheduled: Any

    def __init__(self) -> None:
        super().__init__()
        self._moment = 0.0
        self._at_this_moment = 0
        self._count = 0
        self.outside = contextvars.Context()
        """What belongs to no process."""
        self.faults: list[str] = []
        """What was raised where nobody caught it."""
        self.tasks: list[asyncio.Task[Any]] = []
        self.set_task_factory(self._make_task)
        self.set_exception_handler(self._note)

    def time(self) -> float:
        return self._moment

    def call_at(self, when: float, callback: Any, *args: Any, context: Any = None) -> asyncio.TimerHandle:
        """Of one moment they run in the order of their making."""
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        self._count += 1
        heapq.heappush(self._scheduled, (when, self._count, timer))
        return timer

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:
        """At once: a thread would end at a moment of the real clock."""
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as fault:
            done.set_exception(fault)
        return done

    def resume(self, handles: list[asyncio.Handle]) -> None:
        """At the thaw."""
        self._ready.extend(handles)

    def after(self, seconds: float, call: Callable[..., Any], *arguments: Any) -> asyncio.TimerHandle:
        """In the world outside."""
        return self.call_later(seconds, call, *arguments, context=self.outside)

    def soon(self, call: Callable[..., Any], *arguments: Any) -> asyncio.Handle:
        """In the world outside."""
        return self.call_soon(call, *arguments, context=self.outside)

    def bury(self) -> None:
        """End what is left of every task, after the run. Nothing of it can be seen any more."""
        for task in self.tasks:
            if not task.done():
                task._log_destroy_pending = False  # type: ignore[attr-defined]
                _close(task)
        self.tasks.clear()
        self.close()

    def _run_once(self) -> None:
        if not self._ready:
            self._jump()
        for _ in range(len(self._ready)):
            handle = self._ready.popleft()
            if not handle._cancelled and self._may_run(handle):
                handle._run()
                self._at_this_moment += 1
        if self._at_this_moment > _BUSY:
            raise Stuck(f"busy at {self._moment:.3f} s without end")

    def _jump(self) -> None:
        timers = self._scheduled
        while timers and timers[0][2]._cancelled:
            heapq.heappop(timers)
        if not timers:
            raise Stuck(f"nothing is left to happen at {self._moment:.3f} s")
        self._moment = max(self._moment + _STEP, timers[0][0])
        self._at_this_moment = 0
        while timers and timers[0][0] <= self._moment:
            self._ready.append(heapq.heappop(timers)[2])

    @staticmethod
    def _may_run(handle: Any) -> bool:
        host = handle._context.get(HOST)
        if host is None:
            return True
        if host.is_dead:
            return False
        if host.parked is not None:
            host.parked.append(handle)
            return False
        return True

    def _make_task(self, loop: Any, coroutine: Any, context: Any = None) -> "asyncio.Task[Any]":
        task = asyncio.Task(coroutine, loop=self, context=context)
        self.tasks.append(task)
        return task

    def _note(self, loop: Any, context: dict[str, Any]) -> None:
        self.faults.append(f"{context.get('message')}: {context.get('exception')!r}")

    def _timer_handle_cancelled(self, handle: Any) -> None:
        pass

    def _process_events(self, events: Any) -> None:
        pass

    def _write_to_self(self) -> None:
        pass


def _close(task: "asyncio.Task[Any]") -> None:
    try:
        coroutine: Any = task.get_coro()
        coroutine.close()
    except BaseException:
        pass


class SimClock(SystemClock):
    """A machine's clocks: its wall clock is a little off, its other one starts anywhere."""

    def __init__(self, loop: SimLoop, skew_ms: int = 0, booted: float = 0.0) -> None:
        self._loop = loop
        self._skew_ms = skew_ms
        self._booted = booted

    def now(self) -> int:
        return EPOCH_MS + int(self._loop.time() * 1000) + self._skew_ms

    def monotonic(self) -> float:
        return self._loop.time() + self._booted
