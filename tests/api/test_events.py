"""The log over the API: pages along it, and one event."""

import pytest

from tests.api.conftest import Site
from tests.api.event_log import emit, event, listed, types


def test_the_life_of_a_message_stands_in_the_log_in_its_order(site: Site) -> None:
    message_id = site.accepted()
    site.until(message_id, "submitted")
    [submitted] = listed(site)
    assert submitted["type"] == "message.submitted"
    assert (submitted["object_id"], submitted["sequence"]) == (message_id, 1)
    assert submitted["data"]["id"] == message_id
    assert submitted["data"]["submitted_at"] == submitted["timestamp"]
    assert site.get(f"/v1/events/{submitted['id']}").json == submitted


def test_pages_lead_through_the_whole_log_in_both_orders_and_back(site: Site) -> None:
    emit(site, *(event(site, "contact.changed", f"con_{n}") for n in range(7)))
    for order, wanted in (("oldest", list(range(7))), ("newest", list(range(7))[::-1])):
        seen: list[str] = []
        query, pages = f"limit=3&order={order}", []
        while True:
            page = site.get(f"/v1/events?{query}").json
            pages.append(page)
            seen += [event["object_id"] for event in page["data"]]
            if page["paging"]["next"] is None:
                break
            query = f"limit=3&order={order}&after={page['paging']['next']}"
        assert seen == [f"con_{n}" for n in wanted]
        assert [len(page["data"]) for page in pages] == [3, 3, 1]
        back = site.get(f"/v1/events?limit=3&order={order}&before={pages[2]['paging']['previous']}").json
        assert back["data"] == pages[1]["data"]
        first = site.get(f"/v1/events?limit=3&order={order}&before={back['paging']['previous']}")
        assert first.json["data"] == pages[0]["data"]
        assert first.json["paging"]["previous"] is None
        assert f"order={order}" in first.headers["Link"]


def test_a_program_goes_on_from_the_last_id_that_it_knows(site: Site) -> None:
    emit(site, event(site, "contact.changed"))
    [known] = listed(site)
    assert listed(site, f"after={known['id']}") == []
    emit(site, event(site, "contact.opted_in"), event(site, "contact.opted_out"))
    assert types(listed(site, f"after={known['id']}")) == ["contact.opted_in", "contact.opted_out"]


def test_the_log_is_narrowed_by_type_object_number_and_time(site: Site) -> None:
    now = site.clock.now()
    emit(
        site,
        event(site, "message.read", "msg_a", number_id=site.alice.number_id, at=now - 60_000),
        event(site, "message.sent", "msg_b", number_id="num_other", at=now),
        event(site, "contact.changed", "con_a", at=now + 60_000),
    )
    for query, wanted in (
        ("types=message.*", ["message.read", "message.sent"]),
        ("types=message.read,contact.changed", ["message.read", "contact.changed"]),
        ("types=*", ["message.read", "message.sent", "contact.changed"]),
        ("object_id=msg_b", ["message.sent"]),
        ("object_id=msg_b&types=contact.*", []),
        ("object_id=con_a&order=newest&limit=1", ["contact.changed"]),
        ("number=%2B15550001001", ["message.read"]),
        ("number=15550009999", []),
    ):
        assert types(listed(site, query)) == wanted, query
    middle = listed(site, "object_id=msg_b")[0]["timestamp"]
    assert types(listed(site, f"since={middle}")) == ["message.sent", "contact.changed"]
    assert types(listed(site, f"until={middle}")) == ["message.read"]


def test_a_rare_type_is_looked_for_page_by_page(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trunkline.store.events.MOST_LOOKED_AT", 10)
    many = [event(site, "contact.changed") for _ in range(25)]
    emit(site, *many[:23], event(site, "number.held"), *many[23:])
    for order in ("oldest", "newest"):
        found, pages, query = [], 0, f"types=number.*&order={order}"
        while query:
            page = site.get(f"/v1/events?{query}").json
            found += types(page["data"])
            pages += 1
            after = page["paging"]["next"]
            query = f"types=number.*&order={order}&after={after}" if after else ""
        assert (found, pages) == (["number.held"], 3)


def test_a_list_that_can_not_be_made_is_refused(site: Site) -> None:
    one = "evt_01h455vb4pex5vsknk084sn02q"
    for query, pointer in (
        ("types=message.lost", "?types"),
        ("types=", "?types"),
        ("after=evt_1", "?after"),
        ("after=msg_01h455vb4pex5vsknk084sn02q", "?after"),
        ("limit=1001", "?limit"),
        ("object_id=%00", "?object_id"),
        ("since=yesterday", "?since"),
        ("number=abc", "?number"),
        ("order=random", "?order"),
        ("colour=red", "?colour"),
        (f"after={one}&before={one}", "?before"),
    ):
        answer = site.get(f"/v1/events?{query}")
        assert (answer.status, [pointer for pointer, _ in answer.problems]) == (400, [pointer]), query


def test_an_unknown_event_is_not_found(site: Site) -> None:
    for event_id in ("evt_01h455vb4pex5vsknk084sn02q", "x", "msg_01h455vb4pex5vsknk084sn02q"):
        assert site.get(f"/v1/events/{event_id}").status == 404
