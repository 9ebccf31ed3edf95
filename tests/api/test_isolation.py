"""Made from the table of routes: no route shows or changes another account's things."""

import re
from typing import Any

import pytest
from msgspec.structs import replace

from tests.api.campaign_desk import drafted, in_state
from tests.api.conftest import OPERATOR, TEXT, Site
from tests.api.people import wrote
from tests.api.scripted_templates import made, template
from trunkline.api.auth import Who
from trunkline.api.openapi import plain_path
from trunkline.api.route import Route, Takes
from trunkline.api.routes import ROUTES
from trunkline.channels.contract import Ambiguous
from trunkline.model.campaign import CampaignState
from trunkline.model.ids import new_id
from trunkline.shape import Object
from trunkline.store import Tx, imports

WITH_ID = [route for route in ROUTES if "{" in route.path and route.who is not Who.ANYONE]
GUARDED = [route for route in ROUTES if route.who is not Who.ANYONE]


HOOK = {"url": "https://hooks.example.com/"}
RATES = {"currency": "EUR", "effective_from": "2026-10-01", "rates": "market,service\nIndia,1\n"}
BODIES: dict[str, Any] = {
    "replayEvents": {"failed_only": True},
    "changeCampaignPace": {"per_second": 5},
    "changeCampaignBudget": {"currency": "EUR", "amount": "400"},
    "repeatCampaign": {"outcome": "not_read"},
    "scheduleCampaign": {"start_at": "2027-01-01T00:00:00Z"},
    "mergeContacts": {"contact": "15550004444"},
    "changeTemplate": {
        "components": template(text="Dear {{1}}, the order {{2}} is on its way.")["components"]
    },
}
"""By operation, where an empty object will not do."""

STATES = {
    "checkCampaign": CampaignState.DRAFT,
    "changeCampaign": CampaignState.DRAFT,
    "startCampaign": CampaignState.CHECKED,
    "scheduleCampaign": CampaignState.CHECKED,
    "pauseCampaign": CampaignState.RUNNING,
    "changeCampaignPace": CampaignState.RUNNING,
    "changeCampaignBudget": CampaignState.RUNNING,
    "resumeCampaign": CampaignState.PAUSED,
    "cancelCampaign": CampaignState.PAUSED,
}
"""By operation, where a campaign that is over will not do."""


def name_of(route: Route) -> str:
    return route.operation


def imported(site: Site, state: str) -> str:
    """A table in which nobody stands, so that nothing goes on by itself."""
    row = site.post("/v1/imports", b"A\nx\n", Content_Type="text/csv").json

    async def work(tx: Tx) -> None:
        known = await imports.lock(tx, site.alice.account_id, row["id"])
        assert known is not None
        await imports.put(tx, replace(known, state=imports.ImportState(state)))

    site.run(site.store.write(work))
    return str(row["id"])


def uploaded(site: Site, key: str = "") -> str:
    """A file."""
    head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
    body = head + b"a text\r\n--edge--\r\n"
    said = "multipart/form-data; boundary=edge"
    return str(site.post("/v1/whatsapp/media", body, key=key, Content_Type=said).json["id"])


def an_id_of_alices(site: Site, route: Route) -> str:
    """Of the kind that the route's address names. A new kind of thing needs a line here."""
    kind = route.path.replace("/whatsapp/", "/").split("/")[2]
    if route.operation in ("resendMessage", "abandonMessage"):
        site.provider.outcomes.append(Ambiguous("time-out"))
        message_id = site.accepted()
        site.until(message_id, "unknown")
        return message_id
    if kind == "messages":
        return site.accepted(send_at="2027-01-01T00:00:00Z")
    if kind == "media":
        return uploaded(site)
    if kind == "keys":
        return str(site.post("/v1/keys", {"name": "another"}).json["id"])
    if kind == "numbers":
        return site.alice.number_id
    if kind in ("conversations", "contacts"):
        site.post("/v1/contacts", {"phone": "15550004444"})
        return str(wrote(site)[f"{kind.removesuffix('s')}_id"])
    if kind == "events":
        wrote(site)
        return str(site.get("/v1/events").json["data"][0]["id"])
    if kind == "suppressions":
        return str(site.post("/v1/suppressions", {"to": "15550007777"}).json["data"][0]["address"])
    if kind == "endpoints":
        return str(site.post("/v1/endpoints", HOOK).json["id"])
    if kind == "templates":
        return str(made(site)["id"])
    if kind == "imports":
        return imported(site, "checked" if route.operation == "startImport" else "draft")
    if kind == "lists":
        return str(site.post("/v1/lists", {"name": new_id("name")}).json["id"])
    if kind == "segments":
        return str(site.post("/v1/segments", {"name": new_id("name"), "rule": {"all": []}}).json["id"])
    if kind == "pricing":
        return str(site.post("/v1/pricing/cards", RATES).json["card"]["id"])
    if kind == "campaigns":
        return in_state(site, STATES.get(route.operation, CampaignState.FINISHED))
    if kind == "mapping":
        site.post("/webhook/mapping", {"url": HOOK["url"], "waba_number": "15550001001"})
        return "15550001001"
    raise AssertionError(f"nobody said how to make an id for {route.path}")


def test_there_are_such_routes() -> None:
    assert {route.operation for route in WITH_ID} >= {
        "getMessage",
        "cancelMessage",
        "revokeKey",
        "removeNumber",
    }


@pytest.mark.parametrize("route", WITH_ID, ids=name_of)
def test_another_accounts_id_is_not_found(site: Site, route: Route) -> None:
    address = re.sub(r"{\w+}", an_id_of_alices(site, route), plain_path(route.path))
    body = BODIES.get(route.operation, {}) if route.takes is Takes.JSON else None
    before = site.rows()
    theirs = site.call(route.method, address, body, key=site.bob.live_key)
    assert (theirs.status, theirs.reason) == (404, "not_found")
    assert site.rows() == before
    by_operator = site.call(route.method, address, body, key=OPERATOR, Trunkline_Account="bob")
    assert by_operator.status == 404
    mine = site.call(route.method, address, body)
    # The owner's campaign here was never checked, so what it costs is not known.
    assert mine.reason == "campaign_state" if route.operation == "changeCampaignBudget" else mine.status < 300


def test_an_id_that_no_database_can_hold_is_not_found(site: Site) -> None:
    addresses = {re.sub(r"{\w+}", "a%00", plain_path(route.path)) for route in ROUTES if "{" in route.path}
    addresses |= {"/v1/whatsapp/media?media_id=a%00"}
    assert {site.get(address).status for address in addresses} <= {400, 404, 405}


def test_nothing_is_to_be_had_without_a_key(site: Site) -> None:
    for route in GUARDED:
        address = re.sub(r"{\w+}", "x", plain_path(route.path))
        answer = site.call(route.method, address, key=None)
        assert (answer.status, answer.reason) == (401, "key_missing"), route.operation


LISTS = [
    route
    for route in GUARDED
    if route.method == "GET" and route not in WITH_ID and route.who is Who.KEY and not route.resumes
    if not (route.query and route.query.required)  # it names a thing
    if not isinstance(route.answers[200], str)  # a table of the same
    if route.operation != "getBilling"  # settings, alike until somebody changes them
]


def test_a_list_shows_what_is_the_accounts_own(site: Site) -> None:
    site.accepted()
    site.send(TEXT, key=site.bob.live_key)
    wrote(site)
    wrote(site, who=site.bob)
    site.post("/v1/suppressions", {"to": "15550007777"})
    site.post("/v1/suppressions", {"to": "15550008888"}, key=site.bob.live_key)
    for who in (site.alice, site.bob):
        site.post("/v1/endpoints", HOOK, key=who.live_key)
        site.post("/v1/pricing/cards", RATES, key=who.live_key)
        site.post("/v1/lists", {"name": "guests"}, key=who.live_key)
        site.post("/v1/imports", b"A\nx\n", key=who.live_key, Content_Type="text/csv")
        site.post("/v1/segments", {"name": "all", "rule": {"all": []}}, key=who.live_key)
        drafted(site, who.live_key)
        made(site, key=who.live_key, name=f"of_{who.number_id}")
        uploaded(site, who.live_key)
    for route in LISTS:
        shown = (site.get(route.path, key=who.live_key).json for who in (site.alice, site.bob))
        mine, theirs = (found.get("data", [found]) for found in shown)  # the account itself is no list
        assert mine and theirs, route.operation
        mine, theirs = ([row for row in rows if not row.get("sample")] for rows in (mine, theirs))
        mine, theirs = ({row.get("id") or row["address"] for row in rows} for rows in (mine, theirs))
        assert not mine & theirs


def test_a_message_can_not_refer_to_one_of_another_account(site: Site) -> None:
    message_id = site.accepted()
    body = TEXT | {"context": {"message_id": message_id}}
    assert site.send(body, key=site.bob.live_key).problems == [("/context/message_id", "unknown_message")]


def test_members_that_are_not_the_callers_to_set_are_refused(site: Site) -> None:
    body: dict[str, Any] = {"id": "x", "account_id": site.bob.account_id, "created_at": 1, "is_default": True}
    for route in [route for route in ROUTES if isinstance(route.body, Object)]:
        path = (
            re.sub(r"{\w+}", an_id_of_alices(site, route), plain_path(route.path)) if route in WITH_ID else ""
        )
        answer = site.call(route.method, path or route.path, body, key=OPERATOR)
        assert {(f"/{name}", "unknown_member") for name in body} <= set(answer.problems), route.operation
