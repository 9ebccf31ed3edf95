"""The list of those who must not be written to, and the ledger beside it, as a caller keeps them."""

from typing import Any

from tests.api.conftest import TEXT, Site
from tests.api.people import wrote

WHO = "15550002222"


def rows(answer: Any) -> list[tuple[str, str, str]]:
    return [(row["address"], row["scope"], row["source"]) for row in answer.json["data"]]


def ledger(site: Site, address: str = WHO) -> list[tuple[str, str, str]]:
    found = site.get(f"/v1/consents?address={address}").json["data"]
    return [(entry["purpose"], entry["action"], entry["source"]) for entry in found]


def test_who_is_on_the_list_gets_nothing_until_taken_off(site: Site) -> None:
    before = site.accepted(send_at="2027-01-01T00:00:00Z")
    added = site.post("/v1/suppressions", {"to": "+1 (555) 000-2222", "reason": "asked by telephone"})
    assert (added.status, rows(added)) == (201, [(WHO, "all", "operator")])
    assert site.post("/v1/suppressions", {"to": WHO}).status == 200
    assert site.get(f"/v1/suppressions/+{WHO}").json["data"] == added.json["data"]
    refused = site.until(site.accepted(), "failed")
    assert refused["error"]["title"] == "The recipient has opted out"
    assert refused["attempts"] == []
    site.until(site.accepted(to="15550003333"), "submitted")
    assert site.get(f"/v1/messages/{before}").json["state"] == "failed"
    assert rows(site.call("DELETE", f"/v1/suppressions/{WHO}")) == [(WHO, "all", "operator")]
    assert site.get(f"/v1/suppressions/{WHO}").status == 404
    site.until(site.accepted(), "submitted")


def test_marketing_alone_stops_what_is_marketing(site: Site) -> None:
    site.post("/v1/suppressions", {"to": WHO, "scope": "marketing"})
    for changes in ({"priority": "bulk"}, {"purpose": "marketing"}):
        refused = site.until(site.accepted(**changes), "failed")
        assert refused["error"]["title"] == "The recipient has opted out of marketing"
    for changes in ({}, {"priority": "bulk", "purpose": "utility"}):
        site.until(site.accepted(**changes), "submitted")


def test_what_people_said_themselves_needs_a_proof_to_be_lifted(site: Site) -> None:
    imported = site.post("/v1/suppressions/import", {"addresses": [WHO], "scope": "marketing"})
    assert imported.json == {"added": 1, "known": 0, "refused": []}
    bare = site.call("DELETE", f"/v1/suppressions/{WHO}")
    assert (bare.status, bare.problems) == (400, [("?proof", "required")])
    assert "expected" in bare.json["problems"][0]
    other = site.call("DELETE", f"/v1/suppressions/{WHO}?scope=all&proof=x")
    assert (other.status, other.reason) == (404, "not_found")
    lifted = site.call("DELETE", f"/v1/suppressions/{WHO}?proof=form%204711%20signed")
    assert rows(lifted) == [(WHO, "marketing", "import")]
    assert ledger(site) == [("marketing", "granted", "operator"), ("marketing", "withdrawn", "import")]
    newest = site.get(f"/v1/consents?address={WHO}").json["data"][0]
    assert newest["proof"] == {"proof": "form 4711 signed"}


def test_an_entry_of_ours_does_not_hide_what_they_said_themselves(site: Site) -> None:
    wrote(site, text="stop")
    site.post("/v1/suppressions", {"to": WHO})
    assert rows(site.get(f"/v1/suppressions/{WHO}")) == [(WHO, "all", "operator")]
    assert site.call("DELETE", f"/v1/suppressions/{WHO}").problems == [("?proof", "required")]
    wrote(site, text="start")  # now it is ours alone
    assert site.call("DELETE", f"/v1/suppressions/{WHO}").status == 200


def test_an_import_takes_what_is_right_and_names_what_is_not(site: Site) -> None:
    addresses = [f"+1555000{n:04}" for n in range(600)]
    addresses[7], addresses[8], addresses[9] = "0151 2345", "Ada", "15550000001"
    answer = site.post("/v1/suppressions/import", {"addresses": addresses, "reason": "from before"})
    assert (answer.status, answer.json["added"], answer.json["known"]) == (200, 597, 0)
    wrong = [one["problems"][0]["pointer"] for one in answer.json["refused"]]
    assert wrong == ["/addresses/7", "/addresses/8"]
    again = site.post("/v1/suppressions/import", {"addresses": addresses[:5]})
    assert (again.json["added"], again.json["known"]) == (0, 5)
    too_many = site.post("/v1/suppressions/import", {"addresses": ["15550002222"] * 10_001})
    assert too_many.problems == [("/addresses", "too_many")]


def test_an_import_takes_the_rest_beside_what_is_no_text(site: Site) -> None:
    answer = site.post("/v1/suppressions/import", {"addresses": [WHO, 5, None, "", "x" * 600]})
    assert (answer.status, answer.json["added"]) == (200, 1)
    wrong = [one["problems"][0]["pointer"] for one in answer.json["refused"]]
    assert wrong == [f"/addresses/{n}" for n in range(1, 5)]


def test_what_is_nobodys_address_is_refused_with_what_would_be(site: Site) -> None:
    for text in ("x1", "foo", "@@"):
        [problem] = site.post("/v1/suppressions", {"to": text}).json["problems"]
        assert problem["pointer"] == "/to"
        assert "phone number" in problem["expected"] and "user id" in problem["expected"]
    asked = site.get("/v1/consents?address=@@&after=zz&limit=0")
    assert sorted(asked.problems) == [
        ("?address", "format"), ("?after", "cursor"), ("?limit", "out_of_range"),
    ]  # fmt: skip
    assert all("expected" in problem for problem in asked.json["problems"])
    assert site.get("/v1/suppressions?after=zz&limit=0").problems == [
        ("?after", "cursor"), ("?limit", "out_of_range"),
    ]  # fmt: skip
    assert site.get("/v1/conversations?contact=@@").problems == [("?contact", "format")]
    assert site.get("/v1/contacts?address=@@").problems == [("?address", "format")]


def test_the_list_is_read_in_pages_along_the_addresses(site: Site) -> None:
    site.post("/v1/suppressions/import", {"addresses": ["15550000001", "15550000003", "15550000002"]})
    site.post("/v1/suppressions", {"to": "15550000002", "scope": "marketing"})
    seen, after = [], ""
    for _ in range(3):
        page = site.get(f"/v1/suppressions?limit=2{after}").json
        seen += [(row["address"][-1], row["scope"]) for row in page["data"]]
        if page["paging"]["next"] is None:
            break
        after = f"&after={page['paging']['next']}"
    assert seen == [("1", "all"), ("2", "all"), ("2", "marketing"), ("3", "all")]
    cursor = after.removeprefix("&after=")
    forged_mac = cursor[:-1] + ("0" if cursor[-1] != "0" else "1")
    for forged in ("x", forged_mac, "é" * 20, "A" * 30):
        assert site.get(f"/v1/suppressions?after={forged}").problems == [("?after", "cursor")]
    theirs = site.get(f"/v1/suppressions?{after}", key=site.bob.live_key)
    assert theirs.problems == [("?after", "cursor")]


def test_the_ledger_is_appended_to_and_read_back(site: Site) -> None:
    said = {
        "to": WHO,
        "purpose": "newsletter",
        "action": "granted",
        "source": "checkout",
        "proof": {"order": 4711, "text": "I agree"},
        "at": "2026-01-02T03:04:05Z",
    }
    made = site.post("/v1/consents", said)
    assert made.status == 201
    assert made.json["proof"] == said["proof"]
    assert made.json["at"] == "2026-01-02T03:04:05.000Z"
    site.post("/v1/consents", said | {"to": "US.1349", "action": "withdrawn", "proof": None})
    assert ledger(site) == [("newsletter", "granted", "checkout")]
    page = site.get("/v1/consents?limit=1").json
    assert page["data"][0]["address"] == "US.1349"
    older = site.get(f"/v1/consents?limit=1&after={page['paging']['next']}").json
    assert [entry["id"] for entry in older["data"]] == [made.json["id"]]
    assert site.call("DELETE", "/v1/consents").status == 405
    wrong = said | {"action": "perhaps", "at": "2999-01-01T00:00:00Z", "purpose": "Über"}
    assert {rule for _, rule in site.post("/v1/consents", wrong).problems} >= {"one_of"}
    late = site.post("/v1/consents", said | {"at": "2999-01-01T00:00:00Z"})
    assert late.problems == [("/at", "in_the_future")]
    long = site.post("/v1/consents", said | {"proof": "x" * 20_000})
    assert long.problems == [("/proof", "too_long")]
    for proof in (None, False, 0, ""):
        assert site.post("/v1/consents", said | {"to": "US.1349", "proof": proof}).json["proof"] == proof


def test_a_test_key_may_read_but_not_change(site: Site) -> None:
    site.post("/v1/suppressions", {"to": WHO})
    key = site.alice.test_key
    assert site.get("/v1/suppressions", key=key).status == 200
    for method, path, body in (
        ("POST", "/v1/suppressions", {"to": WHO}),
        ("DELETE", f"/v1/suppressions/{WHO}", None),
        ("POST", "/v1/consents", {}),
    ):
        assert site.call(method, path, body, key=key).reason == "scope_missing"


def test_a_dry_run_says_that_somebody_has_opted_out(site: Site) -> None:
    site.post("/v1/suppressions", {"to": WHO})
    verdict = site.post("/v1/messages/validate", TEXT).json
    assert verdict["valid"]
    assert "opted_out" in [warning["rule"] for warning in verdict["warnings"]]
    other = site.post("/v1/messages/validate", TEXT | {"to": "15550003333"}).json
    assert "opted_out" not in [warning["rule"] for warning in other["warnings"]]
