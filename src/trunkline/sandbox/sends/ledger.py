"""The ledger: every send that was taken, durable before its answer goes out, with its statuses' progress.

`sending.py` writes into it, `reporter.py` records how far the statuses came, `admin.py` reads it. It is
never pruned: a test can ask afterwards what really left the gateway.
"""

import asyncio
from typing import Any, cast

import msgspec

from trunkline.sandbox.clock import to_rfc3339
from trunkline.sandbox.database import Database, Row
from trunkline.sandbox.webhooks.statuses import Plan, Step, Taken

_PROGRESS_EVERY_SECONDS = 0.5
MOST_ROWS = 10_000

_encoder = msgspec.json.Encoder()
_plans = msgspec.json.Decoder(Plan)
_encoded_plans: dict[Plan, bytes] = {}


class Ledger:
    """Rows are numbered in the order in which they were taken."""

    def __init__(self, database: Database) -> None:
        self._database = database
        (last,) = database.read_now("read_last_id")[0]
        self._last_id = int(last or 0)
        self._progress: dict[int, tuple[int, bool]] = {}
        self._progress_timer: asyncio.TimerHandle | None = None

    async def take(self, taken: Taken, body: bytes) -> None:
        """Write a send down and number it; on disk when this returns."""
        self._last_id = taken.id = self._last_id + 1
        values = (
            taken.id,
            taken.wamid,
            taken.phone_number_id,
            taken.recipient,
            taken.wa_id,
            taken.type,
            taken.callback_data,
            taken.taken_at,
            _encode_plan(taken.plan),
            int(bool(taken.plan.steps)),
            body,
        )
        await self._database.write("take_message", values)

    def record_progress(self, taken: Taken) -> None:
        """Note how many statuses were posted. Written within half a second: a crash may repeat some."""
        self._progress[taken.id] = (taken.reported, taken.reported < len(taken.plan.steps))
        if self._progress_timer is None:
            loop = asyncio.get_running_loop()
            self._progress_timer = loop.call_later(_PROGRESS_EVERY_SECONDS, self._write_progress)

    async def flush(self) -> None:
        """Write every noted progress now."""
        if self._progress_timer is not None:
            self._progress_timer.cancel()
        if (written := self._write_progress()) is not None:
            await written

    def _write_progress(self) -> asyncio.Future[None] | None:
        self._progress_timer = None
        noted, self._progress = self._progress, {}
        written = None
        for id_, (reported, is_open) in noted.items():
            written = self._database.write("record_progress", (reported, int(is_open), id_))
        return written

    async def read_open(self, limit: int) -> list[Taken]:
        """The oldest sends whose statuses are not all posted."""
        await self.flush()
        return [_taken(row) for row in await self._database.read("read_open_messages", (limit,))]

    async def park(self, taken: Taken, lane: str | None = None) -> None:
        """Its next status waits for a person, or for what a `lane` stands for; on disk when this returns."""
        await self.flush()
        await self._database.write("park", (taken.id, lane or taken.recipient))

    async def unpark(self, id_: int) -> None:
        await self._database.write("unpark", (id_,))

    async def unpark_all(self, handset: str) -> None:
        """Everything that `read_parked` answers."""
        await self._database.write("unpark_all", (handset,))

    async def read_parked(self, handset: str) -> list[Taken]:
        """What waits for this person, oldest first."""
        return [_taken(row) for row in await self._database.read("read_parked", (handset,))]

    async def list_chat(self, recipient: str, phone_number_id: str, limit: int) -> list[tuple[Taken, bytes]]:
        """The newest sends of a chat with their bodies, oldest of them first."""
        await self.flush()
        rows = await self._database.read("list_chat_sends", (recipient, phone_number_id, limit))
        return [(_taken(row[:-1]), cast("bytes", row[-1])) for row in reversed(rows)]

    async def find_taken(self, wamid: str) -> tuple[Taken, bytes] | None:
        """A send and its body."""
        await self.flush()
        rows = await self._database.read("read_message", (wamid,))
        return (_taken(rows[0][:-1]), cast("bytes", rows[0][-1])) if rows else None

    async def read_last_sent(self, recipient: str, phone_number_id: str) -> int | None:
        """When this number last sent to that phone."""
        (at,) = (await self._database.read("read_last_sent", (recipient, phone_number_id)))[0]
        return int(at) if at is not None else None

    async def extend(self, taken: Taken, step: Step) -> None:
        """One more status at the end of its plan; on disk when this returns."""
        await self.change_plan(taken, msgspec.structs.replace(taken.plan, steps=(*taken.plan.steps, step)))

    async def change_plan(self, taken: Taken, plan: Plan) -> None:
        """What will be reported of it; on disk when this returns."""
        taken.plan = plan
        await self._database.write("extend_plan", (_encode_plan(plan), taken.id))

    async def count(self) -> tuple[int, int]:
        """How many sends were taken, and how many of them still have statuses to come."""
        await self.flush()
        (still_open,) = (await self._database.read("count_open_messages"))[0]
        return self._last_id, int(still_open or 0)

    async def place_of(self, after: str) -> int | None:
        """The number of the row that a page comes after: a row is named by its number or by its wamid.

        0, before all rows, for an empty `after`; None where no row is meant.
        """
        if not after or (after.isascii() and after.isdecimal() and len(after) <= 18):
            return int(after or 0)
        rows = await self._database.read("read_id", (after,))
        return int(rows[0][0] or 0) if rows else None

    async def list(
        self, *, after: int, limit: int, recipient: str | None
    ) -> tuple[list[dict[str, Any]], int | None]:
        """A page in order, and where the next one begins (None: this was the last)."""
        limit = min(limit, MOST_ROWS)
        if recipient is None:
            rows = await self._database.read("list_messages", (after, limit + 1))
        else:
            rows = await self._database.read("list_messages_to", (recipient, after, limit + 1))
        page = [_describe(row) for row in rows[:limit]]
        more = len(rows) > limit
        return page, int(rows[limit - 1][0] or 0) if more else None

    async def find(self, wamid: str) -> dict[str, Any] | None:
        """One send with its body and its plan, or None."""
        await self.flush()
        rows = await self._database.read("read_message", (wamid,))
        if not rows:
            return None
        *row, body = rows[0]
        taken = _taken(tuple(row))
        return {
            "wamid": taken.wamid,
            "to": taken.recipient,
            "type": taken.type,
            "callback_data": taken.callback_data,
            "taken_at": to_rfc3339(taken.taken_at),
            "phone_number_id": taken.phone_number_id,
            "body": msgspec.json.decode(body) if isinstance(body, bytes) and body else None,
            "statuses": [
                {
                    "status": step.status,
                    "due_at": to_rfc3339(taken.taken_at + step.due),
                    "posted": place < taken.reported,
                }
                for place, step in enumerate(taken.plan.steps)
            ],
        }


def _encode_plan(plan: Plan) -> bytes:
    """Sends share their plans, so almost every plan was encoded before."""
    encoded = _encoded_plans.get(plan)
    if encoded is None:
        encoded = _encoder.encode(plan)
        if len(_encoded_plans) < 256 and not plan.free_until:
            _encoded_plans[plan] = encoded
    return encoded


def _taken(row: Row) -> Taken:
    *members, plan, reported, id_ = cast("tuple[Any, ...]", row)
    values: list[Any] = [*members, _plans.decode(plan), reported, id_]
    return Taken(*values)


def _describe(row: Row) -> dict[str, Any]:
    _, wamid, recipient, callback_data, kind, taken_at = row
    return {
        "wamid": wamid,
        "to": recipient,
        "callback_data": callback_data,
        "type": kind,
        "taken_at": to_rfc3339(int(taken_at or 0)),
    }
