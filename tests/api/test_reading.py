"""Reading messages back: one with its life, lists with their cursors, and withdrawing."""

import hmac
import json
from typing import Any
from urllib.parse import quote, urlencode

from tests.api.conftest import APP_SECRET, OPERATOR, TEXT, Site
from trunkline.channels.contract import Ambiguous, NotSent

LATER = "2027-11-22T17:00:00Z"


def report(site: Site, provider_id: str, status: str, at: int, **more: Any) -> None:
    """The provider's webhook, signed, to alice's hook."""
    number = site.runtime.directory.numbers[site.alice.number_id]
    account = site.runtime.directory.accounts[site.alice.account_id]
    fact = {"id": provider_id, "status": status, "timestamp": str(at), "recipient_id": "15550002222"} | more
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": number.phone_number_id}}
    change = {"field": "messages", "value": value | {"statuses": [fact]}}
    body = json.dumps({"object": "whatsapp_business_account", "entry": [{"changes": [change]}]}).encode()
    signature = "sha256=" + hmac.digest(APP_SECRET.encode(), body, "sha256").hex()
    path = f"/hooks/whatsapp_cloud/{account.hook_key}"
    assert site.post(path, body, key=None, **{"X-Hub-Signature-256": signature}).status == 200


def test_a_life_is_told_from_queued_to_read_with_times(site: Site) -> None:
    message_id = site.accepted()
    wamid = site.until(message_id, "submitted")["provider_id"]
    now = site.clock.now() // 1000
    for status in ("delivered", "sent", "read"):  # in whatever order they come
        report(site, wamid, status, now)
    message = site.until(message_id, "read")
    states = [entry["state"] for entry in message["timeline"]]
    assert states == ["queued", "sending", "submitted", "sent", "delivered", "read"]
    times = [entry["at"] for entry in message["timeline"]]
    assert times == sorted(times)
    assert all(time.endswith("Z") and len(time) == 24 for time in times)
    sending, submitted = message["timeline"][1:3]
    assert sending["attempt_id"] == message_id.removeprefix("msg_") + "-1"
    assert submitted["outcome"] == "taken"
    [attempt] = message["attempts"]
    assert (attempt["id"], attempt["outcome"], attempt["in_doubt"]) == (sending["attempt_id"], "taken", False)


def test_a_message_reads_as_it_was_accepted(site: Site) -> None:
    message_id = site.accepted(biz_opaque_callback_data="order 81", send_at=LATER)
    message = site.get(f"/v1/messages/{message_id}").json
    assert {
        name: message[name] for name in ("id", "type", "from", "to", "recipient", "state", "content")
    } == {
        "id": message_id,
        "type": "text",
        "from": "15550001001",
        "to": "15550002222",
        "recipient": None,
        "state": "scheduled",
        "content": {"text": {"body": "hello"}},
    }
    assert message["due_at"] == "2027-11-22T17:00:00.000Z"
    assert message["biz_opaque_callback_data"] == "order 81"
    assert message["timeline"][0]["detail"] == "for 2027-11-22T17:00:00.000Z"
    assert message["attempts"] == []


def test_the_providers_id_finds_the_message_too_whatever_letters_are_in_it(site: Site) -> None:
    message_id = site.accepted()
    wamid = site.until(message_id, "submitted")["provider_id"]
    assert "/" in wamid
    assert site.get(f"/v1/messages/{wamid}").json["id"] == message_id


def test_a_doubtful_attempt_is_shown_as_one_and_so_is_its_settlement(site: Site) -> None:
    site.provider.outcomes = [Ambiguous("the answer did not come")]
    message_id = site.accepted()
    message = site.until(message_id, "unknown")
    assert message["attempts"][0]["in_doubt"] is True
    assert message["timeline"][-1]["detail"] == "the answer did not come"
    token = site.provider.sent[0].token
    report(site, "wamid.late", "sent", site.clock.now() // 1000, biz_opaque_callback_data=token)
    message = site.until(message_id, "sent")
    assert [entry["state"] for entry in message["timeline"]] == [
        "queued",
        "sending",
        "unknown",
        "submitted",
        "sent",
    ]
    assert message["timeline"][3]["settled_by"] == "token"
    assert message["attempts"][0]["in_doubt"] is False


def test_a_send_that_never_left_shows_every_try(site: Site) -> None:
    site.provider.outcomes = [NotSent("connection refused")]
    message_id = site.accepted()
    message = site.until(message_id, "submitted")
    assert [(entry["state"], entry.get("attempt")) for entry in message["timeline"]] == [
        ("queued", None),
        ("sending", 1),
        ("queued", 1),
        ("sending", 2),
        ("submitted", 2),
    ]
    assert message["timeline"][2]["detail"] == "connection refused"


def test_there_is_nothing_behind_an_id_that_nobody_gave(site: Site) -> None:
    odd = ["%00", "a%00b", "..%2f..%2fetc", "x" * 600, "';--", "%ff", "%F0%9F%92%A9", "a/b/c"]
    for path in ["msg_01h455vb4pex5vsknk084sn02q", "msg_x", "wamid.unknown", *odd]:
        for method, address in (("GET", f"/v1/messages/{path}"), ("POST", f"/v1/messages/{path}/cancel")):
            answer = site.call(method, address)
            assert (answer.status, answer.reason) == (404, "not_found"), address


def ids_of(page: Any) -> list[str]:
    return [message["id"] for message in page["data"]]


def test_a_list_is_walked_forth_and_back_along_its_cursors(site: Site) -> None:
    made = [site.accepted(to=f"155500022{n:02}") for n in range(7)][::-1]
    pages, after = [], None
    while True:
        query = urlencode({"limit": 3} | ({"after": after} if after else {}))
        page = site.get(f"/v1/messages?{query}").json
        pages.append(page)
        after = page["paging"]["next"]
        if after is None:
            break
    assert [ids_of(page) for page in pages] == [made[:3], made[3:6], made[6:]]
    assert pages[0]["paging"]["previous"] is None
    back = site.get(f"/v1/messages?limit=3&before={pages[2]['paging']['previous']}").json
    assert ids_of(back) == made[3:6]
    first = site.get(f"/v1/messages?limit=3&before={back['paging']['previous']}").json
    assert ids_of(first) == made[:3]
    assert first["paging"]["previous"] is None
    assert first["paging"]["next"] == pages[0]["paging"]["next"]


def test_the_link_header_leads_to_the_neighbouring_pages_with_the_same_filters(site: Site) -> None:
    made = [site.accepted() for _ in range(3)][::-1]
    answer = site.get("/v1/messages?limit=1&type=text")
    [link] = answer.headers["Link"].split(", ")
    address, relation = link.split("; ")
    assert relation == 'rel="next"'
    second = site.get(address.strip("<>"))
    assert ids_of(second.json) == [made[1]]
    assert [part.split("; ")[1] for part in second.headers["Link"].split(", ")] == [
        'rel="next"',
        'rel="previous"',
    ]


def test_lists_that_only_go_onward_have_the_header_too(site: Site) -> None:
    site.post("/v1/suppressions/import", {"addresses": ["15550002222", "15550003333"]})
    for path in ("/v1/suppressions", "/v1/consents"):
        answer = site.get(f"{path}?limit=1")
        address, relation = answer.headers["Link"].split("; ")
        assert relation == 'rel="next"'
        second = site.get(address.strip("<>"))
        assert len(second.json["data"]) == 1 and second.json["data"] != answer.json["data"]
        assert "Link" not in second.headers


def test_filters_narrow_a_list(site: Site) -> None:
    plain = site.accepted()
    later = site.accepted(to="15550003333", send_at=LATER)
    mark = site.send({"status": "read", "message_id": "wamid.inbound"}).json["id"]
    user = site.send({"recipient": "US.12345", "type": "text", "text": {"body": "hi"}}).json["id"]
    site.until(plain, "submitted")

    def found(**query: Any) -> set[str]:
        answer = site.get(f"/v1/messages?{urlencode(query)}")
        assert answer.status == 200, answer.raw
        return set(ids_of(answer.json))

    assert found() == {plain, later, user}
    assert found(type="read") == {mark}
    assert found(state="scheduled") == {later}
    assert found(to="+1 (555) 000-3333") == {later}
    assert found(to="US.12345") == {user}
    assert found(**{"from": "+15550001001"}) == {plain, later, user}
    assert found(**{"from": "15550001002"}) == set()
    assert found(to="15550002222", state="scheduled") == set()
    moment = site.get(f"/v1/messages/{later}").json["created_at"]
    assert plain not in found(created_from=moment)
    assert later in found(created_from=moment)
    assert later not in found(created_to=moment)
    assert found(created_from="2026-01-01T00:00:00+01:00") == {plain, later, user}


def test_messages_of_a_number_that_was_removed_stay_readable(site: Site) -> None:
    message_id = site.accepted(send_at=LATER)
    assert site.call("DELETE", f"/v1/numbers/{site.alice.number_id}").status == 204
    assert site.get(f"/v1/messages/{message_id}").json["from"] == "15550001001"
    assert ids_of(site.get("/v1/messages?from=15550001001").json) == [message_id]


def test_a_wrong_query_is_explained(site: Site) -> None:
    cases = [
        ("limit=0", [("?limit", "out_of_range")]),
        ("limit=101", [("?limit", "out_of_range")]),
        ("limit=%D9%A1", [("?limit", "out_of_range")]),
        ("state=sended", [("?state", "one_of")]),
        ("created_from=yesterday", [("?created_from", "format")]),
        ("created_from=2026-11-22T17:00:00", [("?created_from", "format")]),
        ("from=abc", [("?from", "phone_characters")]),
        ("to=%00", [("?to", "nul_character")]),
        ("type=TEXT%27", [("?type", "format")]),
        ("page=2", [("?page", "unknown_member")]),
        ("limit=1&limit=2", [("?limit", "duplicate")]),
        ("limit=x&state=y", [("?limit", "out_of_range"), ("?state", "one_of")]),
        ("after=x", [("?after", "cursor")]),
        ("before=%F0%9F%92%A9", [("?before", "cursor")]),
        ("&".join(f"a{n}=1" for n in range(101)), [("?", "too_many")]),
    ]
    for query, problems in cases:
        answer = site.get(f"/v1/messages?{query}")
        assert (answer.status, answer.problems) == (400, problems), query


def test_a_cursor_that_was_altered_or_is_another_accounts_is_refused(site: Site) -> None:
    for _ in range(2):
        site.accepted()
    cursor = site.get("/v1/messages?limit=1").json["paging"]["next"]
    altered = ("0" if cursor[5] != "0" else "1").join((cursor[:5], cursor[6:]))
    for wrong in (altered, cursor[:-1], cursor.upper(), cursor + "0"):
        assert site.get(f"/v1/messages?after={quote(wrong)}").problems == [("?after", "cursor")]
    assert site.get(f"/v1/messages?after={cursor}").status == 200
    assert site.get(f"/v1/messages?after={cursor}&before={cursor}").problems == [("?before", "exactly_one")]
    theirs = site.get(f"/v1/messages?after={cursor}", key=site.bob.live_key)
    assert theirs.problems == [("?after", "cursor")]


def test_what_has_not_been_sent_can_be_withdrawn_once(site: Site) -> None:
    message_id = site.accepted(send_at=LATER)
    answer = site.post(f"/v1/messages/{message_id}/cancel")
    assert (answer.status, answer.json["state"]) == (200, "canceled")
    assert [entry["state"] for entry in answer.json["timeline"]] == ["scheduled", "canceled"]
    again = site.post(f"/v1/messages/{message_id}/cancel")
    assert (again.status, again.reason) == (409, "wrong_state")
    assert again.json["problems"][0]["found"] == '"canceled"'
    assert site.provider.sent == []


def test_what_was_sent_can_not_be_withdrawn(site: Site) -> None:
    message_id = site.accepted()
    wamid = site.until(message_id, "submitted")["provider_id"]
    for known_as in (message_id, wamid):
        answer = site.post(f"/v1/messages/{known_as}/cancel")
        assert (answer.status, answer.reason) == (409, "wrong_state")
        assert "submitted" in answer.json["detail"]


def test_the_operator_reads_on_behalf_of_an_account(site: Site) -> None:
    message_id = site.accepted()
    for header, status in (("bob", 404), ("alice", 200), (site.alice.account_id, 200)):
        answer = site.get(f"/v1/messages/{message_id}", key=OPERATOR, Trunkline_Account=header)
        assert answer.status == status
    assert site.get(f"/v1/messages/{message_id}", key=OPERATOR).status == 200
    assert site.send(TEXT, key=OPERATOR, Trunkline_Account="nobody").reason == "not_found"
