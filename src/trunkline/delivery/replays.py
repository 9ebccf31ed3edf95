"""REPLAYS: events that an endpoint gets once more, because its owner asks for them.

In come ids, or a stretch of time; out goes how many events it is. They keep their ids, so that a receiver
that had them drops them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from trunkline.delivery import formats
from trunkline.errors import Problem, Refusal, shorten
from trunkline.model import ids
from trunkline.runtime import Runtime
from trunkline.store import Tx, events, replays
from trunkline.store.deliveries import Replayed
from trunkline.store.endpoints import EndpointRow
from trunkline.store.events import EventRow


async def some(runtime: Runtime, endpoint: EndpointRow, event_ids: Sequence[str]) -> int:
    """Just these, whatever the endpoint asked for, as far as its format can say them.

    `Refusal` when one is not of the account.
    """
    account_id, now = endpoint.account_id, runtime.clock.now()
    can_tell = formats.can_tell(endpoint, runtime.connectors)

    async def work(tx: Tx) -> int:
        found = await _found(tx, account_id, event_ids)
        if problems := _unknown(event_ids, found):
            raise Refusal("invalid_request", problems=problems)
        told = [id_ for id_, event in found.items() if event is not None and can_tell(event.type)]
        return await replays.replay_events(tx, account_id, endpoint.id, told, now)

    return await runtime.store.write(work)


async def stretch(
    runtime: Runtime, endpoint: EndpointRow, since: int, until: int, *, failed_only: bool
) -> int:
    """What happened then and the endpoint asks for; in short steps, so that nothing else waits for it.

    Tests are not among it: they were for that moment, and only whoever names one wants it once more.
    """
    asked_for, now = formats.wanted(endpoint, runtime.connectors), runtime.clock.now()

    def is_wanted(event: EventRow) -> bool:
        return event.type != formats.TEST and asked_for(event)

    total, after = 0, ""
    while True:

        async def step(tx: Tx, after: str = after) -> Replayed:
            return await replays.replay_range(
                tx, endpoint.account_id, endpoint.id, is_wanted, now,
                since=since, until=until, failed_only=failed_only, after=after,
            )  # fmt: skip

        done = await runtime.store.write(step)
        total += done.count
        if done.after is None:
            return total
        after = done.after


async def unknown(runtime: Runtime, account_id: str, event_ids: Sequence[Any]) -> list[Problem]:
    """What `some` would refuse, for a request that is refused anyway. What is no id has been told."""
    found = await runtime.store.read(lambda tx: _found(tx, account_id, event_ids))
    return _unknown(event_ids, found)


async def _found(tx: Tx, account_id: str, event_ids: Sequence[Any]) -> dict[str, EventRow | None]:
    wanted = [id_ for id_ in dict.fromkeys(event_ids) if isinstance(id_, str) and ids.is_id(id_, ids.EVENT)]
    return {id_: await events.get(tx, account_id, id_) for id_ in wanted}


def _unknown(event_ids: Sequence[Any], found: Mapping[str, EventRow | None]) -> list[Problem]:
    detail, expected = "There is no event of this id.", "the id of an event of this account that is kept"
    return [
        Problem(f"/event_ids/{event_ids.index(id_)}", "unknown_event", detail, shorten(id_), expected)
        for id_, event in found.items()
        if event is None
    ]
