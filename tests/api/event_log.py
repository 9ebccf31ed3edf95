"""Events for tests: written into alice's log, and read back over the API."""

from typing import Any

from tests.api.conftest import Site
from trunkline.model.events import NewEvent


def event(site: Site, type_: str, object_id: str = "con_1", **more: Any) -> NewEvent:
    values = {"at": site.clock.now(), "data": '{"id":"x","at":1795366800123}', **more}
    return NewEvent(account_id=site.alice.account_id, type=type_, object_id=object_id, **values)


def emit(site: Site, *events: NewEvent) -> None:
    async def work(tx: Any) -> None:
        tx.emit(*events)

    site.run(site.store.write(work))


def listed(site: Site, query: str = "", **how: Any) -> list[dict[str, Any]]:
    answer = site.get(f"/v1/events?{query}", **how)
    assert answer.status == 200, answer.raw
    data: list[dict[str, Any]] = answer.json["data"]
    return data


def types(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]
