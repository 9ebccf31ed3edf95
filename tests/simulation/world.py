"""One world from one seed: what there is, what goes wrong, and how it runs until nothing moves any more."""

import asyncio
import gc
import logging
import random
import shutil
import sys
import tempfile
import zlib
from pathlib import Path
from typing import Any

import msgspec

from tests.simulation import faults
from tests.simulation.callers import Callers
from tests.simulation.checker import Findings, check
from tests.simulation.loop import HOST, SimClock, SimLoop, Stuck
from tests.simulation.meta import APP_SECRET, Habits, Meta
from tests.simulation.processes import Killed, Process, Surroundings
from tests.simulation.store import Database
from trunkline import admin, failpoints
from trunkline.admin import NumberForm
from trunkline.config import Settings
from trunkline.config.table import Dispatch
from trunkline.model import ids
from trunkline.outbound.wire_marks import WireMarks
from trunkline.vault import Vault

_MOST_SECONDS = 900.0
"""Virtual seconds in which everything but doubts must have come to its end, once nothing goes wrong."""

_SETTLE_SECONDS = 60.0
"""In which a doubt ends of which there is evidence."""

_FINE_ERRORS = ("is held",)


_MOVING = """
    SELECT (SELECT count(*) FROM inbox WHERE state = 'open') + (
        SELECT count(*) FROM messages AS m
        WHERE state IN ('queued', 'sending', 'scheduled', 'held') AND NOT EXISTS (
            SELECT 1 FROM attempts AS a
            WHERE a.account_id = m.account_id AND a.number_id = m.number_id AND a.recipient = m.recipient
                AND a.is_open = 1 AND a.outcome = 'ambiguous'))
"""


class Plan(msgspec.Struct, kw_only=True):
    """What the seed decided."""

    processes: int
    is_shared: bool
    accounts: int
    numbers: int
    messages: int
    lanes: int
    skew_ms: int
    calm_at: float
    habits: Habits
    faults: list[faults.Fault]
    same_host: float
    patience: float
    """How long it is waited for doubts, once everything else is quiet."""
    decisions: float
    """How often a user decides about a doubt."""
    policies: list[tuple[str, int | None]]


def draw(chance: random.Random) -> Plan:
    processes = chance.choice((1, 1, 2, 2, 3, 4))
    calm_at = chance.choice((30.0, 90.0, 180.0))
    weights = {
        "kill": 3.0, "stop": 1.0, "freeze": 1.5, "cut": 1.5, "outage": 0.7, "refusals": 1.0, "slow": 1.0,
        "strike": 3.0,
    }  # fmt: skip
    return Plan(
        processes=processes,
        is_shared=processes > 1 or chance.random() < 0.3,
        accounts=chance.choice((1, 1, 2)),
        numbers=chance.choice((1, 2, 3)),
        messages=chance.choice((20, 40, 60, 120)),
        lanes=chance.choice((2, 5, 12)),
        skew_ms=chance.choice((0, 0, 30)),
        calm_at=calm_at,
        habits=_habits(chance),
        faults=faults.draw(chance, processes, calm_at, weights),
        same_host=chance.choice((0.0, 1.0, 1.0)),
        patience=chance.choice((0.0, 0.0, 0.0, 500.0, 1500.0, 4000.0)),
        decisions=chance.choice((0.0, 0.0, 0.5)),
        policies=chance.choice(
            ([("resolve", None)] * 6, [("never_resend", None)] * 6, [("resend_after", 60)] * 6)
        ),
    )


def _habits(chance: random.Random) -> Habits:
    trouble = chance.choice((0.0, 0.1, 0.4))
    ways = {
        "reset_after": 2, "hangs_after": 1, "error_after": 1, "garbage_after": 0.5, "reset_before": 1,
        "hangs_before": 0.5, "error_before": 0.5, "refused_connection": 1, "late_taking": 0.7, "too_fast": 1,
        "pair_limit": 0.5, "fails": 0.5, "transient": 1, "token_expired": 0.05,
    }  # fmt: skip
    total = sum(ways.values())
    sends = {way: trouble * weight / total for way, weight in ways.items()}
    return Habits(
        sends={"answers": 1.0 - trouble, **sends},
        silent=chance.choice((0.0, 0.0, 0.1)),
        failed_with_token=chance.choice((0.0, 1.0)),
        late=chance.choice((0.0, 0.1, 0.5)),
        repeats=chance.choice((0.0, 0.2, 0.5)),
        slowness=chance.choice((0.2, 1.0, 8.0)),
        renames=chance.random() < 0.2,
    )


class Place:
    """Where one process after the other runs: a machine's data folder, and who starts it again."""

    def __init__(self, world: "World", index: int, data: Path) -> None:
        self.process: Process
        self.down_until = 0.0
        self.armed: set[str] = set()
        self._world = world
        self._index = index
        self._data = data
        self._runs = 0

    async def run_for_ever(self) -> None:
        """As a supervisor does."""
        world = self._world
        while True:
            self.process = self._make()
            self.process.start()
            await self.process.ended
            wait = max(self.down_until - world.loop.time(), world.chance.uniform(0.3, 1.0))
            await asyncio.sleep(wait)

    def _make(self) -> Process:
        world, self._runs = self._world, self._runs + 1
        skew = world.chance.randint(-world.plan.skew_ms, world.plan.skew_ms)
        process = Process(
            world.around, f"p{self._index}.{self._runs}", self._data, skew,
            random.Random(world.chance.random()),
        )  # fmt: skip
        process.store.cut_until = world.outage_until
        return process


class World:
    def __init__(self, seed: int, *, is_traced: bool = False) -> None:
        self.seed = seed
        self.chance = random.Random(seed)
        self.plan = draw(self.chance)
        self.loop = SimLoop()
        self.clock = SimClock(self.loop)
        self.lines: list[str] = []
        self.is_traced = is_traced
        self.outage_until = 0.0
        self.failed: list[str] = []
        self.is_over = False
        self.beyond_knowing = 0
        """Messages that went twice as the provider had taken them and never said a word of it."""
        self.passed: dict[str, int] = {}
        self.places: list[Place] = []
        self.meta = Meta(self.loop, random.Random(self.chance.random()), self.plan.habits, self.trace)
        self.database = Database(self.clock)
        self.callers = Callers(self, self.loop, random.Random(self.chance.random()))

    def trace(self, *words: Any) -> None:
        text = " ".join(map(str, words))
        self.lines.append(f"{self.loop.time():10.4f}  {text}")
        if self.is_traced:
            self.show(text)

    def show(self, text: str) -> None:
        print(f"{self.loop.time():10.4f}  {text}", flush=True)

    def digest(self) -> int:
        """The same for the same run."""
        return zlib.crc32("\n".join(self.lines).encode())

    def processes(self) -> list[Process]:
        return [place.process for place in self.places if hasattr(place, "process")]

    def run(self) -> Findings:
        folder = Path(tempfile.mkdtemp(prefix="simulation-", dir=_scratch()))
        gc.disable()
        try:
            with _Stubs(self):
                self._run(folder)
                found = check(self)
                self.is_over = True
                self.loop.bury()
                return found
        finally:
            shutil.rmtree(folder)
            gc.enable()

    def _run(self, folder: Path) -> None:
        task = self.loop.create_task(self._live(folder), context=self.loop.outside)
        try:
            self.loop.run_until_complete(task)
        except Stuck as stuck:
            self.failed.append(f"stuck: {stuck}")
        self.failed += self.loop.faults

    async def _live(self, folder: Path) -> None:
        plan, chance = self.plan, self.chance
        self.trace("seed", self.seed, plan)
        settings = Settings(dispatch=Dispatch(message_life_hours=1))
        self.around = Surroundings(
            loop=self.loop, database=self.database, meta=self.meta, vault=Vault(bytes(32)), settings=settings,
            is_shared=plan.is_shared, trace=self.trace,
        )  # fmt: skip
        numbers = await self._populate(folder)
        is_one_host = chance.random() < plan.same_host
        for index in range(plan.processes):
            data = folder / ("host" if is_one_host else f"host{index}")
            data.mkdir(exist_ok=True)
            place = Place(self, index, data)
            self.places.append(place)
            asyncio.create_task(place.run_for_ever())  # noqa: RUF006 - the loop keeps them
        self.meta.receivers = lambda: [one for one in self.processes() if not one.is_dead]
        faults.plan(self, plan.faults)
        lanes = [f"1555{1000000 + n}" for n in range(plan.lanes)]
        callers = []
        share = max(1, plan.messages // (2 * len(numbers)))
        for account_id, number_id in numbers:
            for _ in range(2):
                work = self.callers.send_all(account_id, number_id, lanes, share)
                callers.append(asyncio.create_task(work))
        operator = asyncio.create_task(self.callers.operate())
        users = asyncio.create_task(self.callers.decide(plan.decisions))
        await asyncio.sleep(plan.calm_at)
        self._mend()
        await asyncio.wait(callers, timeout=_MOST_SECONDS)
        for caller in callers:
            if not caller.done():
                self.failed.append("a caller was not answered")
            else:
                caller.result()
        await self._until_quiet()
        users.cancel()
        await self._until_still()
        if operator.done():
            operator.result()

    async def _populate(self, folder: Path) -> list[tuple[str, str]]:
        """Accounts and numbers, by a process that ends again."""
        process = Process(self.around, "setup", folder, 0, random.Random(0))
        found = []
        for a in range(self.plan.accounts):
            account = await admin.create_account(process.office, f"account{a}")
            policy = self.plan.policies[a]
            self.database.connection.execute(
                "UPDATE accounts SET doubt_policy = ?, resend_after_seconds = ? WHERE id = ?",
                (*policy, account.id),
            )
            for n in range(self.plan.numbers):
                digits = f"1555000{a}{n}00"
                form = NumberForm(
                    digits=digits, phone_number_id=digits, waba_id="1", token="t", app_id="1",
                    app_secret=APP_SECRET, base_url="http://meta.test/v1",
                    messages_per_second=self.chance.choice((5, 80, 1000)),
                )  # fmt: skip
                row = await admin.register_number(process.office, account.id, form)
                self.meta.hook_keys[digits] = account.hook_key
                found.append((account.id, row.id))
        process.is_dead = True
        return found

    def _mend(self) -> None:
        self.trace("nothing goes wrong from here on")
        self.meta.is_calm = True
        self.outage_until = 0.0
        for place in self.places:
            place.down_until = 0.0
            place.armed.clear()
            place.process.thaw()
            place.process.store.cut_until = 0.0
            place.process.store.refusal_rate = 0.0
            place.process.store.slowness = 1.0

    async def _until_quiet(self) -> None:
        """Nothing works, or waits for anything but the end of a doubt; for that there is some patience."""
        await self._until_still()
        self.trace("quiet, but for doubts", self._doubts())
        last = self.loop.time() + max(self.plan.patience, _SETTLE_SECONDS if self._doubts() else 0.0)
        while (self._doubts() or self._moving()) and self.loop.time() < last:  # noqa: ASYNC110
            await asyncio.sleep(20.0)
        self.trace("the end")

    async def _until_still(self) -> None:
        last = self.loop.time() + _MOST_SECONDS
        while self._moving() and self.loop.time() < last:  # noqa: ASYNC110
            await asyncio.sleep(3.0)

    def doubtful(self) -> list[tuple[str, str]]:
        """(account, message)"""
        return self.database.rows(
            "SELECT account_id, id FROM messages WHERE state IN ('unknown', 'unconfirmed') ORDER BY id"
        )

    def _doubts(self) -> int:
        [[count]] = self.database.rows("SELECT count(*) FROM messages WHERE state = 'unknown'")
        return int(count)

    def _moving(self) -> int:
        """How many messages and posts are on their way, those behind a doubt left out."""
        [[count]] = self.database.rows(_MOVING)
        return int(count) + self.meta.busy

    def reached(self, place_name: str) -> None:
        """A process comes to a failpoint."""
        self.passed[place_name] = self.passed.get(place_name, 0) + 1
        process = HOST.get(None)
        if process is None:
            return
        for place in self.places:
            if place.process is process and place_name in place.armed:
                place.armed.clear()
                self.trace(process.name, "is killed at", place_name)
                process.kill()
                raise Killed(place_name)


class _Stubs:
    """What the product has as globals, for the length of one run: ids, failpoints, the log."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __enter__(self) -> None:
        world = self._world
        self._before = (ids._sequence, failpoints._armed, failpoints._strike)
        ids._sequence = _SimSequence(world.clock, random.Random(world.seed))  # type: ignore[assignment]
        self._close = WireMarks.close
        WireMarks.close = _close_once  # type: ignore[method-assign]
        self._hook, sys.unraisablehook = sys.unraisablehook, _ignore  # of what is buried
        failpoints._armed = _Everywhere()
        failpoints._strike = lambda name, armed: world.reached(name)
        log = logging.getLogger("trunkline")
        self._log_before = (log.propagate, log.level, log.handlers[:])
        log.propagate, log.handlers = False, [_Ear(world)]
        log.setLevel(logging.DEBUG if world.is_traced else logging.ERROR)

    def __exit__(self, *_: object) -> None:
        sys.unraisablehook = self._hook
        ids._sequence, failpoints._armed, failpoints._strike = self._before
        WireMarks.close = self._close  # type: ignore[method-assign]
        log = logging.getLogger("trunkline")
        log.propagate, log.handlers = self._log_before[0], self._log_before[2]
        log.setLevel(self._log_before[1])


_really_close = WireMarks.close


def _close_once(marks: WireMarks) -> None:
    """So that it can be seen whether a dead process had closed them itself."""
    _really_close(marks)
    marks._file = -1


def _ignore(_: object) -> None:
    pass


class _Everywhere(dict[str, Any]):
    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> None:
        return None


class _SimSequence:
    """As `ids._Sequence`, of virtual time and the seed."""

    def __init__(self, clock: SimClock, chance: random.Random) -> None:
        self._clock = clock
        self._chance = chance
        self._last = 0

    def next(self) -> tuple[int, bytes]:
        self._last = max(self._clock.now() << 12, self._last + 1)
        return self._last, self._chance.randbytes(13)

    def draw(self) -> bytes:
        return self._chance.randbytes(13)


class _Ear(logging.Handler):
    """Errors that nobody planned fail the world."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def emit(self, record: logging.LogRecord) -> None:
        if self._world.is_over:
            return
        text = record.getMessage()
        process = HOST.get(None)
        if self._world.is_traced:
            self._world.show(f"{process.name if process else '-'} {record.levelname.lower()} {text}")
        if record.levelno >= logging.ERROR and not any(words in text for words in _FINE_ERRORS):
            cause = record.exc_info[1] if record.exc_info else None
            self._world.failed.append(f"logged: {text} {cause!r}")
            if self._world.is_traced and record.exc_info:
                logging.lastResort.handle(record)


def _scratch() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None
