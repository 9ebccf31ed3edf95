"""Who may call: keys and the operator's token, and every way in which they may be wrong."""

import asyncio
import statistics
import time
from typing import Any

import pytest

from tests.api.conftest import OPERATOR, TEXT, Site
from trunkline import admin
from trunkline.store import Tx, api_keys
from trunkline.vault import _checksum


@pytest.fixture
def engine() -> str:
    """What a key may do is the same on both; that they keep keys alike is shown by test_office.py."""
    return "sqlite"


@pytest.mark.parametrize("form", ["{}", "Bearer {}", "bearer {}", "BEARER  {}"])
def test_a_key_is_taken_bare_or_as_a_bearer(site: Site, form: str) -> None:
    assert site.send(key=form.format(site.alice.live_key)).status == 200


def test_without_a_key_it_says_where_one_belongs(site: Site) -> None:
    answer = site.send(key=None)
    assert (answer.status, answer.reason) == (401, "key_missing")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "Authorization" in answer.json["error"]["message"]


@pytest.mark.parametrize(
    "query",
    [
        "api_key=x",
        "apikey=x",
        "key=x",
        "access_token=x",
        "a=1&token=x",
        "Authorization=x",
        "q=TL_LIVE_abc",
        "tl_test_abc",
    ],
)
def test_a_key_in_the_address_is_refused_even_beside_a_good_one(site: Site, query: str) -> None:
    answer = site.get(f"/v1/messages?{query}")
    assert (answer.status, answer.reason) == (400, "invalid_request")
    assert answer.problems == [("?", "key_in_query")]


def test_a_mistyped_key_is_refused_without_asking_the_store(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: Any) -> None:
        raise AssertionError("the store was asked")

    key = site.alice.live_key
    typo = key[:-10] + ("x" if key[-10] != "x" else "y") + key[-9:]
    with monkeypatch.context() as patch:
        patch.setattr(type(site.store), "read", never)
        answers = [
            site.send(key=wrong) for wrong in (typo, "tl_live_", "Basic YTpi", "x" * 5000, "schlüssel")
        ]
    assert {(answer.status, answer.reason) for answer in answers} == {(401, "key_invalid")}


def strange_keys(site: Site) -> tuple[str, str]:
    """A key of nobody, and one with the id of alice's whose secret is another: both with a right checksum."""
    unknown = site.runtime.vault.new_api_key(True).token
    known = site.alice.live_key
    body = known[: len("tl_live_") + 26] + unknown[len("tl_live_") + 26 : -6]
    return unknown, body + _checksum(body)


def test_an_unknown_key_and_a_wrong_one_get_the_same_answer(site: Site) -> None:
    unknown, wrong = strange_keys(site)
    first, second = (site.get("/v1/keys", key=key, X_Request_Id="same") for key in (unknown, wrong))
    assert first.status == 401
    assert (first.status, first.raw) == (second.status, second.raw)


def test_an_unknown_key_and_a_wrong_one_take_the_same_time(site: Site) -> None:
    unknown, wrong = strange_keys(site)
    gatekeeper, runs = site.api.gatekeeper, 300

    async def timed(key: str) -> float:
        start = time.perf_counter_ns()
        with pytest.raises(Exception, match="unknown"):
            await gatekeeper._key(key)
        return time.perf_counter_ns() - start

    async def story() -> tuple[float, float]:
        spent: dict[str, list[float]] = {unknown: [], wrong: []}
        for _ in range(runs):
            for key, times in spent.items():
                times.append(await timed(key))
        return statistics.median(spent[unknown]), statistics.median(spent[wrong])

    one, other = site.run(story())
    assert abs(one - other) / max(one, other) < 0.25  # a look-up more would be a multiple


def test_a_revoked_key_stops_at_once_here(site: Site) -> None:
    made = site.post("/v1/keys", {"name": "short-lived"}).json
    assert site.send(key=made["key"]).status == 200
    assert site.call("DELETE", f"/v1/keys/{made['id']}").status == 204
    answer = site.send(key=made["key"])
    assert (answer.status, answer.reason) == (401, "key_invalid")


def test_a_key_that_was_revoked_elsewhere_stops_within_a_second(site: Site) -> None:
    made = site.post("/v1/keys", {"name": "short-lived"}).json
    assert site.send(key=made["key"]).status == 200
    now = site.clock.now()

    async def revoke(tx: Tx) -> bool:
        return await api_keys.revoke(tx, site.alice.account_id, made["id"], now)

    assert site.run(site.store.write(revoke))
    site.advance(0.95)
    assert site.send(key=made["key"]).status == 401


def test_a_key_whose_reading_was_overtaken_by_its_revocation_is_not_remembered(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = site.post("/v1/keys", {"name": "short-lived"}).json
    read, reading, may_go = site.store.read, asyncio.Event(), asyncio.Event()

    async def slow(work: Any) -> Any:
        known = await read(work)
        if isinstance(known, api_keys.ApiKey) and known.id == made["id"]:
            reading.set()
            await may_go.wait()
        return known

    async def story() -> int:
        first = asyncio.create_task(site.asked("GET", "/v1/numbers", key=made["key"]))
        await reading.wait()
        assert (await site.asked("DELETE", f"/v1/keys/{made['id']}")).status == 204
        may_go.set()
        await first
        return (await site.asked("GET", "/v1/numbers", key=made["key"])).status

    with monkeypatch.context() as patch:
        patch.setattr(site.store, "read", slow)
        assert site.run(story()) == 401


def test_a_key_expires(site: Site) -> None:
    _, token = site.run(
        admin.create_key(
            site.admin, site.alice.account_id, "brief", is_live=True, expires_at=site.clock.now() + 5_000
        )
    )
    assert site.send(key=token).status == 200
    site.advance(5.1)
    assert site.send(key=token).reason == "key_invalid"


def test_many_requests_with_one_key_ask_the_store_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    read, asked = site.store.read, []

    async def counted(work: Any) -> Any:
        asked.append(work)
        return await read(work)

    async def story() -> None:
        site.api.gatekeeper._remembered.clear()
        await asyncio.gather(*(site.api.gatekeeper._key(site.alice.live_key) for _ in range(50)))
        await site.api.gatekeeper._key(site.alice.live_key)

    with monkeypatch.context() as patch:
        patch.setattr(site.store, "read", counted)
        site.run(story())
    assert len(asked) == 1


def test_what_is_remembered_of_keys_is_bounded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trunkline.api.auth._MOST_REMEMBERED", 10)

    async def story() -> None:
        for _ in range(35):
            await site.asked("GET", "/v1/numbers", key=site.runtime.vault.new_api_key(True).token)

    site.run(story())
    assert len(site.api.gatekeeper._remembered) <= 10


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/accounts", None),
        ("POST", "/v1/accounts", {"name": "mallory"}),
        ("POST", "/v1/numbers", {}),
    ],
)
def test_what_is_the_operators_is_not_a_customers(site: Site, method: str, path: str, body: Any) -> None:
    before = site.rows()
    answer = site.call(method, path, body)
    assert (answer.status, answer.reason) == (403, "scope_missing")
    assert site.rows() == before
    assert site.call(method, path, body, key=OPERATOR).status != 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/keys"),
        ("DELETE", "/v1/keys/{key}"),
        ("POST", "/v1/numbers/{number}/default"),
        ("POST", "/v1/numbers/{number}/release"),
        ("DELETE", "/v1/numbers/{number}"),
    ],
)
def test_a_test_key_changes_nothing_of_the_account(site: Site, method: str, path: str) -> None:
    before = site.rows()
    address = path.format(key=site.get("/v1/keys").json["data"][0]["id"], number=site.alice.number_id)
    answer = site.call(method, address, {"name": "x"}, key=site.alice.test_key)
    assert (answer.status, answer.reason) == (403, "scope_missing")
    assert site.rows() == before


def test_a_key_acts_for_its_own_account_whatever_account_is_named(site: Site) -> None:
    made = site.send(TEXT, Trunkline_Account="bob")
    assert made.status == 200
    assert site.get(f"/v1/messages/{made.json['id']}", key=site.bob.live_key).status == 404


def test_neither_database_nor_answers_hold_a_key(site: Site, tmp_path: Any) -> None:
    made = site.post("/v1/keys", {"name": "secret"}, Idempotency_Key="k").json
    site.send(key=made["key"])
    assert made["key"] not in site.get("/v1/keys").raw.decode()
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(made["key"].encode() in content for content in files)
