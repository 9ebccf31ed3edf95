"""REPLAYS: events that an endpoint gets once more, because its owner asks for them.

In come ids, or a stretch of time; out goes how many events it is. They keep their ids, so that a receiver
that had them drops them.
"""

from collections.abc import Sequence

from trunkline.delivery import formats
from trunkline.errors import Problem, Refusal, shorten
from trunkline.runtime import Runtime
from trunkline.store import Tx, events, replays
from trunkline.store.deliveries import Replayed
from trunkline.store.endpoints import EndpointRow


async def some(runtime: Runtime, endpoint: EndpointRow, event_ids: Sequence[str]) -> int:
    """Just these, whatever the endpoint asked for, as far as its format can say them.

    `Refusal` when one is not of the account.
    """
    account_id, now = endpoint.account_id, runtime.clock.now()
    can_tell = formats.can_tell(endpoint, runtime.connectors)

    async def work(tx: Tx) -> int:
        found = {id_: await events.get(tx, account_id, id_) for id_ in dict.fromkeys(event_ids)}
        missing = [id_ for id_, event in found.items() if event is None]
        if missing:
            raise Refusal("invalid_request", problems=[_unknown(event_ids, id_) for id_ in missing])
        told = [id_ for id_, event in found.items() if event is not None and can_tell(event.type)]
        return await replays.replay_events(tx, account_id, endpoint.id, told, now)

    return await runtime.store.write(work)


async def stretch(
    runtime: Runtime, endpoint: EndpointRow, since: int, until: int, *, failed_only: bool
) -> int:
    """What happened then and the endpoint asks for; in short steps, so that nothing else waits for it."""
    is_wanted, now = formats.wanted(endpoint, runtime.connectors), runtime.clock.now()
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


def _unknown(event_ids: Sequence[str], event_id: str) -> Problem:
    pointer = f"/event_ids/{event_ids.index(event_id)}"
    return Problem(pointer, "unknown_event", "There is no event of this id.", shorten(event_id))
