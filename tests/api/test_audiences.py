"""Lists and segments through the front door, on both engines."""

import csv
import io
from typing import Any

import pytest

from tests.api.conftest import Site
from tests.api.people import wrote
from trunkline.audiences import members
from trunkline.model.campaign import Audience

ADA, BEN, CAT = "15550002222", "15550003333", "491511234567"


@pytest.fixture
def people(site: Site) -> dict[str, str]:
    """Phone → id."""
    rows = [
        {
            "phone": ADA,
            "name": "Ada",
            "tags": ["vip"],
            "language": "en_GB",
            "attributes": {"plan": "gold", "age": 36},
        },
        {
            "phone": BEN,
            "name": "Ben",
            "tags": ["vip", "late"],
            "attributes": {"plan": "Tin", "since": "2026-03-01"},
        },
        {
            "phone": CAT,
            "name": "Cat",
            "language": "de",
            "attributes": {"age": "9", "big": "10000000000000000000001"},
        },
    ]
    ids = site.post("/v1/contacts/bulk", {"contacts": rows}).json["ids"]
    return dict(zip((ADA, BEN, CAT), ids, strict=True))


def counted(site: Site, rule: Any) -> list[str]:
    answer = site.post("/v1/segments/count", {"rule": rule})
    assert answer.status == 200, answer.raw
    assert answer.json["count"] == len(answer.json["examples"])
    assert answer.json["is_complete"]
    return [one["phone"] for one in answer.json["examples"]]


def test_a_list_is_made_named_filled_and_removed(site: Site, people: dict[str, str]) -> None:
    made = site.post("/v1/lists", {"name": "guests"})
    assert (made.status, made.json["members"]) == (201, 0)
    path = f"/v1/lists/{made.json['id']}"
    assert site.post("/v1/lists", {"name": "guests"}).status == 409
    body = {"add": [people[ADA], f"+{BEN}", "15550009999"], "remove": [CAT]}
    changed = site.post(f"{path}/members", body).json
    assert changed == {"added": 2, "removed": 0, "unknown": ["15550009999"]}
    assert [one["address"] for one in site.get(f"{path}/members").json["data"]] == [ADA, BEN]
    assert site.post(f"{path}/members", {"remove": [ADA]}).json["removed"] == 1
    assert site.call("PATCH", path, {"name": "friends"}).json["members"] == 1
    assert [one["name"] for one in site.get("/v1/lists").json["data"]] == ["friends"]
    assert site.call("DELETE", path).status == 204
    assert site.get(path).status == 404
    assert site.get(f"/v1/contacts/{BEN}").status == 200


def test_members_of_a_list_come_in_pages(site: Site, people: dict[str, str]) -> None:
    list_id = site.post("/v1/lists", {"name": "all"}).json["id"]
    site.post(f"/v1/lists/{list_id}/members", {"add": [CAT, BEN, ADA]})
    first = site.get(f"/v1/lists/{list_id}/members?limit=2").json
    rest = site.get(f"/v1/lists/{list_id}/members?limit=2&after={first['paging']['next']}").json
    assert [one["contact"]["name"] for one in first["data"] + rest["data"]] == ["Ada", "Ben", "Cat"]
    assert rest["paging"]["next"] is None


RULES: list[tuple[dict[str, Any], list[str]]] = [
    ({"all": []}, [ADA, BEN, CAT]),
    ({"any": []}, []),
    ({"tag": "vip"}, [ADA, BEN]),
    ({"all": [{"tag": "vip"}, {"not": {"tag": "late"}}]}, [ADA]),
    ({"any": [{"tag": "late"}, {"language": "de"}]}, [BEN, CAT]),
    ({"attribute": "plan", "is": "GOLD"}, [ADA]),
    ({"attribute": "plan", "is_not": "gold"}, [BEN, CAT]),
    ({"attribute": "plan", "one_of": ["tin", "gold"]}, [ADA, BEN]),
    ({"attribute": "name", "contains": "a"}, [ADA, CAT]),
    ({"attribute": "age", "more_than": 10}, [ADA]),
    ({"attribute": "age", "less_than": "10"}, [CAT]),
    ({"attribute": "big", "more_than": "10000000000000000000000"}, [CAT]),
    ({"attribute": "since", "less_than": "2026-03-02"}, [BEN]),
    ({"attribute": "plan", "exists": False}, [CAT]),
    ({"language": "en"}, [ADA]),
    ({"language": "en_US"}, []),
    ({"country": "DE"}, [CAT]),
    ({"country": "US"}, [ADA, BEN]),
    ({"created_within_days": 1}, [ADA, BEN, CAT]),
]


def test_a_rule_holds_for_those_whom_it_means(site: Site, people: dict[str, str]) -> None:
    for rule, expected in RULES:
        assert counted(site, rule) == expected, rule


def test_rules_ask_what_people_did(site: Site, people: dict[str, str]) -> None:
    wrote(site, ADA)
    site.advance(25 * 3600)
    wrote(site, BEN)
    message = site.accepted(to=CAT)
    site.until(message, "submitted")
    said = {"purpose": "marketing", "source": "shop"}
    site.post("/v1/consents", said | {"to": ADA, "action": "granted"})
    site.post("/v1/consents", said | {"to": BEN, "action": "granted"})
    site.post("/v1/consents", said | {"to": BEN, "action": "withdrawn"})
    site.post("/v1/suppressions", {"to": CAT, "scope": "marketing"})
    list_id = site.post("/v1/lists", {"name": "some"}).json["id"]
    site.post(f"/v1/lists/{list_id}/members", {"add": [ADA, CAT]})
    assert counted(site, {"window": "open"}) == [BEN]
    assert counted(site, {"window": "closed"}) == [ADA, CAT]
    assert counted(site, {"wrote_within_days": 1}) == [BEN]
    assert counted(site, {"wrote_within_days": 2}) == [ADA, BEN]
    assert counted(site, {"opted_in": "marketing"}) == [ADA]
    assert counted(site, {"opted_out": "marketing"}) == [CAT]
    assert counted(site, {"opted_out": "all"}) == []
    assert counted(site, {"list": list_id}) == [ADA, CAT]
    assert counted(site, {"not": {"list": list_id}}) == [BEN]
    assert counted(site, {"received_within_days": 1}) == []


def test_a_segment_is_kept_changed_and_asked_anew(site: Site, people: dict[str, str]) -> None:
    rule = {"all": [{"tag": "vip"}]}
    made = site.post("/v1/segments", {"name": "best", "rule": rule})
    assert (made.status, made.json["rule"]) == (201, rule)
    path = f"/v1/segments/{made.json['id']}"
    assert site.get(f"{path}/count").json["count"] == 2
    site.call("PATCH", f"/v1/contacts/{CAT}", {"add_tags": ["vip"]})
    first = site.get(f"{path}/members?limit=2").json
    rest = site.get(f"{path}/members?limit=2&after={first['paging']['next']}").json
    assert [one["name"] for one in first["data"] + rest["data"]] == ["Ada", "Ben", "Cat"]
    assert site.call("PATCH", path, {"rule": {"tag": "late"}}).json["rule"] == {"tag": "late"}
    assert site.get(f"{path}/count").json["count"] == 1
    assert site.post("/v1/segments", {"name": "best", "rule": rule}).status == 409
    assert site.call("DELETE", path).status == 204
    assert site.get(path).status == 404


def test_every_problem_of_a_rule_is_named_by_its_place(site: Site) -> None:
    rule = {
        "all": [
            {"tag": 1},
            {"attribute": "a"},
            {"attribute": "a", "is": "x", "contains": "y"},
            {"attribute": "a", "more_than": "tall"},
            {"any": [{"colour": "red"}, {"list": "lst_1"}, {"window": "ajar"}]},
            {"tag": "a", "language": "de"},
        ]
    }
    wide = {"any": [{"all": [{"tag": "a"}] * 50}] * 5}
    assert site.post("/v1/segments/count", {"rule": wide}).problems == [("/rule", "too_many")]
    assert site.post("/v1/segments/count", {"rule": rule}).problems == [
        ("/rule/all/0/tag", "type"),
        ("/rule/all/1", "one_of"),
        ("/rule/all/2", "one_of"),
        ("/rule/all/3/more_than", "format"),
        ("/rule/all/4/any/0", "one_of"),
        ("/rule/all/4/any/1/list", "format"),
        ("/rule/all/4/any/2/window", "one_of"),
        ("/rule/all/5/language", "unknown_member"),
    ]


def test_an_audience_is_gone_through_page_by_page(site: Site, people: dict[str, str]) -> None:
    list_id = site.post("/v1/lists", {"name": "some"}).json["id"]
    out_id = site.post("/v1/lists", {"name": "never"}).json["id"]
    site.post(f"/v1/lists/{list_id}/members", {"add": [ADA, BEN]})
    site.post(f"/v1/lists/{out_id}/members", {"add": [BEN]})
    seg_id = site.post("/v1/segments", {"name": "de", "rule": {"language": "de"}}).json["id"]
    audience = Audience(
        lists=(list_id,), segments=(seg_id,), contacts=(people[ADA], people[CAT]), without_lists=(out_id,)
    )
    assert gone_through(site, audience) == [ADA, CAT, ADA, CAT]
    without = Audience(contacts=tuple(people.values()), without_segments=(seg_id,))
    assert gone_through(site, without) == [ADA, BEN]


def gone_through(site: Site, audience: Audience) -> list[str]:
    found: list[str] = []
    position: str | None = ""
    account_id, now = site.alice.account_id, site.clock.now()
    for _ in range(20):
        if position is None:
            return found
        page, position = site.run(members.page(site.store, account_id, audience, position, 1, now=now))
        found += [one.address for one in page]
    raise AssertionError("it did not end")


def test_an_export_has_a_column_for_everything_and_no_formula(site: Site, people: dict[str, str]) -> None:
    site.call("PATCH", f"/v1/contacts/{ADA}", {"name": "=HYPERLINK(1)", "attributes": {"note": "+1"}})
    list_id = site.post("/v1/lists", {"name": "some"}).json["id"]
    site.post(f"/v1/lists/{list_id}/members", {"add": [ADA, CAT]})
    segment_id = site.post("/v1/segments", {"name": "best", "rule": {"tag": "vip"}}).json["id"]
    assert [row["name"] for row in exported(site)] == ["'=HYPERLINK(1)", "Ben", "Cat"]
    assert [row["name"] for row in exported(site, f"?list={list_id}")] == ["'=HYPERLINK(1)", "Cat"]
    assert [row["name"] for row in exported(site, "?tag=late")] == ["Ben"]
    first, second = exported(site, f"?segment={segment_id}")
    assert first["trunkline_id"] == people[ADA]
    assert (first["phone"], first["plan"], first["note"], first["since"]) == (f"'+{ADA}", "gold", "'+1", "")
    assert (second["tags"], second["since"]) == ("late, vip", "2026-03-01")
    assert site.get(f"/v1/contacts/export?list={list_id}&tag=vip").status == 400


def exported(site: Site, query: str = "") -> list[dict[str, str]]:
    answer = site.get(f"/v1/contacts/export{query}")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    return list(csv.DictReader(io.StringIO(answer.raw.decode("utf-8-sig"), newline="")))
