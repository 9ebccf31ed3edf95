"""Endpoints through the front door: adding, changing, secrets, pausing, and the mapping calls of the page."""

from typing import Any

from msgspec.structs import replace

from tests.api.conftest import Site
from trunkline.delivery import endpoints
from trunkline.model import ids
from trunkline.store import endpoints as store_endpoints
from trunkline.store import idempotency
from trunkline.store.endpoints import EndpointRow
from trunkline.store.idempotency import Answered

URL = "https://hooks.example.com/in?from=trunkline"


def added(site: Site, **body: Any) -> dict[str, Any]:
    answer = site.post("/v1/endpoints", {"url": URL} | body)
    assert answer.status == 201, answer.raw
    return dict(answer.json)


def test_an_endpoint_shows_its_secret_once(site: Site) -> None:
    made = added(site)
    assert made["secret"].startswith("whsec_")
    assert (made["format"], made["event_types"], made["state"]) == ("events", ["*"], "active")
    shown = site.get(f"/v1/endpoints/{made['id']}").json
    assert "secret" not in shown
    assert {name: shown[name] for name in made if name != "secret"} == {
        name: value for name, value in made.items() if name != "secret"
    }
    assert [row["id"] for row in site.get("/v1/endpoints").json["data"]] == [made["id"]]
    assert made["secret"] not in site.get("/v1/endpoints").raw.decode()


def test_a_repeated_request_adds_no_second_endpoint_and_gets_no_secret(site: Site) -> None:
    first = site.post("/v1/endpoints", {"url": URL}, Idempotency_Key="k")
    again = site.post("/v1/endpoints", {"url": URL}, Idempotency_Key="k")
    assert (first.status, again.status, again.headers["Idempotency-Replayed"]) == (201, 201, "true")
    assert "rotate-secret" in again.json["hint"]
    assert again.json == first.json | {"secret": None, "hint": again.json["hint"]}
    assert len(site.get("/v1/endpoints").json["data"]) == 1
    kept = site.run(site.store.read(lambda tx: idempotency.recall(tx, site.alice.account_id, "k")))
    assert kept is not None
    assert b"whsec_" not in kept.body
    other = site.post("/v1/endpoints", {"url": f"{URL}&b"}, Idempotency_Key="k")
    assert (other.status, other.reason) == (422, "idempotency_mismatch")
    refused = site.post("/v1/endpoints", {"url": URL, "format": "x"}, Idempotency_Key="l")
    assert refused.status == 400
    assert site.post("/v1/endpoints", {"url": URL}, Idempotency_Key="l").status == 201


def test_the_first_of_two_processes_that_have_one_key_adds_the_endpoint(site: Site) -> None:
    def answer_of(row: EndpointRow) -> Answered:
        return Answered(row.account_id, "k", b"m", 201, row.id.encode(), row.created_at)

    def add() -> Any:
        return site.run(endpoints.add_once(site.runtime, site.alice.account_id, {"url": URL}, answer_of))

    row, _ = add()
    assert add().body == row.id.encode()
    assert len(site.get("/v1/endpoints").json["data"]) == 1


def test_what_is_not_named_in_a_change_stays_and_null_clears(site: Site) -> None:
    made = added(site, number_id=site.alice.number_id, per_second=5, is_ordered=True, batch_size=10)
    path = f"/v1/endpoints/{made['id']}"
    site.advance(1)
    changed = site.call("PATCH", path, {"event_types": ["message.*", "number.held"], "per_second": None})
    assert changed.status == 200
    assert (changed.json["event_types"], changed.json["per_second"]) == (["message.*", "number.held"], None)
    assert (changed.json["number_id"], changed.json["is_ordered"]) == (site.alice.number_id, True)
    assert changed.json["updated_at"] > made["updated_at"]
    assert site.call("PATCH", path, {"number_id": None}).json["number_id"] is None
    assert site.get(path).json["url"] == URL


def test_a_rotation_keeps_the_former_secret_for_its_overlap(site: Site) -> None:
    made = added(site)
    path = f"/v1/endpoints/{made['id']}/rotate-secret"
    rotated = site.post(path).json
    assert rotated["secret"] not in ("", made["secret"])
    assert rotated["former_secret_until"] is not None
    site.advance(24 * 3600 + 1)
    assert site.get(f"/v1/endpoints/{made['id']}").json["former_secret_until"] is None
    assert site.post(path, {"overlap_hours": 0}).json["former_secret_until"] is None
    assert site.post(path, {"overlap_hours": 169}).problems == [("/overlap_hours", "out_of_range")]


def events_of(site: Site, endpoint_id: str) -> list[tuple[str, str | None]]:
    found = site.get(f"/v1/events?object_id={endpoint_id}").json["data"]
    return [(event["type"], event["data"]["state_reason"]) for event in found]


def test_pausing_and_enabling_are_told_once_each(site: Site) -> None:
    made = added(site)
    path = f"/v1/endpoints/{made['id']}"
    for _ in range(2):
        paused = site.post(f"{path}/pause").json
        assert (paused["state"], paused["state_reason"]) == ("paused", "owner")
    assert site.post(f"{path}/test").reason == "wrong_state"
    for _ in range(2):
        assert site.post(f"{path}/enable").json["state"] == "active"
    assert events_of(site, made["id"]) == [("endpoint.paused", "owner"), ("endpoint.recovered", None)]


def test_a_test_is_an_event_of_that_endpoint(site: Site) -> None:
    made = added(site)
    site.post(f"/v1/endpoints/{made['id']}/test")
    told = site.post(f"/v1/endpoints/{made['id']}/test")
    assert (told.status, told.json["type"], told.json["sequence"]) == (202, "endpoint.test", 2)
    assert told.json["data"]["url"] == URL
    assert site.get(f"/v1/events/{told.json['id']}").json == told.json


# -- the page's own calls ---------------------------------------------------------------------------------

DIGITS = "15550001001"


def mapping(**changes: Any) -> dict[str, Any]:
    body = {"url": URL, "waba_number": DIGITS, "phone_number_id": f"9{DIGITS}", "headers": False}
    return body | changes


def test_a_mapping_is_an_endpoint_of_its_number(site: Site) -> None:
    made = site.post("/webhook/mapping", mapping())
    assert made.status == 201
    assert made.json["secret"].startswith("whsec_")
    shown = site.get(f"/v1/endpoints/{made.json['id']}").json
    assert (shown["format"], shown["number_id"], shown["created_by"], shown["url"]) == (
        "meta", site.alice.number_id, "mapping", URL,
    )  # fmt: skip


def test_a_repeated_mapping_replaces_the_address_and_enables_it(site: Site) -> None:
    made = site.post("/webhook/mapping", mapping()).json
    site.post(f"/v1/endpoints/{made['id']}/pause")
    again = site.post(
        "/webhook/mapping", mapping(url="https://other.example.com/", waba_number="+15550001001")
    )
    assert (again.status, again.json["id"], again.json["url"]) == (
        200, made["id"], "https://other.example.com/",
    )  # fmt: skip
    assert again.json["state"] == "active"
    assert len(site.get("/v1/endpoints").json["data"]) == 1
    told = site.get(f"/v1/events?object_id={made['id']}").json["data"][-1]
    assert (told["type"], told["data"]["url"]) == ("endpoint.recovered", "https://other.example.com/")


def test_of_two_mappings_of_a_number_a_repetition_leaves_one(site: Site) -> None:
    """Two processes can have made them at the same moment."""
    made = site.post("/webhook/mapping", mapping()).json
    row = site.run(endpoints.find(site.runtime, site.alice.account_id, made["id"]))
    twin = replace(row, id=ids.new_id(ids.ENDPOINT))
    site.run(site.store.write(lambda tx: store_endpoints.insert(tx, twin)))
    site.post("/webhook/mapping", mapping(url="https://other.example.com/"))
    [left] = site.get("/v1/endpoints").json["data"]
    assert left["url"] == "https://other.example.com/"


def test_an_unmapped_number_has_no_endpoint_any_more(site: Site) -> None:
    made = site.post("/webhook/mapping", mapping()).json
    added(site, format="meta", number_id=site.alice.number_id)  # not a mapping: it stays
    ended = site.call("DELETE", f"/webhook/mapping/{DIGITS}")
    assert (ended.status, ended.json) == (200, {"id": made["id"], "removed": True})
    assert site.call("DELETE", f"/webhook/mapping/{DIGITS}").status == 404
    assert len(site.get("/v1/endpoints").json["data"]) == 1
