"""Campaigns over HTTP: what may be written down and changed, what is refused, and how they are shown."""

import asyncio
import json
from typing import Any

import pytest

from tests.api.campaign_desk import BODY, add_recipients, drafted, form, in_state, put
from tests.api.conftest import TEXT, Answer, Site, number_form
from tests.api.scripted_templates import made, scripted, synced
from tests.api.test_openapi import DOCUMENT, faults
from trunkline import admin
from trunkline.api import campaign_totals
from trunkline.api.campaign_examples import EXAMPLES
from trunkline.api.campaign_form import FORM
from trunkline.api.campaign_views import Totals
from trunkline.campaigns import drafts
from trunkline.cli.sse import Reader
from trunkline.errors import Refusal
from trunkline.model.campaign import CampaignState, RecipientState
from trunkline.shape import Findings
from trunkline.store import Tx, recipients

READY, SKIPPED = RecipientState.READY, RecipientState.SKIPPED

of_one_engine = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
"""For what asks nothing of a store that another test does not ask of both."""

WHOLE = {
    "name": "Spring",
    "numbers": ["15550001001"],
    "audience": {},
    "content": {"body": BODY, "languages": {"de": BODY}},
    "variables": {"first_name": {"column": "First name", "default": "friend"}},
    "purpose": "utility",
    "consent": "not_required",
    "schedule": {
        "start_at": "2027-03-01T00:00:00.000Z",
        "local_time": "09:30",
        "quiet_hours": {"start": "21:00", "end": "08:00", "time_zone": "Europe/Berlin"},
        "end_at": "2027-03-05T00:00:00.000Z",
        "validity_minutes": 60,
    },
    "per_second": 20.0,
    "canary": 500,
    "stop": {"failure_rate": False, "after": 50, "budget": {"currency": "EUR", "amount": "12.50"}},
    "not_again_hours": 72,
    "tier_reserve": 10,
}


def change(site: Site, campaign_id: str, body: Any) -> Answer:
    return site.call("PATCH", f"/v1/campaigns/{campaign_id}", body)


def rules(answer: Answer) -> set[tuple[str, str]]:
    assert answer.status == 400, answer.raw
    return set(answer.problems)


def test_a_campaign_is_shown_as_it_was_written_down(site: Site) -> None:
    draft = site.post("/v1/campaigns", WHOLE).json
    assert (draft["state"], draft["warnings"]) == ("draft", [])
    shown = site.get(f"/v1/campaigns/{draft['id']}").json
    assert shown["definition"] == WHOLE
    assert shown["start_at"] == WHOLE["schedule"]["start_at"]
    assert shown["totals"]["recipients"] == 0 and shown["report"] is None
    again = site.post("/v1/campaigns", shown["definition"]).json
    assert again["definition"] == WHOLE


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_fits_form_and_schema(name: str) -> None:
    findings = Findings()
    FORM.check(EXAMPLES[name], "", findings)
    assert findings.problems == []
    assert faults(DOCUMENT["components"]["schemas"]["CampaignForm"], EXAMPLES[name]) == []


@of_one_engine
def test_all_that_is_wrong_is_told_at_once(site: Site) -> None:
    wrong = form(
        numbers=["15550001001", "15550009999", "+1 555 000 1001"],
        audience={"lists": ["lst_01kaq3w8n2e5v9x7c4h6t0y1zd"], "contacts": ["x"], "campaign": "cmp_x"},
        content={"body": {"type": "text", "text": {"body": ""}, "to": "15550002222"}},
        winner={"percent": 20, "by": "read", "after_minutes": 5},
        schedule={"local_time": "25:00", "quiet_hours": {"start": "21:00", "end": "21:00"}},
        stop={"failure_rate": 2, "budget": {"currency": "eur", "amount": "1.0000001"}},
        per_second=0,
        colour="red",
    )
    assert rules(site.post("/v1/campaigns", wrong)) == {
        ("/numbers/1", "unknown_number"),
        ("/numbers/2", "duplicate"),
        ("/audience/lists/0", "unknown_list"),
        ("/audience/contacts/0", "unknown_contact"),
        ("/audience/campaign", "unknown_campaign"),
        ("/content/body/to", "misplaced_member"),
        ("/winner", "misplaced_member"),
        ("/schedule/local_time", "format"),
        ("/schedule/quiet_hours/end", "out_of_range"),
        ("/stop/failure_rate", "out_of_range"),
        ("/stop/budget/currency", "format"),
        ("/stop/budget/amount", "format"),
        ("/per_second", "out_of_range"),
        ("/colour", "unknown_member"),
    }


@of_one_engine
def test_a_content_is_held_against_the_rules_of_its_kind(site: Site) -> None:
    wrong = {"type": "text", "text": {"body": "x", "preview": True}}
    variants = [
        {"name": "a", "content": {"body": BODY, "languages": {"de": wrong}}},
        {"name": "a", "content": {"body": {"type": "image", "image": {"link": "{{picture}}"}}}},
    ]
    body = form(variants=variants)
    del body["content"]
    assert rules(site.post("/v1/campaigns", body)) == {
        ("/variants/0/content/languages/de/text/preview", "unknown_member"),
        ("/variants/1/name", "duplicate"),
    }


@of_one_engine
def test_a_gap_is_no_fault_wherever_a_text_may_stand(site: Site) -> None:
    link = {"type": "image", "image": {"link": "{{picture}}", "caption": "For {{first_name}}"}}
    code = {
        "type": "currency",
        "currency": {"fallback_value": "{{price}}", "code": "{{c}}", "amount_1000": 1},
    }
    template = {
        "type": "template",
        "template": {
            "name": "offer",
            "language": {"code": "en_US"},
            "components": [{"type": "body", "parameters": [code]}],
        },
    }
    for body in (link, template):
        made = site.post("/v1/campaigns", form(content={"body": body}))
        assert made.status == 200, made.raw


@of_one_engine
def test_a_template_is_looked_at_with_stand_ins_in_the_gaps(site: Site) -> None:
    of_order = made(site)
    price = {
        "type": "currency",
        "currency": {"fallback_value": "{{price}}", "code": "{{c}}", "amount_1000": 1},
    }

    def asked(*parameters: Any, name: str = "order_update") -> Answer:
        components = [{"type": "body", "parameters": list(parameters)}]
        named = {"name": name, "language": {"code": "en_US"}, "components": components}
        return site.post("/v1/campaigns", form(content={"body": {"type": "template", "template": named}}))

    assert {rule for _, rule in rules(asked(price))} == {"missing_parameter"}
    assert rules(asked(price, price, name="unheard_of")) == {
        ("/content/body/template/name", "unknown_template")
    }
    assert asked(price, price).json["warnings"] == []
    scripted(site).becomes(of_order["provider_id"], status="PAUSED")
    site.advance(1)
    synced(site)
    site.api.templates.forget_all()
    [warning] = asked(price, price).json["warnings"]
    assert warning["rule"] == "template_status"


@of_one_engine
def test_a_variable_without_a_gap_is_doubted(site: Site) -> None:
    variables = {"frist_name": {"column": "First name"}}
    [warning] = site.post("/v1/campaigns", form(variables=variables)).json["warnings"]
    assert (warning["pointer"], warning["rule"]) == ("/variables", "unused")


@of_one_engine
def test_a_body_may_be_anything_and_gets_an_answer(site: Site) -> None:
    for body in (
        [],
        {},
        {"name": 1},
        {"variants": [1, 2]},
        form(content=1),
        form(variables=[]),
        form(content={}),
    ):
        assert site.post("/v1/campaigns", body).reason == "invalid_request", body
    assert site.post("/v1/campaigns", form(audience={"lists": [None], "contacts": [[]]})).status == 400


def test_a_change_keeps_the_rest_and_asks_for_a_new_check(site: Site) -> None:
    campaign_id = in_state(site, CampaignState.CHECKED, report=None, checked_at=site.clock.now())
    shown = change(site, campaign_id, {"canary": 5, "per_second": 2}).json
    assert (shown["state"], shown["checked_at"]) == ("draft", None)
    assert (shown["definition"]["canary"], shown["definition"]["content"]) == (5, {"body": BODY})
    assert "canary" not in change(site, campaign_id, {"canary": None}).json["definition"]
    assert rules(change(site, campaign_id, {"name": None})) == {("/name", "required")}
    assert change(site, campaign_id, []).status == 400
    put(site, campaign_id, state=CampaignState.RUNNING)
    refused = change(site, campaign_id, {"canary": 5})
    assert (refused.status, refused.reason) == (409, "campaign_state")


def test_what_was_canceled_or_is_a_draft_can_be_removed_with_its_recipients(site: Site) -> None:
    campaign_id = in_state(site, CampaignState.RUNNING)
    add_recipients(site, campaign_id, READY, SKIPPED)
    assert site.call("DELETE", f"/v1/campaigns/{campaign_id}").reason == "campaign_state"
    put(site, campaign_id, state=CampaignState.CANCELED, ended_at=site.clock.now())
    assert site.call("DELETE", f"/v1/campaigns/{campaign_id}").status == 204
    assert site.get(f"/v1/campaigns/{campaign_id}").status == 404

    async def left(tx: Tx) -> int:
        return sum((await recipients.totals(tx, site.alice.account_id, campaign_id)).values())

    assert site.run(site.store.read(left)) == 0


@of_one_engine
def test_one_whose_removal_broke_off_is_not_started_for_the_rest(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign_id = in_state(site, CampaignState.SCHEDULED)
    add_recipients(site, campaign_id, READY, READY, READY)
    clear = recipients.clear

    async def once(*given: Any) -> int:
        monkeypatch.setattr(recipients, "clear", broken)
        return await clear(*given)

    async def broken(*_: Any) -> int:
        raise Refusal("not_ready", "A fault.")

    monkeypatch.setattr(drafts, "_AT_ONCE", 2)
    monkeypatch.setattr(recipients, "clear", once)
    assert site.call("DELETE", f"/v1/campaigns/{campaign_id}").status != 204
    assert site.get(f"/v1/campaigns/{campaign_id}").json["state"] == "draft"
    monkeypatch.setattr(recipients, "clear", clear)
    assert site.call("DELETE", f"/v1/campaigns/{campaign_id}").status == 204


@of_one_engine
def test_a_repeated_request_makes_one_campaign(site: Site) -> None:
    made = [site.post("/v1/campaigns", form(), Idempotency_Key="once").json["id"] for _ in range(2)]
    assert made[0] == made[1]
    assert len(site.get("/v1/campaigns").json["data"]) == 1


def test_a_list_goes_page_by_page_and_by_state(site: Site) -> None:
    made = [drafted(site, name=f"no {n}") for n in range(3)]
    put(site, made[1], state=CampaignState.PAUSED, state_reason="canary")
    first = site.get("/v1/campaigns?limit=2").json
    assert [one["id"] for one in first["data"]] == [made[2], made[1]]
    assert first["data"][1]["state_detail"].startswith("Its first messages have gone")
    rest = site.get(f"/v1/campaigns?limit=2&after={first['paging']['next']}").json
    assert [one["id"] for one in rest["data"]] == [made[0]]
    back = site.get(f"/v1/campaigns?before={rest['paging']['previous']}").json
    assert [one["id"] for one in back["data"]] == [made[2], made[1]]
    paused = site.get("/v1/campaigns?state=paused").json["data"]
    assert [one["id"] for one in paused] == [made[1]]


def test_recipients_are_listed_with_verdict_and_message(site: Site) -> None:
    campaign_id = in_state(site, CampaignState.RUNNING)
    add_recipients(site, campaign_id, READY, SKIPPED, READY, SKIPPED, reason="opted_out")
    message_id = site.accepted()
    site.until(message_id, "submitted")

    async def made(tx: Tx) -> Any:
        return await recipients.created(tx, site.alice.account_id, campaign_id, [(message_id, 3)])

    site.run(site.store.write(made))
    path = f"/v1/campaigns/{campaign_id}/recipients"
    rows = site.get(path).json["data"]
    assert [(one["n"], one["state"], one["reason"]) for one in rows] == [
        (1, "ready", None), (2, "skipped", "opted_out"), (3, "created", None), (4, "skipped", "opted_out"),
    ]  # fmt: skip
    assert rows[2]["message"]["state"] == "submitted" and rows[2]["message"]["submitted_at"]
    assert (rows[0]["from"], rows[0]["variables"]) == ("15550001001", {"first_name": "Ada"})
    page = site.get(f"{path}?state=skipped&limit=1").json
    onward = site.get(f"{path}?state=skipped&limit=1&after={page['paging']['next']}").json
    assert [one["data"][0]["n"] for one in (page, onward)] == [2, 4]
    assert onward["paging"]["next"] is None
    assert [one["n"] for one in site.get(f"{path}?to=%2B1 555 000 0003").json["data"]] == [3]
    assert site.get(f"{path}?reason=nonsense").status == 400
    for to in ("15550000001", "15550000002"):
        site.post("/v1/suppressions", {"to": to})
    elsewhere = site.get("/v1/suppressions?limit=1").json["paging"]["next"]
    assert rules(site.get(f"{path}?after={elsewhere}")) == {("?after", "cursor")}
    totals = site.get(f"/v1/campaigns/{campaign_id}").json["totals"]
    assert totals["reasons"] == {"opted_out": 2}
    assert (totals["recipients"], totals["ready"], totals["created"], totals["skipped"]) == (4, 1, 1, 2)


@of_one_engine
def test_a_test_key_starts_nothing_that_leaves_through_a_real_number(site: Site) -> None:
    real = number_form("15550001003", base_url="https://graph.facebook.com/v26.0")
    site.run(admin.register_number(site.admin, site.alice.account_id, real))
    site.run(site.api.changed())
    body = form(numbers=["15550001003"])
    assert site.post("/v1/campaigns", body, key=site.alice.test_key).reason == "test_key"
    campaign_id = drafted(site, numbers=["15550001003"])
    put(site, campaign_id, state=CampaignState.CHECKED)
    started = site.post(f"/v1/campaigns/{campaign_id}/start", key=site.alice.test_key)
    assert started.reason == "test_key"
    assert site.post(f"/v1/campaigns/{campaign_id}/start").json["state"] == "running"


@of_one_engine
def test_the_pace_is_changed_while_it_runs(site: Site) -> None:
    campaign_id = in_state(site, CampaignState.RUNNING)
    path = f"/v1/campaigns/{campaign_id}/pace"
    assert site.call("PATCH", path, {"per_second": 7}).json["per_second"] == 7
    assert site.call("PATCH", path, {"per_second": None}).json["per_second"] is None
    assert rules(site.call("PATCH", path, {})) == {("/per_second", "required")}
    assert rules(site.call("PATCH", path, {"per_second": -1})) == {("/per_second", "out_of_range")}


@of_one_engine
def test_a_budget_that_could_never_stop_it_is_refused(site: Site) -> None:
    campaign_id = in_state(site, CampaignState.RUNNING)
    path, euros = f"/v1/campaigns/{campaign_id}/budget", {"currency": "EUR", "amount": "400.00"}
    assert rules(site.call("PATCH", path, {"currency": "EUR"})) == {("/amount", "required")}
    answer = site.call("PATCH", path, euros)  # it has no estimate
    assert answer.status == 409 and "is not known" in answer.raw.decode()


@of_one_engine
def test_each_change_of_state_is_an_event_as_announced(site: Site) -> None:
    campaign_id = in_state(site, CampaignState.CHECKED)
    for action in ("start", "pause", "resume", "cancel"):
        assert site.post(f"/v1/campaigns/{campaign_id}/{action}").status == 200, action
    told = site.get(f"/v1/events?object_id={campaign_id}").json["data"]
    assert [(one["data"]["before"], one["data"]["state"]) for one in told] == [
        (None, "draft"), ("checked", "running"), ("running", "paused"), ("paused", "running"),
        ("running", "canceled"),
    ]  # fmt: skip
    body = DOCUMENT["webhooks"]["campaign.changed"]["post"]["requestBody"]["content"]["application/json"]
    assert [faults(body["schema"], one) for one in told] == [[]] * 5


@of_one_engine
def test_a_stream_tells_progress_until_the_end(site: Site) -> None:
    campaign_id = in_state(site, CampaignState.RUNNING, started_at=site.clock.now())
    add_recipients(site, campaign_id, READY, READY)

    async def follow() -> list[Any]:
        told = []
        headers = {"Authorization": site.alice.live_key}
        async with site.http.get(f"/v1/campaigns/{campaign_id}/progress/stream", headers=headers) as answer:
            reader = Reader()
            async for chunk in answer.content.iter_any():
                for block in reader.feed(chunk):
                    told.append((block.event, json.loads(block.data)))
                    if len(told) == 1:
                        await site.asked("POST", f"/v1/campaigns/{campaign_id}/cancel")
        return told

    async def in_time() -> list[Any]:
        async with asyncio.timeout(20):
            return await follow()

    told = site.run(in_time())
    assert told[0][0] == "progress" and told[0][1]["waiting"] == 2
    assert told[-1][0] == "end" and told[-1][1]["state"] == "canceled"
    schema = DOCUMENT["components"]["schemas"]["ProgressView"]
    assert [faults(schema, view) for _, view in told] == [[]] * len(told)


@of_one_engine
def test_whoever_asks_within_a_second_shares_one_count(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign_id = in_state(site, CampaignState.RUNNING, started_at=site.clock.now())
    counted = []

    async def count(*about: Any) -> Totals:
        counted.append(about)
        return await really(*about)

    really = campaign_totals.count
    monkeypatch.setattr(campaign_totals, "count", count)
    monkeypatch.setattr(campaign_totals, "OLD_SECONDS", 60.0)
    for path in ("progress", "", "progress"):
        assert site.get(f"/v1/campaigns/{campaign_id}/{path}".rstrip("/")).status == 200
    assert len(counted) == 1
    site.post(f"/v1/campaigns/{campaign_id}/pause")
    assert site.get(f"/v1/campaigns/{campaign_id}/progress").json["state"] == "paused"
    assert len(counted) == 2


@of_one_engine
def test_rate_and_end_are_told_while_it_runs(site: Site) -> None:
    plan = {"last_turn_at": "2099-01-01T00:00:00.000Z"}
    campaign_id = in_state(
        site,
        CampaignState.RUNNING,
        started_at=site.clock.now() - 10_000,
        report=json.dumps({"plan": plan}),
    )
    add_recipients(site, campaign_id, *[RecipientState.CREATED] * 20, READY)
    progress = site.get(f"/v1/campaigns/{campaign_id}/progress").json
    assert progress["per_second"] == pytest.approx(2, abs=0.2)
    assert (progress["waiting"], progress["done"]) == (1, 0.9524)
    assert progress["ends_at"] == plan["last_turn_at"]
    site.post(f"/v1/campaigns/{campaign_id}/pause")
    paused = site.get(f"/v1/campaigns/{campaign_id}/progress").json
    assert (paused["per_second"], paused["ends_at"]) == (None, None)
    site.post(f"/v1/campaigns/{campaign_id}/cancel")
    canceled = site.get(f"/v1/campaigns/{campaign_id}/progress").json
    assert (canceled["waiting"], canceled["done"]) == (0, 0.9524)


@of_one_engine
def test_a_preview_has_the_gaps_or_what_a_recipient_gets(site: Site) -> None:
    campaign_id = in_state(site, CampaignState.CHECKED)
    add_recipients(site, campaign_id, READY)
    path = f"/v1/campaigns/{campaign_id}/preview"
    [blank], [filled] = site.get(path).json["data"], site.get(f"{path}?n=1").json["data"]
    assert (blank["text"], blank["to"]) == ("Hello {{first_name}}, we are open.", None)
    assert (filled["text"], filled["to"]) == ("Hello Ada, we are open.", "15550000001")
    assert filled["body"] == {"type": "text", "text": {"body": "Hello Ada, we are open."}}
    assert site.get(f"{path}?n=2").reason == "not_found"


def test_messages_are_listed_by_their_campaign(site: Site) -> None:
    message_id = site.accepted()
    assert site.get(f"/v1/messages/{message_id}").json["campaign_id"] is None
    assert site.get("/v1/messages?campaign_id=cmp_01kaq3w8n2e5v9x7c4h6t0y1zd").json["data"] == []
    assert site.send(TEXT).status == 200


@of_one_engine
def test_answers_are_as_announced(site: Site) -> None:
    campaign_id = drafted(site)
    made = site.post("/v1/campaigns", form())
    schemas = DOCUMENT["components"]["schemas"]
    assert faults(schemas["DraftedCampaign"], made.json) == []
    assert faults(schemas["CampaignLife"], site.get(f"/v1/campaigns/{campaign_id}").json) == []
    assert faults(schemas["CampaignPage"], site.get("/v1/campaigns").json) == []
    assert faults(schemas["RecipientPage"], site.get(f"/v1/campaigns/{campaign_id}/recipients").json) == []
