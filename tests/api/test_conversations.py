"""Conversations, contacts and inbound messages through the front door, on both engines."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.api.conftest import TEXT, Site
from tests.api.people import wrote
from trunkline.store.postgres import PostgresTx
from trunkline.store.queries import Query
from trunkline.store.sqlite import SqliteTx

HOUR = 3600
ADA, BEN = "15550002222", "15550003333"


def listed(site: Site, query: str = "") -> list[dict[str, Any]]:
    answer = site.get(f"/v1/conversations{query}")
    assert answer.status == 200, answer.raw
    return list(answer.json["data"])


def test_whoever_wrote_last_is_first(site: Site) -> None:
    ada, ben = wrote(site, ADA), wrote(site, BEN)
    wrote(site, ADA, "once more")
    found = listed(site)
    assert [one["id"] for one in found] == [ada["conversation_id"], ben["conversation_id"]]
    first = found[0]
    assert (first["number"], first["contact"]["phone"], first["contact"]["name"]) == (
        "15550001001",
        ADA,
        "Ada",
    )
    assert first["last_message"]["content"] == {"text": {"body": "once more"}}
    assert [one["unread"] for one in found] == [2, 1]


def test_a_page_goes_on_where_the_last_one_ended(site: Site) -> None:
    ids = [wrote(site, f"1555000{n}")["conversation_id"] for n in range(4000, 4005)]
    found, after = [], ""
    for size in (2, 2, 1):
        page = site.get(f"/v1/conversations?limit=2{after}").json
        assert len(page["data"]) == size
        found += [one["id"] for one in page["data"]]
        cursor = page["paging"]["next"]
        if cursor is not None:
            after = f"&after={cursor}"
    assert cursor is None
    assert found == ids[::-1]
    foreign = site.get(f"/v1/conversations?limit=2{after}", key=site.bob.live_key)
    assert (foreign.status, foreign.problems) == (400, [("?after", "cursor")])


def test_a_page_asks_the_store_as_often_for_many_as_for_one(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    for kind in (SqliteTx, PostgresTx):
        for name in ("fetch", "fetch_one", "fetch_many"):
            monkeypatch.setattr(kind, name, counted(getattr(kind, name), asked))
    newest, counts = [], []
    for n in range(4000, 4004):
        wrote(site, f"1555000{n}", user_id=f"US.{n}")
        newest.append(site.accepted(to=f"1555000{n}") if n % 2 else wrote(site, f"1555000{n}", "more")["id"])
        asked.clear()
        found = listed(site)
        counts.append(len([name for name in asked if name.startswith(PAGES)]))
    assert [one["last_message"]["id"] for one in found] == newest[::-1]
    assert counts == counts[:1] * 4
    assert 4 <= counts[0] <= 15


PAGES = ("conversation_pages.", "inbound.of_", "contacts.addresses_of", "suppressions.also_")


def counted(method: Any, asked: list[str]) -> Any:
    async def count(tx: Any, query: Query, *rows: Any, **values: Any) -> Any:
        asked.append(query.name)
        return await method(tx, query, *rows, **values)

    return count


def test_the_list_is_narrowed_to_a_number_and_a_person(site: Site) -> None:
    ada, ben = wrote(site, ADA, user_id="US.ada"), wrote(site, BEN)
    assert [one["id"] for one in listed(site, f"?contact={BEN}")] == [ben["conversation_id"]]
    assert [one["id"] for one in listed(site, "?contact=US.ada")] == [ada["conversation_id"]]
    assert [one["id"] for one in listed(site, f"?contact={ada['contact_id']}")] == [ada["conversation_id"]]
    assert len(listed(site, "?number=15550001001")) == 2
    assert listed(site, "?number=15550001002") == [] == listed(site, "?contact=15550009999")


def test_a_conversation_says_until_when_it_may_be_answered(site: Site) -> None:
    message = wrote(site, ADA)
    path = f"/v1/conversations/{message['conversation_id']}"
    window = site.get(path).json["window"]
    assert window["is_open"] is True
    assert window["closes_at"][:10] > message["at"][:10]
    assert window["free_entry_closes_at"] is None is window["free_entry_offered_until"]
    site.advance(25 * HOUR)
    assert site.get(path).json["window"] == window | {"is_open": False}


def test_what_is_only_told_of_a_person_opens_no_window(site: Site) -> None:
    message = wrote(site, ADA, type="system", system={"type": "user_identity_changed"})
    window = site.get(f"/v1/conversations/{message['conversation_id']}").json["window"]
    assert (window["is_open"], window["closes_at"]) == (False, None)


def test_an_advertisement_offers_a_free_entry_window_that_an_answer_opens(site: Site) -> None:
    referral = {"source_type": "ad", "source_id": "1", "source_url": "https://example.com", "ctwa_clid": "x"}
    message = wrote(site, ADA, referral=referral)
    path = f"/v1/conversations/{message['conversation_id']}"
    assert site.get(path).json["window"]["free_entry_offered_until"] is not None
    site.until(site.accepted(), "submitted")
    window = site.get(path).json["window"]
    assert window["free_entry_offered_until"] is None
    assert window["free_entry_closes_at"] > window["closes_at"]


def test_what_both_sides_said_stands_in_order(site: Site) -> None:
    first = wrote(site, ADA, user_id="US.ada")
    answered = site.accepted()
    second = wrote(site, ADA, "thanks", user_id="US.ada")
    by_user_id = site.send({"recipient": "US.ada", "type": "text", "text": {"body": "welcome"}}).json["id"]
    site.accepted(to=BEN)
    site.send({"status": "read", "message_id": second["provider_id"]})
    path = f"/v1/conversations/{first['conversation_id']}/messages"
    said = site.get(path).json["data"]
    assert [one["id"] for one in said] == [by_user_id, second["id"], answered, first["id"]]
    assert [one["direction"] for one in said] == ["outbound", "inbound", "outbound", "inbound"]
    page = site.get(f"{path}?limit=3").json
    rest = site.get(f"{path}?limit=3&after={page['paging']['next']}").json
    assert [one["id"] for one in page["data"] + rest["data"]] == [one["id"] for one in said]
    assert listed(site)[0]["last_message"]["id"] == by_user_id


def test_marking_as_read_goes_out_as_a_read_mark(site: Site) -> None:
    wrote(site, ADA)
    last = wrote(site, ADA, "and this")
    path = f"/v1/conversations/{last['conversation_id']}"
    assert site.get(path).json["unread"] == 2
    mark = site.post(f"{path}/read", Idempotency_Key="once").json["id"]
    assert site.post(f"{path}/read", Idempotency_Key="once").json["id"] == mark
    site.until(mark, "submitted")
    [out] = site.provider.sent
    assert (out.type, out.context_id) == ("read", last["provider_id"])
    assert site.get(path).json["unread"] == 0
    wrote(site, ADA, "later")
    assert site.get(path).json["unread"] == 1


def test_a_call_is_no_message_that_can_be_marked(site: Site) -> None:
    call = {"type": "call", "call": {"event": "connect", "direction": "USER_INITIATED"}}
    only = wrote(site, BEN, **call)
    assert site.post(f"/v1/conversations/{only['conversation_id']}/read").reason == "not_found"
    message = wrote(site, ADA)
    wrote(site, ADA, **call)
    path = f"/v1/conversations/{message['conversation_id']}"
    site.until(site.post(f"{path}/read").json["id"], "submitted")
    assert site.provider.sent[-1].context_id == message["provider_id"]
    assert site.get(path).json["unread"] == 0


def test_typing_is_shown_with_a_read_mark(site: Site) -> None:
    message = wrote(site, ADA)
    mark = site.post(f"/v1/conversations/{message['conversation_id']}/typing").json["id"]
    site.until(mark, "submitted")
    assert site.provider.sent[0].content == {"status": "read", "typing_indicator": {"type": "text"}}


def test_a_read_mark_of_the_send_route_marks_the_conversation_as_well(site: Site) -> None:
    message = wrote(site, ADA)
    assert site.send({"status": "read", "message_id": message["id"]}).status == 200
    assert site.get(f"/v1/conversations/{message['conversation_id']}").json["unread"] == 0


@pytest.mark.parametrize("name", ["id", "provider_id"])
def test_an_inbound_message_is_found_by_either_id(site: Site, name: str) -> None:
    out = site.until(site.accepted(), "submitted")
    assert out["direction"] == "outbound"
    message = wrote(site, ADA, "yes", context={"from": "15550001001", "id": out["provider_id"]})
    shown = site.get(f"/v1/messages/{quote(message[name], safe='')}").json
    assert shown == message
    assert (shown["direction"], shown["from"], shown["to"]) == ("inbound", ADA, "15550001001")
    assert shown["context"] == {"message_id": out["id"]}
    assert shown["content"] == {"text": {"body": "yes"}}


def test_a_reply_a_reaction_and_a_read_mark_name_an_inbound_message_by_our_id(site: Site) -> None:
    message = wrote(site, ADA)
    reaction = {"to": ADA, "type": "reaction", "reaction": {"message_id": message["id"], "emoji": "👍"}}
    bodies = [TEXT | {"context": {"message_id": message["id"]}}, reaction]
    for body in (*bodies, {"status": "read", "message_id": message["id"]}):
        answer = site.send(body)
        assert answer.status == 200, answer.raw
        site.until(answer.json["id"], "submitted")
    assert {out.context_id for out in site.provider.sent} == {message["provider_id"]}
    theirs = site.send(bodies[0], key=site.bob.live_key)
    assert theirs.problems == [("/context/message_id", "unknown_message")]


def test_contacts_are_listed_and_found_by_any_address(site: Site) -> None:
    ada = wrote(site, ADA, user_id="US.ada")["contact_id"]
    ben = wrote(site, BEN)["contact_id"]
    page = site.get("/v1/contacts?limit=1").json
    rest = site.get(f"/v1/contacts?limit=1&after={page['paging']['next']}").json
    assert [one["id"] for one in page["data"] + rest["data"]] == [ben, ada]
    assert rest["paging"]["next"] is None
    for path in (f"/v1/contacts/{ada}", "/v1/contacts/US.ada", f"/v1/contacts/{ADA}"):
        assert site.get(path).json["addresses"] == sorted([ADA, "US.ada"])
    assert [one["id"] for one in site.get(f"/v1/contacts?address=%2B{BEN}").json["data"]] == [ben]
    assert site.get("/v1/contacts/15550009999").status == 404
