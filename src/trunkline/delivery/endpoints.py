"""ENDPOINTS: what their owners do with them: add, change, rotate the secret, pause, enable, test, remove.

Each function is one unit of work and returns after its synced commit; whoever delivers hears of it by the
news that the store tells. A secret is known in clear when it is made, and here while a post is signed.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace as changed

from trunkline.delivery import signing
from trunkline.errors import Problem, Refusal
from trunkline.model import ids
from trunkline.model.events import NewEvent
from trunkline.runtime import Runtime
from trunkline.store import Tx, deliveries, delivery_log, endpoints, idempotency
from trunkline.store.endpoints import EndpointRow
from trunkline.store.events import EventRow
from trunkline.store.idempotency import Answered

MOST = 100
"""Endpoints of one account."""
_HOUR_MS = 3_600_000


class EndpointData(msgspec.Struct, frozen=True, kw_only=True):
    """`data` of the events of an endpoint."""

    id: str
    url: str
    state: str
    state_reason: str | None
    at: int


def event_of(endpoint: EndpointRow, type_: str, at: int) -> NewEvent:
    """About an endpoint as it is in the row."""
    data = EndpointData(
        id=endpoint.id, url=endpoint.url, state=endpoint.state, state_reason=endpoint.state_reason, at=at
    )
    return NewEvent(
        account_id=endpoint.account_id,
        type=type_,
        object_id=endpoint.id,
        at=at,
        data=msgspec.json.encode(data).decode(),
    )


async def add(runtime: Runtime, account_id: str, given: Mapping[str, Any]) -> tuple[EndpointRow, str]:
    """The endpoint and its secret, which is not shown again. `given` are members of the row by name."""
    endpoint, secret = _new(runtime, account_id, given, "api")
    await runtime.store.write(lambda tx: _insert(tx, endpoint))
    return endpoint, secret


async def add_once(
    runtime: Runtime, account_id: str, given: Mapping[str, Any], answer_of: Callable[[EndpointRow], Answered]
) -> tuple[EndpointRow, str] | Answered:
    """The same, and its answer is kept with it; or the first answer to the same key, and nothing is added."""
    endpoint, secret = _new(runtime, account_id, given, "api")
    answer = answer_of(endpoint)

    async def work(tx: Tx) -> Answered | None:
        [is_first] = await idempotency.remember_many(tx, [answer])
        if not is_first:
            return await idempotency.recall(tx, account_id, answer.key)
        await _insert(tx, endpoint)
        return None

    return await runtime.store.write(work) or (endpoint, secret)


async def _insert(tx: Tx, endpoint: EndpointRow) -> None:
    if len(await endpoints.of_account(tx, endpoint.account_id)) >= MOST:
        detail = f"An account has at most {MOST} endpoints; remove one first."
        raise Refusal("invalid_request", detail, problems=[Problem("", "too_many", detail)])
    await endpoints.insert(tx, endpoint)


def _new(
    runtime: Runtime, account_id: str, given: Mapping[str, Any], created_by: str
) -> tuple[EndpointRow, str]:
    endpoint_id, secret, now = ids.new_id(ids.ENDPOINT), signing.new_secret(), runtime.clock.now()
    defaults: dict[str, Any] = {
        "format": "events",
        "description": "",
        "event_types": '["*"]',
        "number_id": None,
        "is_ordered": 0,
        "batch_size": 1,
        "max_in_flight": 20,
        "per_second": None,
    }
    endpoint = EndpointRow(
        **(defaults | dict(given)),
        account_id=account_id,
        id=endpoint_id,
        sealed_secret=runtime.vault.seal(secret, account_id=account_id, row_id=endpoint_id),
        sealed_former_secret=None,
        former_until=None,
        state="active",
        state_reason=None,
        created_by=created_by,
        created_at=now,
        updated_at=now,
    )
    return endpoint, secret


async def of_account(runtime: Runtime, account_id: str) -> list[EndpointRow]:
    return await runtime.store.read(lambda tx: endpoints.of_account(tx, account_id))


async def find(runtime: Runtime, account_id: str, endpoint_id: str) -> EndpointRow:
    return await runtime.store.read(lambda tx: _get(tx, account_id, endpoint_id))


async def _get(tx: Tx, account_id: str, endpoint_id: str) -> EndpointRow:
    return _known(await endpoints.get(tx, account_id, endpoint_id))


async def _to_change(tx: Tx, account_id: str, endpoint_id: str) -> EndpointRow:
    return _known(await endpoints.to_change(tx, account_id, endpoint_id))


def _known(endpoint: EndpointRow | None) -> EndpointRow:
    if endpoint is None:
        raise Refusal("not_found", "There is no endpoint of that id in this account.")
    return endpoint


async def change(
    runtime: Runtime, account_id: str, endpoint_id: str, given: Mapping[str, Any]
) -> EndpointRow:
    """What is not given stays. What the former address failed at says nothing of another one."""
    now = runtime.clock.now()

    async def work(tx: Tx) -> EndpointRow:
        former = await _to_change(tx, account_id, endpoint_id)
        endpoint = changed(former, **given, updated_at=now)
        await endpoints.update(tx, endpoint)
        if endpoint.url != former.url:
            await _begin_anew(tx, endpoint, now)
        return endpoint

    return await runtime.store.write(work)


async def rotate(
    runtime: Runtime, account_id: str, endpoint_id: str, overlap_hours: int
) -> tuple[EndpointRow, str]:
    """A new secret; the one that was current signs beside it for so long, an older one no more."""
    now, secret = runtime.clock.now(), signing.new_secret()

    async def work(tx: Tx) -> EndpointRow:
        endpoint = await _to_change(tx, account_id, endpoint_id)
        endpoint = changed(
            endpoint,
            sealed_secret=runtime.vault.seal(secret, account_id=account_id, row_id=endpoint_id),
            sealed_former_secret=endpoint.sealed_secret if overlap_hours else None,
            former_until=now + overlap_hours * _HOUR_MS if overlap_hours else None,
            updated_at=now,
        )
        await endpoints.update(tx, endpoint)
        return endpoint

    return await runtime.store.write(work), secret


async def pause(runtime: Runtime, account_id: str, endpoint_id: str) -> EndpointRow:
    """Nothing goes to it until it is enabled; what happens meanwhile waits."""
    return await _move(runtime, account_id, endpoint_id, "paused", endpoints.OWNER)


async def enable(runtime: Runtime, account_id: str, endpoint_id: str) -> EndpointRow:
    """It goes on where it stood, whatever had stopped it."""
    return await _move(runtime, account_id, endpoint_id, "active", None)


async def _move(
    runtime: Runtime, account_id: str, endpoint_id: str, state: str, reason: str | None
) -> EndpointRow:
    now = runtime.clock.now()

    async def work(tx: Tx) -> EndpointRow:
        return await _set_state(tx, await _to_change(tx, account_id, endpoint_id), state, reason, now)

    return await runtime.store.write(work)


async def _set_state(tx: Tx, endpoint: EndpointRow, state: str, reason: str | None, now: int) -> EndpointRow:
    """And tells of it, when that changed something."""
    moved = await endpoints.set_state(tx, endpoint.account_id, endpoint.id, state, reason, now)
    if state == "active":
        await _begin_anew(tx, endpoint, now)
    if moved:
        endpoint = changed(endpoint, state=state, state_reason=reason, updated_at=now)
        tx.emit(event_of(endpoint, "endpoint.recovered" if state == "active" else "endpoint.paused", now))
    return endpoint


async def _begin_anew(tx: Tx, endpoint: EndpointRow, now: int) -> None:
    """As if it had never failed; what waits for its next try is due."""
    await endpoints.forget_failures(tx, endpoint.account_id, endpoint.id)
    await deliveries.hasten(tx, endpoint.account_id, endpoint.id, now)


async def test(runtime: Runtime, account_id: str, endpoint_id: str) -> EventRow:
    """The event that goes to this endpoint alone, as soon as it is delivered to."""
    now = runtime.clock.now()

    async def work(tx: Tx) -> None:
        endpoint = await _get(tx, account_id, endpoint_id)
        if endpoint.state != "active":
            raise Refusal("wrong_state", f"This endpoint is {endpoint.state}; enable it first.")
        tx.emit(event_of(endpoint, "endpoint.test", now))

    await runtime.store.write(work)
    event = await runtime.store.read(lambda tx: delivery_log.newest_test(tx, account_id, endpoint_id))
    assert event is not None
    return event


async def remove(runtime: Runtime, account_id: str, endpoint_id: str) -> None:
    now = runtime.clock.now()
    if not await runtime.store.write(lambda tx: endpoints.remove(tx, account_id, endpoint_id, now)):
        raise Refusal("not_found", "There is no endpoint of that id in this account.")


async def map_number(
    runtime: Runtime, account_id: str, number_id: str, url: str
) -> tuple[EndpointRow, str | None]:
    """A number's own endpoint of format `meta`. A repetition replaces its address; then no secret is told."""
    given = {"url": url, "format": "meta", "number_id": number_id}
    fresh, secret = _new(runtime, account_id, given, endpoints.MAPPING)

    async def work(tx: Tx) -> EndpointRow:
        known = await _mappings(tx, account_id, number_id)
        if not known:
            await _insert(tx, fresh)
            return fresh
        for twin in known[1:]:
            await endpoints.remove(tx, account_id, twin.id, fresh.updated_at)
        former = await _to_change(tx, account_id, known[0].id)
        moved = changed(former, url=url, updated_at=fresh.updated_at)
        await endpoints.update(tx, moved)
        return await _set_state(tx, moved, "active", None, fresh.updated_at)

    endpoint = await runtime.store.write(work)
    return endpoint, secret if endpoint.id == fresh.id else None


async def unmap_number(runtime: Runtime, account_id: str, number_id: str) -> EndpointRow:
    now = runtime.clock.now()

    async def work(tx: Tx) -> EndpointRow:
        known = await _mappings(tx, account_id, number_id)
        if not known:
            raise Refusal("not_found", "This number is not mapped.")
        for endpoint in known:
            await endpoints.remove(tx, account_id, endpoint.id, now)
        return known[0]

    return await runtime.store.write(work)


async def _mappings(tx: Tx, account_id: str, number_id: str) -> list[EndpointRow]:
    """One, or more where two processes made it at the same moment."""
    rows = await endpoints.of_account(tx, account_id)
    return [row for row in rows if row.created_by == endpoints.MAPPING and row.number_id == number_id]
