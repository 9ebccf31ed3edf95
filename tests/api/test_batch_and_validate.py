"""Many messages at once, and the dry run."""

from typing import Any

from tests.api.conftest import TEXT, Site, number_form
from trunkline import admin
from trunkline.channels.whatsapp_cloud.content import EXAMPLES

BAD = {"to": "12", "type": "text", "text": {"body": ""}}


def test_each_message_of_a_batch_has_its_own_result_in_its_place(site: Site) -> None:
    answer = site.post("/v1/messages/batch", {"messages": [TEXT, BAD, 7, EXAMPLES["image"]]})
    assert answer.status == 200
    first, second, third, fourth = answer.json["results"]
    assert list(first) == list(fourth) == ["id"]
    assert second["error"]["reason"] == "invalid_request"
    assert [problem["pointer"] for problem in second["error"]["problems"]] == ["/to", "/text/body"]
    assert third["error"]["problems"][0]["rule"] == "type"
    assert site.rows()["messages"] == 2
    for message_id in (first["id"], fourth["id"]):
        site.until(message_id, "submitted")


def test_a_batch_may_be_the_array_alone(site: Site) -> None:
    answer = site.post("/v1/messages/batch", [TEXT])
    assert answer.json["results"][0]["id"].startswith("msg_")


def test_a_thousand_messages_are_stored_in_one_unit_and_sent_in_their_order(site: Site) -> None:
    bodies = [TEXT | {"to": f"1555001{n:04}"} for n in range(1000)]
    answer = site.post("/v1/messages/batch", {"messages": bodies})
    ids = [result["id"] for result in answer.json["results"]]
    assert len(set(ids)) == 1000
    assert ids == sorted(ids)
    assert site.rows()["messages"] == 1000
    assert site.until(ids[7], "submitted")["to"] == "15550010007"


def test_what_is_no_batch_is_refused_whole(site: Site) -> None:
    cases: list[tuple[Any, tuple[str, str]]] = [
        ({"messages": []}, ("/messages", "too_few")),
        ([], ("", "too_few")),
        ({"messages": [{}] * 1001}, ("/messages", "too_many")),
        ({"messages": {}}, ("/messages", "type")),
        ({}, ("/messages", "type")),
        ("text", ("", "type")),
        ({"messages": [TEXT], "account": "bob"}, ("/account", "unknown_member")),
    ]
    for body, problem in cases:
        answer = site.post("/v1/messages/batch", body)
        assert (answer.status, answer.problems) == (400, [problem])
        assert answer.headers["Content-Type"] == "application/problem+json"
    assert site.rows()["messages"] == 0


def test_a_batch_without_one_good_message_stores_nothing(site: Site) -> None:
    before = site.rows()
    answer = site.post("/v1/messages/batch", {"messages": [BAD, BAD]}, Idempotency_Key="k")
    assert answer.status == 200
    assert all("error" in result for result in answer.json["results"])
    assert site.rows() == before


def test_the_dry_run_shows_what_the_provider_would_get_and_stores_nothing(site: Site) -> None:
    before = site.rows()
    for name, example in EXAMPLES.items():
        answer = site.post("/v1/messages/validate", example)
        assert answer.status == 200, name
        verdict = answer.json
        assert (verdict["valid"], verdict["problems"], verdict["from"]) == (True, [], "15550001001")
        assert verdict["would_send"]["messaging_product"] == "whatsapp"
    assert site.rows() == before
    assert site.provider.sent == []


def test_the_dry_run_warns_of_what_is_doubtful(site: Site) -> None:
    [warning] = site.post("/v1/messages/validate", TEXT).json["warnings"]
    assert (warning["pointer"], warning["rule"]) == ("/to", "phone_doubtful")


def test_the_dry_run_says_everything_that_is_wrong(site: Site) -> None:
    before = site.rows()
    answer = site.post("/v1/messages/validate", BAD | {"from": "15550009999"})
    assert answer.status == 200
    verdict = answer.json
    assert (verdict["valid"], verdict["would_send"], verdict["from"]) == (False, None, None)
    assert [problem["pointer"] for problem in verdict["problems"]] == ["/to", "/text/body", "/from"]
    assert site.rows() == before


def test_the_dry_run_knows_that_a_test_key_may_not_send_through_a_real_number(site: Site) -> None:
    real = number_form("15550001001", base_url="https://graph.facebook.com/v26.0")
    site.run(admin.register_number(site.admin, site.alice.account_id, real))
    site.run(site.api.changed())
    verdict = site.post("/v1/messages/validate", TEXT, key=site.alice.test_key).json
    assert verdict["valid"] is False
    assert verdict["problems"][0]["rule"] == "test_key"


def test_the_dry_run_names_the_message_referred_to_as_the_provider_knows_it(site: Site) -> None:
    message_id = site.accepted()
    wamid = site.until(message_id, "submitted")["provider_id"]
    verdict = site.post("/v1/messages/validate", TEXT | {"context": {"message_id": message_id}}).json
    assert verdict["would_send"]["context"] == {"message_id": wamid}


def test_the_dry_run_refuses_what_is_not_json_like_any_route(site: Site) -> None:
    answer = site.post("/v1/messages/validate", b"{")
    assert (answer.status, answer.reason) == (400, "bad_json")
