"""Templates over the API: made, changed, deleted, listed, drawn, and the provider's no told in its words."""

from typing import Any

import pytest

from tests.api.conftest import Site, number_form
from tests.api.scripted_templates import (
    BODY,
    WABA,
    events,
    made,
    names,
    of_one_engine,
    refusal,
    scripted,
    synced,
    template,
    theirs,
)
from tests.clients.files import PNG
from trunkline import admin
from trunkline.channels.template_contract import TemplateError, TemplateNews
from trunkline.housekeeping.chores import CHORES, do_round
from trunkline.templates.register import Place, Source, apply_news

OTHER = "Dear {{1}}, the order {{2}} will be with you tomorrow."


def test_a_template_is_handed_in_and_read_back(site: Site) -> None:
    provider = scripted(site)
    answer = site.post("/v1/templates", template() | {"from": "15550001001"})
    assert (answer.status, answer.json["status"], answer.json["is_sendable"]) == (200, "PENDING", False)
    [(_, draft)] = [asked for asked in provider.asked if asked[0] == "create"]
    assert (draft.name, draft.language, draft.category) == ("order_update", "en_US", "UTILITY")
    assert "from" not in draft.definition
    [event] = events(site)
    assert (event["object_id"], event["source"], event["status"]) == (answer.json["id"], "answer", "PENDING")
    assert event["changes"]["status"] == [None, "PENDING"]


@of_one_engine
def test_whatever_is_wrong_is_told_before_the_provider_is_asked(site: Site) -> None:
    provider = scripted(site)
    wrong = site.post("/v1/templates", template("Order", language="xx") | {"waba_id": "777"})
    assert {pointer for pointer, _ in wrong.problems} >= {"/name", "/language", "/waba_id"}
    assert site.post("/v1/templates", template() | {"from": "15559990000"}).problems == [
        ("/from", "unknown_number")
    ]
    assert provider.asked == []
    told = site.post("/v1/templates/lint", template("Order")).json["problems"]
    assert [problem["pointer"] for problem in told] == ["/name"]


@of_one_engine
def test_a_repeated_request_makes_one_template(site: Site) -> None:
    first, second = (site.post("/v1/templates", template(), Idempotency_Key="a") for _ in range(2))
    assert first.status == 404  # there is no provider with templates yet
    provider = scripted(site)
    first, second = (site.post("/v1/templates", template(), Idempotency_Key="b") for _ in range(2))
    assert first.json == second.json
    assert [asked[0] for asked in provider.asked] == ["create", "read"]


@of_one_engine
def test_the_providers_no_is_told_in_its_words(site: Site) -> None:
    provider = scripted(site)
    provider.faults = [refusal(), refusal(80007, "slow_number"), TemplateError("no answer in time")]
    refused = site.post("/v1/templates", template())
    assert (refused.status, refused.reason) == (422, "provider_refused")
    assert refused.json["problems"][0]["detail"] == "as Meta says (It is so. Do not.)"
    slow = site.post("/v1/templates", template())
    assert (slow.status, slow.headers["Retry-After"]) == (429, "60")
    away = site.post("/v1/templates", template())
    assert (away.status, away.reason) == (502, "provider_away")


@of_one_engine
def test_what_nobody_knows_the_end_of_is_looked_at_at_once(site: Site) -> None:
    provider = scripted(site)
    synced(site)
    site.advance(60)
    provider.faults = [TemplateError("no answer in time")]
    assert site.post("/v1/templates", template()).status == 502
    [sync] = site.post("/v1/templates/sync").json["data"]
    assert sync["due_at"] > sync["synced_at"]


@of_one_engine
def test_only_what_differs_is_handed_in_with_a_change(site: Site) -> None:
    provider = scripted(site)
    one = made(site)
    path = f"/v1/templates/{one['id']}"
    assert site.call("PATCH", path, template()).status == 200
    assert "edit" not in [asked[0] for asked in provider.asked]
    changed = site.call("PATCH", path, {"components": template(text=OTHER)["components"]})
    assert changed.json["definition"]["components"][0]["text"] == OTHER
    [draft] = [asked[1] for asked in provider.asked if asked[0] == "edit"]
    assert (draft.category, set(draft.definition)) == ("", {"components"})
    assert site.call("PATCH", path, {"name": "another"}).status == 400
    history = site.get(path).json["history"]
    assert [(step["source"], "definition" in step["changes"]) for step in history] == [
        ("answer", True), ("sync", False), ("answer", True),
    ]  # fmt: skip


def test_a_template_is_deleted_in_one_language_or_in_all(site: Site) -> None:
    provider = scripted(site)
    ids = {language: made(site, language=language)["id"] for language in ("en_US", "de", "pt_BR")}
    assert site.call("DELETE", f"/v1/templates/{ids['de']}").status == 204
    assert [one["language"] for one in site.get("/v1/templates").json["data"]] == ["pt_BR", "en_US"]
    assert site.get(f"/v1/templates/{ids['de']}").json["removed_at"] is not None
    assert site.call("DELETE", f"/v1/templates/{ids['de']}").status == 404
    assert site.call("DELETE", f"/v1/templates/{ids['en_US']}?all_languages=true").status == 204
    assert (names(site), provider.known) == ([], {})
    assert [event["status"] for event in events(site)][-2:] == ["DELETED", "DELETED"]


@of_one_engine
def test_a_name_that_is_free_again_is_another_template(site: Site) -> None:
    first = made(site)
    site.call("DELETE", f"/v1/templates/{first['id']}")
    second = made(site, text=OTHER)
    assert second["id"] != first["id"]
    assert [one["id"] for one in site.get("/v1/templates").json["data"]] == [second["id"]]


def test_lists_are_narrowed_and_paged(site: Site) -> None:
    provider = scripted(site)
    for n in range(5):
        theirs(provider, f"t{n}", status="PAUSED" if n % 2 else "APPROVED", language="de" if n else "en_US")
    synced(site)
    assert names(site, "?status=PAUSED") == ["t3", "t1"]
    assert names(site, "?language=en_US&name=t0") == ["t0"]
    assert names(site, f"?waba_id={WABA}&category=MARKETING") == []
    page = site.get("/v1/templates?limit=2").json
    after = site.get(f"/v1/templates?limit=2&after={page['paging']['next']}").json
    assert [one["name"] for one in page["data"] + after["data"]] == ["t4", "t3", "t2", "t1"]
    before = site.get(f"/v1/templates?limit=2&before={after['paging']['previous']}").json
    assert before["data"] == page["data"]


@of_one_engine
def test_what_one_token_does_not_see_another_may(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    provider, one = scripted(site), made(site)
    other = number_form("15550001009", phone_number_id="99", token="another-token")
    site.run(admin.register_number(site.admin, site.alice.account_id, other))
    site.run(site.runtime.directory.reload())

    async def read(self: Any, number: Any, provider_id: str) -> Any:
        return self.known.get(provider_id) if number.token == "another-token" else None

    monkeypatch.setattr(type(provider), "read", read)
    changed = template(text=OTHER)["components"]
    answer = site.call("PATCH", f"/v1/templates/{one['id']}", {"components": changed}).json
    assert answer["definition"]["components"][0]["text"] == OTHER


@of_one_engine
def test_a_webhook_in_the_midst_of_a_change_hides_nothing_of_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider, one = scripted(site), made(site)
    edit, place = type(provider).edit, Place(site.alice.account_id, WABA)

    async def edited(self: Any, number: Any, provider_id: str, draft: Any) -> None:
        await edit(self, number, provider_id, draft)
        site.clock.advance(10)
        news, now = TemplateNews(provider_id=provider_id, status="PENDING"), site.clock.now()
        source = Source(word="webhook", at=now)
        await site.store.write(lambda tx: apply_news(tx, place, news, source, now))

    monkeypatch.setattr(type(provider), "edit", edited)
    changed = template(text=OTHER)["components"]
    answer = site.call("PATCH", f"/v1/templates/{one['id']}", {"components": changed}).json
    assert (answer["status"], answer["definition"]["components"][0]["text"]) == ("PENDING", OTHER)


@of_one_engine
def test_a_sample_is_handed_in_by_our_id(site: Site) -> None:
    provider = scripted(site)
    form = (
        b"--x\r\ncontent-disposition: form-data; name=file; filename=hat.png\r\n\r\n" + PNG + b"\r\n--x--\r\n"
    )
    kept = site.post("/v1/whatsapp/media", form, Content_Type="multipart/form-data; boundary=x")
    assert kept.status < 300, kept.raw
    header = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": [kept.json["id"]]}}
    answer = site.post("/v1/templates", template(components=[header, *template()["components"]]))
    assert answer.status == 200, answer.raw
    assert ("sample", PNG, "image/png", "hat.png") in provider.asked
    assert answer.json["definition"]["components"][0]["example"] == {"header_handle": ["4::handle"]}
    header["example"] = {"header_handle": ["med_01m83snzpke009rd099aez22px"]}
    unknown = site.post("/v1/templates", template("b", components=[header, *template()["components"]]))
    assert [rule for _, rule in unknown.problems] == ["sample"]


@of_one_engine
def test_a_message_of_it_is_drawn_with_what_is_wrong(site: Site) -> None:
    path = f"/v1/templates/{made(site)['id']}/render"
    parameters = [{"type": "text", "text": word} for word in ("Bo", "1")]
    components = [{"type": "body", "parameters": parameters}]
    drawn = site.post(path, {"components": components}).json
    assert (drawn["text"], drawn["problems"]) == ("Hello Bo, your order 1 is on its way to you today.", [])
    assert drawn["view"]["body"] == drawn["text"]
    assert site.post(path, {}).json["text"] == BODY.replace("{{1}}", "Ada").replace("{{2}}", "1047")
    components[0]["parameters"] = parameters[:1]
    [problem] = site.post(path, {"components": components}).json["problems"]
    assert (problem["pointer"], problem["rule"]) == ("/components/0/parameters", "missing_parameter")
    whole = {"name": "order_update", "language": {"code": "en_US"}, "components": components}
    [problem] = site.post(path, {"template": whole}).json["problems"]
    assert problem["pointer"] == "/template/components/0/parameters"


@of_one_engine
def test_a_test_key_changes_no_template_of_a_real_number(site: Site) -> None:
    scripted(site)
    real = number_form(
        "15550001009", phone_number_id="99", waba_id="3", base_url="https://graph.facebook.com/v26.0"
    )
    site.run(admin.register_number(site.admin, site.alice.account_id, real))
    site.run(site.runtime.directory.reload())
    body = template() | {"waba_id": "3"}
    assert site.post("/v1/templates", body, key=site.alice.test_key).reason == "test_key"
    assert site.post("/v1/templates", body).status == 200


def test_one_that_was_removed_long_ago_is_forgotten(site: Site) -> None:
    one, other = made(site), made(site, name="stays")
    site.call("DELETE", f"/v1/templates/{one['id']}")
    chore = next(chore for chore in CHORES if chore.name == "templates")
    for days, status in ((364, 200), (2, 404)):
        site.advance(days * 86_400)
        site.run(do_round(site.runtime, chore, lambda name: True))
        assert site.get(f"/v1/templates/{one['id']}").status == status
    assert len(site.get(f"/v1/templates/{other['id']}").json["history"]) == 2
