"""The log of an endpoint's deliveries, and replays: by id, by time, only what failed, once for each key."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.api.conftest import Site
from tests.api.test_endpoints import added
from trunkline.store import deliveries, delivery_log, events
from trunkline.store.deliveries import Attempt, Kept, Tried
from trunkline.store.events import EventRow


def told(site: Site, count: int) -> list[EventRow]:
    """So many events of the account, one after the other."""
    made = added(site)
    for _ in range(count):
        site.post(f"/v1/endpoints/{made['id']}/test")
    return site.run(site.store.read(lambda tx: events.after(tx, site.alice.account_id, "", 1_000)))


def tried(site: Site, endpoint_id: str, rows: Sequence[EventRow], **outcome: Any) -> None:
    """One post for each of these, as the deliverer records it."""
    now = site.clock.now()
    values = {
        "outcome": "delivered",
        "http_status": 200,
        "detail": None,
        "answer": "ok",
        "state": None,
    } | outcome
    state = values.pop("state")
    for row in rows:
        attempt = Attempt(
            event_id=row.id, post_id="pst_1", at=now, took_ms=3, request='{"body":"x"}', **values
        )
        kept = Kept(event_id=row.id, lane=None, state=state or "", tries=1, first_at=now, next_at=now + 5_000)
        one = Tried(
            account_id=row.account_id, endpoint_id=endpoint_id, epoch=0, now=now, position=row.id,
            failing_since=None, failures=0, probe_at=None, attempts=[attempt], kept=[kept] if state else [],
        )  # fmt: skip
        assert site.run(site.store.write(lambda tx, one=one: deliveries.record(tx, [one]))) == [True]


def states(site: Site, path: str, query: str = "") -> list[tuple[str, str, bool]]:
    found = site.get(f"{path}/deliveries{query}").json["data"]
    return [(row["event_id"], row["state"], row["is_replay"]) for row in found]


def test_the_log_tells_of_every_try_in_pages(site: Site) -> None:
    endpoint_id, rows = added(site)["id"], told(site, 3)
    path = f"/v1/endpoints/{endpoint_id}"
    tried(site, endpoint_id, rows[:2], outcome="failed", http_status=500, detail="HTTP 500", answer="<b>no")
    tried(site, endpoint_id, rows)
    first = site.get(f"{path}/attempts?limit=2")
    assert [(row["event_id"], row["n"], row["outcome"]) for row in first.json["data"]] == [
        (rows[2].id, 1, "delivered"),
        (rows[1].id, 2, "delivered"),
        (rows[1].id, 1, "failed"),
    ]
    assert 'rel="next"' in first.headers["Link"]
    second = site.get(f"{path}/attempts?limit=2&after={first.json['paging']['next']}").json
    assert [row["event_id"] for row in second["data"]] == [rows[0].id, rows[0].id]
    assert second["paging"]["next"] is None
    [last, failed] = site.get(f"{path}/attempts?event_id={rows[0].id}").json["data"]
    assert (failed["detail"], failed["http_status"], failed["answer"], failed["request"]) == (
        "HTTP 500", 500, "<b>no", '{"body":"x"}',
    )  # fmt: skip
    assert last["outcome"] == "delivered"
    assert site.get(f"{path}/attempts", key=site.bob.live_key).status == 404


def test_deliveries_are_listed_by_state(site: Site) -> None:
    endpoint_id, rows = added(site)["id"], told(site, 3)
    path = f"/v1/endpoints/{endpoint_id}"
    failed = {"outcome": "failed", "http_status": None, "detail": "no answer", "answer": None}
    tried(site, endpoint_id, rows[:1], state="dead", **failed)
    tried(site, endpoint_id, rows[1:], state="waiting", **failed)
    assert states(site, path, "?state=dead") == [(rows[0].id, "dead", False)]
    page = site.get(f"{path}/deliveries?limit=2").json
    assert [row["event_id"] for row in page["data"]] == [rows[2].id, rows[1].id]
    assert all(row["next_at"] and row["type"] == "endpoint.test" for row in page["data"])
    [rest] = site.get(f"{path}/deliveries?limit=2&after={page['paging']['next']}").json["data"]
    assert (rest["event_id"], rest["next_at"]) == (rows[0].id, None)
    standing = site.get(path).json
    assert (standing["waiting"], standing["dead"], standing["position"]) == (2, 1, rows[2].id)


def test_an_endpoint_says_how_many_events_it_has_yet_to_get(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint_id = added(site, event_types=["endpoint.paused"])["id"]
    other = f"/v1/endpoints/{added(site)['id']}"
    path = f"/v1/endpoints/{endpoint_id}"
    assert [site.get(path).json[name] for name in ("pending", "pending_is_at_least")] == [0, False]
    for _ in range(3):
        site.post(f"{other}/pause")
        site.post(f"{other}/enable")
    site.post(f"{path}/test")
    site.post(f"{other}/test")
    rows = site.run(site.store.read(lambda tx: events.after(tx, site.alice.account_id, "", 1_000)))
    assert [site.get(path).json[name] for name in ("pending", "waiting")] == [4, 0]
    tried(site, endpoint_id, rows[:1], state="waiting", outcome="failed")
    assert [site.get(path).json[name] for name in ("pending", "waiting")] == [4, 1]
    tried(site, endpoint_id, rows[1:3])
    assert site.get(path).json["pending"] == 3
    monkeypatch.setattr(delivery_log, "MOST_COUNTED", 3)
    assert [site.get(path).json[name] for name in ("pending", "pending_is_at_least")] == [2, True]


def test_what_waits_comes_at_once_when_its_endpoint_is_enabled(site: Site) -> None:
    endpoint_id, rows = added(site)["id"], told(site, 1)
    path = f"/v1/endpoints/{endpoint_id}"
    tried(site, endpoint_id, rows, state="waiting", outcome="failed")
    site.post(f"{path}/pause")
    site.post(f"{path}/enable")
    [row] = site.get(f"{path}/deliveries").json["data"]
    assert row["next_at"] <= site.get(path).json["updated_at"]  # it was five seconds later


def test_events_are_replayed_by_id_under_their_own_id(site: Site) -> None:
    endpoint_id, rows = added(site)["id"], told(site, 3)
    path = f"/v1/endpoints/{endpoint_id}"
    tried(site, endpoint_id, rows)
    answer = site.post(f"{path}/replay", {"event_ids": [rows[1].id]})
    assert (answer.status, answer.json) == (200, {"replayed": 1})
    assert states(site, path) == [(rows[1].id, "waiting", True)]
    unknown = [rows[0].id, "evt_00000000000000000000000000"]
    assert site.post(f"{path}/replay", {"event_ids": unknown}).problems == [("/event_ids/1", "unknown_event")]
    assert len(states(site, path)) == 1


def test_a_replay_leaves_out_what_metas_format_has_no_shape_for(site: Site) -> None:
    endpoint_id, path = added(site, format="meta")["id"], f"/v1/endpoints/{added(site)['id']}"
    for what in ("test", "pause"):
        site.post(f"{path}/{what}")
    rows = site.run(site.store.read(lambda tx: events.after(tx, site.alice.account_id, "", 10)))
    tried(site, endpoint_id, rows)
    body = {"event_ids": [row.id for row in rows]}
    answer = site.post(f"/v1/endpoints/{endpoint_id}/replay", body)
    assert ([row.type for row in rows], answer.json) == (
        ["endpoint.test", "endpoint.paused"],
        {"replayed": 1},
    )


def test_a_stretch_of_time_is_replayed_of_what_the_endpoint_asks_for(site: Site) -> None:
    made = added(site)
    told(site, 1)
    path = f"/v1/endpoints/{made['id']}"
    site.post(f"{path}/test")  # its own, which comes again only by id
    rows = site.run(site.store.read(lambda tx: events.after(tx, site.alice.account_id, "", 1_000)))
    site.until(site.accepted(), "submitted")
    found = site.run(site.store.read(lambda tx: events.after(tx, site.alice.account_id, rows[-1].id, 1_000)))
    assert [row.type for row in found] == ["message.submitted"]
    tried(site, made["id"], [*rows, *found])
    assert site.post(f"{path}/replay", {"until": "2020-01-01T00:00:00Z"}).json == {"replayed": 0}
    assert site.post(f"{path}/replay", {"since": "2020-01-01T00:00:00Z"}).json == {"replayed": len(found)}
    assert {row[0] for row in states(site, path)} == {row.id for row in found}  # no tests


def test_only_what_failed_is_replayed_and_once_for_each_key(site: Site) -> None:
    endpoint_id, tests = added(site)["id"], told(site, 1)
    path = f"/v1/endpoints/{endpoint_id}"
    other = added(site)["id"]
    for what in ("pause", "enable"):
        site.post(f"/v1/endpoints/{other}/{what}")
    rows = site.run(site.store.read(lambda tx: events.after(tx, site.alice.account_id, tests[0].id, 10)))
    tried(site, endpoint_id, [*tests, rows[0]], state="dead", outcome="failed")
    tried(site, endpoint_id, rows[1:])
    first = site.post(f"{path}/replay", {"failed_only": True}, Idempotency_Key="k")
    assert first.json == {"replayed": 1}
    assert states(site, path) == [(rows[0].id, "waiting", True), (tests[0].id, "dead", False)]
    again = site.post(f"{path}/replay", {"failed_only": True}, Idempotency_Key="k")
    assert (again.json, again.headers["Idempotency-Replayed"]) == ({"replayed": 1}, "true")
    other = site.post(f"{path}/replay", {"since": "2020-01-01T00:00:00Z"}, Idempotency_Key="k")
    assert other.reason == "idempotency_mismatch"


def test_a_replay_says_which(site: Site) -> None:
    path = f"/v1/endpoints/{added(site)['id']}/replay"
    both: dict[str, Any] = {"event_ids": ["evt_00000000000000000000000000"], "failed_only": True}
    assert site.post(path, {}).problems == [("", "exactly_one")]
    unknown = ("/event_ids/0", "unknown_event")
    assert site.post(path, both).problems == [("", "exactly_one"), unknown]
    assert site.post(path, {"since": "yesterday"}).problems == [("/since", "format")]
    wrong = site.post(path, {"since": "now", "x": 1, "event_ids": [*both["event_ids"], "evt_nope", 5]})
    assert set(wrong.problems) == {
        ("/since", "format"), ("/x", "unknown_member"), ("", "exactly_one"), unknown,
        ("/event_ids/1", "format"), ("/event_ids/2", "type"),
    }  # fmt: skip
    assert all("expected" in problem for problem in wrong.json["problems"])
    turned = site.post(path, {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"})
    assert turned.problems == [("/until", "out_of_range")]
