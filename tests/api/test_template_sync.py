"""Reading a provider's templates: what is found, what is gone, and what goes on at the same time."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import OPERATOR, Site, number_form
from tests.api.scripted_templates import (
    WABA,
    events,
    made,
    names,
    of_one_engine,
    refusal,
    scripted,
    synced,
    theirs,
)
from tests.stores import quick_store
from trunkline import admin
from trunkline.channels.template_contract import TemplateError, TemplateNews, TemplatePage
from trunkline.membership import Membership
from trunkline.store import Store, Tx, templates
from trunkline.templates.register import Place, Source, apply_news, apply_templates
from trunkline.templates.sync import CALLS_AN_HOUR, TemplateSync

OTHER = "Dear {{1}}, the order {{2}} will be with you tomorrow."


@of_one_engine
def test_another_number_of_the_account_asks_when_one_may_not(site: Site) -> None:
    provider = scripted(site)
    other = number_form("15550001009", phone_number_id="99", token="another-token")
    site.run(admin.register_number(site.admin, site.alice.account_id, other))
    site.run(site.runtime.directory.reload())
    provider.faults = [refusal(190, "hold_number", "operator")]
    synced(site)
    assert [asked[1] for asked in provider.asked if asked[0] == "page"][:2] == [
        "provider-token-of-the-tests", "another-token",
    ]  # fmt: skip


@of_one_engine
def test_one_that_took_anothers_name_behind_our_back_is_another(site: Site) -> None:
    provider = scripted(site)
    first = made(site)
    del provider.known[first["provider_id"]]
    theirs(provider, "order_update")
    site.advance(1)
    synced(site)
    [now] = site.get("/v1/templates").json["data"]
    assert (now["id"] != first["id"], now["provider_id"]) == (True, "90")
    assert site.get(f"/v1/templates/{first['id']}").json["removed_at"] is not None


@of_one_engine
def test_a_first_reading_tells_nobody_and_later_ones_do(site: Site) -> None:
    provider = scripted(site)
    theirs(provider, "there_before")
    synced(site)
    assert (names(site), events(site)) == (["there_before"], [])
    theirs(provider, "new_one")
    site.advance(1)
    synced(site)
    [event] = events(site)
    assert (event["name"], event["source"]) == ("new_one", "sync")
    synced(site)
    assert len(events(site)) == 1


@of_one_engine
def test_a_reading_goes_on_where_a_fault_broke_it_off(site: Site) -> None:
    provider = scripted(site)
    provider.page_size = 2
    for n in range(5):
        theirs(provider, f"t{n}")
    provider.faults = [None, TemplateError("no answer in time")]
    sync = TemplateSync(site.runtime, Membership(site.runtime))
    synced(site, sync)
    asked = [what[2] for what in provider.asked if what[0] == "page"]
    assert asked == [None, "2", None, "2", "4"]  # alice's, of which one failed, then all of bob's
    assert sorted(names(site)) == ["t0", "t1"]
    [row] = site.post("/v1/templates/sync").json["data"]
    assert (row["synced_at"], row["detail"]) == (None, "no answer in time")
    synced(site, sync)
    assert sorted(names(site)) == ["t0", "t1", "t2", "t3", "t4"]
    assert [what[2] for what in provider.asked if what[0] == "page"][5:7] == ["2", "4"]


def test_a_list_that_comes_short_removes_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than are asked for one by one."""
    provider = scripted(site)
    all_names = [f"t{n:02}" for n in range(15)]
    for name in all_names:
        theirs(provider, name)
    synced(site)
    site.advance(1)
    monkeypatch.setattr(type(provider), "page", _first_page_alone)
    synced(site)
    assert sorted(names(site)) == all_names
    for id_ in list(provider.known)[1:]:
        del provider.known[id_]
    site.advance(1)
    synced(site)
    assert names(site) == ["t00"]
    assert [event["status"] for event in events(site)] == ["DELETED"] * 14


@of_one_engine
def test_of_many_that_are_missing_each_is_missed_twice(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten were deleted, and as the rest moved up while it was read one is on no page."""
    provider = scripted(site)
    for n in range(12):
        theirs(provider, f"t{n:02}")
    synced(site)
    site.advance(1)
    provider.known = dict(list(provider.known.items())[10:])
    pages = [TemplatePage(list(provider.known.values())[1:], None)]

    async def page(self: Any, number: Any, after: Any) -> Any:
        return pages.pop() if pages else TemplatePage(list(self.known.values()), None)

    monkeypatch.setattr(type(provider), "page", page)
    synced(site)
    assert sorted(names(site)) == ["t10", "t11"]


async def _first_page_alone(self: Any, number: Any, after: Any) -> Any:
    return TemplatePage(list(self.known.values())[:1], None)


def test_one_deleted_while_a_page_is_read_does_not_come_back(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider, one = scripted(site), made(site)
    site.advance(1)
    as_asked = TemplatePage(list(provider.known.values()), None)

    async def page(self: Any, number: Any, after: Any) -> Any:
        if one["provider_id"] in self.known:
            path = f"/v1/templates/{one['id']}"
            assert (await site.asked("DELETE", path)).status == 204
        return as_asked

    monkeypatch.setattr(type(provider), "page", page)
    told = len(events(site))
    synced(site)
    assert (names(site), len(events(site))) == ([], told + 1)


def test_one_that_is_going_leaves_its_name_to_another_on_the_same_page(site: Site) -> None:
    provider, one = scripted(site), made(site)
    provider.becomes(one["provider_id"], status="PENDING_DELETION")
    id_ = theirs(provider, one["name"])
    site.advance(1)
    synced(site)
    assert [one["provider_id"] for one in site.get("/v1/templates").json["data"]] == [id_]
    assert [event["status"] for event in events(site)][-2:] == ["PENDING_DELETION", "APPROVED"]


@of_one_engine
def test_what_waits_to_be_read_keeps_no_other_account_waiting(site: Site) -> None:
    """And of many that a webhook told of a whole reading comes instead."""
    scripted(site)
    synced(site)
    site.advance(3600)
    alice, bob = (Place(tenant.account_id, WABA) for tenant in (site.alice, site.bob))
    sync = TemplateSync(site.runtime, Membership(site.runtime))
    for _ in range(CALLS_AN_HOUR):
        sync._pace.take(alice.account_id, WABA, site.runtime.clock.monotonic())
    before = site.runtime.clock.now()

    async def work() -> None:
        sync.start()
        for n in range(40):
            sync.read_soon(alice.account_id, WABA, str(n))
            sync.read_soon(alice.account_id, "not-ours", str(n))
        async with asyncio.timeout(5):
            while (await _synced_at(site, bob)) < before:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert sum(isinstance(key, tuple) for key in sync._running) <= 21
        assert alice in sync._running
        await sync.stop()

    site.run(work())


@of_one_engine
def test_that_it_was_deleted_counts_however_late_it_is_told(site: Site) -> None:
    """An id does not come back; a clock of ours that is ahead makes such news look old."""
    one, place = made(site), Place(site.alice.account_id, WABA)
    news = TemplateNews(provider_id=one["provider_id"], status="DELETED")
    source = Source(word="webhook", at=site.clock.now() - 60_000)
    assert not site.run(site.store.write(lambda tx: apply_news(tx, place, news, source, site.clock.now())))
    assert names(site) == []


@of_one_engine
def test_what_changed_again_while_it_was_read_is_read_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider, one = scripted(site), made(site)
    sync, asked = TemplateSync(site.runtime, Membership(site.runtime)), asyncio.Queue[asyncio.Event]()
    told = (site.alice.account_id, WABA, one["provider_id"])

    async def read(self: Any, number: Any, provider_id: str) -> Any:
        answer, gate = self.known[provider_id], asyncio.Event()
        await asked.put(gate)
        await gate.wait()
        return answer

    async def work() -> None:
        sync.start()
        sync.read_soon(*told)
        async with asyncio.timeout(5):
            first = await asked.get()
            provider.becomes(one["provider_id"], status="PAUSED")
            sync.read_soon(*told)
            first.set()
            (await asked.get()).set()
            while sync._running:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await sync.stop()

    monkeypatch.setattr(type(provider), "read", read)
    site.run(work())
    assert site.get(f"/v1/templates/{one['id']}").json["status"] == "PAUSED"


@pytest.fixture
def another(site: Site) -> Iterator[Store]:
    """The store as another process has it; of SQLite there is but one."""
    if site.store.engine == "sqlite":
        yield site.store
        return
    store = site.run(quick_store(site._store_url, Path(site.settings.data), site.clock.now()))
    yield store
    site.run(store.close())


def test_what_two_processes_find_at_the_same_time_is_told_once(site: Site, another: Store) -> None:
    provider = scripted(site)
    synced(site)
    for n in range(20):
        theirs(provider, f"t{n}")
    place, now, told = Place(site.alice.account_id, WABA), site.clock.now(), list(provider.known.values())
    source = Source(word="sync", at=now)

    async def apply(tx: Tx) -> None:
        await apply_templates(tx, place, told, source, provider.same, now)

    async def work() -> None:
        await asyncio.gather(site.store.write(apply), another.write(apply))

    site.run(work())
    assert sorted(event["name"] for event in events(site)) == sorted(one.name for one in told)


def test_whoever_asks_while_a_reading_is_written_down_is_heard(
    site: Site, another: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From another process, in the middle of the transaction."""
    if another is site.store:
        return  # there is no other, and one writer
    scripted(site)
    synced(site)
    site.advance(1)
    now, known, asking = site.clock.now(), templates.sync_of, []

    async def sync_of(tx: Tx, account_id: str, waba_id: str) -> Any:
        row = await known(tx, account_id, waba_id)
        work = another.write(lambda tx: templates.ask_sync(tx, account_id, waba_id, now))
        asking.append(asyncio.create_task(work))
        await asyncio.wait(asking, timeout=0.2)
        return row

    monkeypatch.setattr(templates, "sync_of", sync_of)
    synced(site)
    site.run(asyncio.wait(asking))
    rows = site.run(site.store.read(lambda tx: templates.syncs(tx, site.alice.account_id)))
    assert [row.due_at for row in rows] == [now]


def test_of_a_long_history_the_newest_is_kept(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "KEPT_CHANGES", 3)
    provider, one = scripted(site), made(site)
    for score in ("RED", "GREEN", "YELLOW"):
        provider.becomes(one["provider_id"], quality=score)
        synced(site)
    history = site.get(f"/v1/templates/{one['id']}").json["history"]
    assert [(step["n"], step["changes"]["quality"][1]) for step in history] == [
        (5, "YELLOW"), (4, "GREEN"), (3, "RED"),
    ]  # fmt: skip


async def _synced_at(site: Site, place: Place) -> int:
    row = await site.store.read(lambda tx: templates.sync_of(tx, place.account_id, place.waba_id))
    return row.synced_at or 0 if row else 0


@of_one_engine
def test_a_number_that_is_registered_has_its_templates_read_at_once(site: Site) -> None:
    scripted(site)
    synced(site)
    site.advance(1)
    body = {
        "from": "15550001001", "phone_number_id": "915550001001", "waba_id": WABA, "token": "new",
        "app_id": "1", "app_secret": "s", "base_url": "http://127.0.0.1:9",
    }  # fmt: skip
    answer = site.post("/v1/numbers", body, key=OPERATOR, Trunkline_Account="alice")
    assert answer.status == 200, answer.raw
    [row] = site.run(site.store.read(lambda tx: templates.syncs(tx, site.alice.account_id)))
    assert row.synced_at is not None
    assert row.synced_at < row.due_at <= site.clock.now()
