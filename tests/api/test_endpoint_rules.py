"""What an endpoint and a mapping can not be, and who may have them."""

from typing import Any

import pytest

from tests.api.conftest import OPERATOR, Site, number_form
from tests.api.test_endpoints import URL, added, mapping
from trunkline import admin
from trunkline.delivery import endpoints


@pytest.fixture
def engine() -> str:
    return "sqlite"


REFUSED: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({"url": "http://hooks.example.com:443/"}, ("/url", "scheme")),
    ({"url": "https://127.0.0.1/"}, ("/url", "forbidden_address")),
    ({"url": "https://example.com:22/"}, ("/url", "port")),
    ({"event_types": ["message.eaten"]}, ("/event_types/0", "unknown_event")),
    ({"event_types": []}, ("/event_types", "too_few")),
    ({"number_id": "num_nobody"}, ("/number_id", "unknown_number")),
    ({"format": "xml"}, ("/format", "one_of")),
    ({"format": "meta", "event_types": ["*", "message.unknown"]}, ("/event_types/1", "not_in_meta")),
    ({"batch_size": 0}, ("/batch_size", "out_of_range")),
    ({"secret": "whsec_mine"}, ("/secret", "unknown_member")),
]


def test_what_an_endpoint_can_not_be(site: Site) -> None:
    made = added(site)
    for body, problem in REFUSED:
        answer = site.post("/v1/endpoints", {"url": URL} | body)
        assert (answer.status, answer.problems) == (400, [problem]), body
        assert site.call("PATCH", f"/v1/endpoints/{made['id']}", body).problems == [problem], body


def test_an_endpoint_a_change_and_a_mapping_are_told_all_that_is_wrong_at_once(site: Site) -> None:
    wrong = {"url": "http://user:x@169.254.169.254/#a", "event_types": ["msg.*"], "number_id": "num_x"}
    url = {("/url", rule) for rule in ("scheme", "user_info", "forbidden_address", "fragment")}
    others = {("/event_types/0", "unknown_event"), ("/number_id", "unknown_number")}
    assert set(site.post("/v1/endpoints", wrong).problems) == url | others
    changed = site.call("PATCH", f"/v1/endpoints/{added(site)['id']}", wrong | {"state": "active"})
    assert set(changed.problems) == url | others | {("/state", "unknown_member")}
    mixed = {"url": URL, "format": "meta", "event_types": ["msg.*", "message.unknown"]}
    answer = site.post("/v1/endpoints", mixed)
    assert answer.problems == [("/event_types/0", "unknown_event"), ("/event_types/1", "not_in_meta")]
    assert all("expected" in problem for problem in answer.json["problems"])
    mapped = site.post("/webhook/mapping", mapping(url="ftp://x:y@z/#", waba_number="1", headers="no"))
    assert {("/url", "user_info"), ("/url", "fragment"), ("/headers", "type")} < set(mapped.problems)
    assert "/waba_number" in {pointer for pointer, _ in mapped.problems}


def test_null_is_a_value_only_where_it_clears_something(site: Site) -> None:
    path = f"/v1/endpoints/{added(site, per_second=5)['id']}"
    nulls = dict.fromkeys(("url", "format", "event_types", "is_ordered", "per_second", "number_id"))
    answer = site.call("PATCH", path, nulls)
    names = ["/url", "/format", "/event_types", "/is_ordered"]
    assert (answer.status, answer.problems) == (400, [(name, "type") for name in names])
    assert site.get(path).json["per_second"] == 5
    number = site.call("PATCH", f"/v1/numbers/{site.alice.number_id}", {"window_policy": None}, key=OPERATOR,
                       Trunkline_Account="alice")  # fmt: skip
    assert (number.status, number.problems) == (400, [("/window_policy", "type")])


def test_what_needs_no_body_takes_none_or_an_empty_object(site: Site) -> None:
    paths = [f"/v1/endpoints/{added(site)['id']}/{what}" for what in ("pause", "enable", "test")]
    paths += [f"/v1/conversations/cnv_x/{what}" for what in ("read", "typing")]
    paths += [f"/v1/messages/msg_x/{what}" for what in ("cancel", "resend", "abandon")]
    for path in paths:
        assert (site.post(path, b"{bad").status, site.post(path, b"{bad").reason) == (400, "bad_json"), path
        assert site.post(path, {"reson": 1}).problems == [("/reson", "unknown_member")], path
        assert site.post(path, []).problems == [("", "type")], path
    assert site.get(paths[0].removesuffix("/pause")).json["state"] == "active"  # nothing was done
    assert [site.post(path, {}).status for path in paths[:3]] == [200, 200, 202]
    assert [site.post(path).status for path in paths] == [200, 200, 202] + [404] * 5


def test_another_accounts_number_is_unknown_here(site: Site) -> None:
    answer = site.post("/v1/endpoints", {"url": URL, "number_id": site.bob.number_id})
    assert answer.problems == [("/number_id", "unknown_number")]


def test_a_change_to_meta_looks_at_the_events_that_were_chosen_before(site: Site) -> None:
    made = added(site, event_types=["message.unknown"])
    answer = site.call("PATCH", f"/v1/endpoints/{made['id']}", {"format": "meta"})
    assert answer.problems == [("/event_types/0", "not_in_meta")]


def test_a_test_key_is_for_endpoints_without_events_of_real_numbers(site: Site) -> None:
    key = site.alice.test_key
    everything = site.post("/v1/endpoints", {"url": URL}, key=key).json["id"]
    form = number_form("15550001003", base_url="https://graph.facebook.com/v26.0")
    real = site.run(admin.register_number(site.admin, site.alice.account_id, form)).id
    site.run(site.runtime.directory.reload())
    path = f"/v1/endpoints/{everything}"
    assert site.get(path, key=key).status == 200
    refused = [
        site.post("/v1/endpoints", {"url": URL}, key=key),
        site.post("/v1/endpoints", {"url": URL, "number_id": real}, key=key),
        site.call("PATCH", path, {"number_id": site.alice.number_id}, key=key),
        site.call("DELETE", path, key=key),
        site.post(f"{path}/rotate-secret", key=key),
        site.post(f"{path}/pause", key=key),
        site.post(f"{path}/enable", key=key),
        site.post(f"{path}/test", key=key),
        site.post(f"{path}/replay", {"failed_only": True}, key=key),
        site.post("/webhook/mapping", mapping(waba_number="15550001003", phone_number_id=None), key=key),
        site.call("DELETE", "/webhook/mapping/15550001003", key=key),
    ]
    assert [(answer.status, answer.reason) for answer in refused] == [(403, "scope_missing")] * 11
    sandbox = site.post("/v1/endpoints", {"url": URL, "number_id": site.alice.number_id}, key=key)
    assert sandbox.status == 201
    path = f"/v1/endpoints/{sandbox.json['id']}"
    assert site.call("PATCH", path, {"number_id": None}, key=key).reason == "scope_missing"
    assert site.call("DELETE", path, key=key).status == 204
    assert site.post("/webhook/mapping", mapping(), key=key).status == 201


def test_an_account_has_a_hundred_endpoints_at_most(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert endpoints.MOST == 100
    monkeypatch.setattr(endpoints, "MOST", 3)
    for _ in range(3):
        made = added(site)
    assert site.post("/v1/endpoints", {"url": URL}).problems == [("", "too_many")]
    assert site.post("/webhook/mapping", mapping()).problems == [("", "too_many")]
    assert site.post("/v1/endpoints", {"url": URL}, key=site.bob.live_key).status == 201
    assert site.call("DELETE", f"/v1/endpoints/{made['id']}").status == 204
    added(site)


def test_an_endpoint_has_an_empty_log_at_first(site: Site) -> None:
    path = f"/v1/endpoints/{added(site)['id']}"
    for name in ("deliveries", "attempts"):
        assert site.get(f"{path}/{name}").json == {"data": [], "paging": {"next": None}}
        assert site.get(f"{path}/{name}?after=nonsense").problems == [("?after", "cursor")]
    assert site.get(f"{path}/attempts?event_id=nonsense").problems == [("?event_id", "format")]


def test_what_can_not_be_mapped(site: Site) -> None:
    rows: list[tuple[dict[str, Any], tuple[str, str]]] = [
        ({"waba_number": "15550001002"}, ("/waba_number", "unknown_number")),
        ({"phone_number_id": "1"}, ("/phone_number_id", "unknown_number")),
        ({"url": "https://127.0.0.1/"}, ("/url", "forbidden_address")),
        ({"headers": "no"}, ("/headers", "type")),
    ]
    for changes, problem in rows:
        assert site.post("/webhook/mapping", mapping(**changes)).problems == [problem], changes


def test_the_operator_maps_for_an_account(site: Site) -> None:
    answer = site.call(
        "POST", "/webhook/mapping", mapping(waba_number="15550001002", phone_number_id="915550001002"),
        key=OPERATOR, Trunkline_Account="bob",
    )  # fmt: skip
    assert answer.status == 201
    assert site.get("/v1/endpoints").json["data"] == []
