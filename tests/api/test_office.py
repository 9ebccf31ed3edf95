"""Numbers, keys and accounts."""

from typing import Any

from tests.api.conftest import APP_SECRET, OPERATOR, TEXT, Site, number_form
from trunkline import admin
from trunkline.channels.contract import Refused, SendError

NUMBER = {
    "from": "+1 555 000 7000",
    "phone_number_id": "777",
    "waba_id": "888",
    "token": "provider-token-of-a-number",
    "app_id": "999",
    "app_secret": "app-secret-of-a-number",
    "base_url": "http://127.0.0.1:9/v26.0/",
}


def register(site: Site, **changes: Any) -> Any:
    return site.post("/v1/numbers", NUMBER | changes, key=OPERATOR, Trunkline_Account="alice")


def test_numbers_are_listed_without_their_secrets(site: Site) -> None:
    answer = site.get("/v1/numbers")
    [number] = answer.json["data"]
    assert (number["id"], number["from"], number["is_default"]) == (site.alice.number_id, "15550001001", True)
    assert "provider-token" not in answer.raw.decode()
    assert APP_SECRET not in answer.raw.decode()


def test_a_number_that_is_registered_sends_at_once(site: Site) -> None:
    answer = register(site)
    assert answer.status == 201
    assert (answer.json["from"], answer.json["base_url"]) == ("15550007000", "http://127.0.0.1:9/v26.0")
    assert answer.json["messages_per_second"] == site.settings.dispatch.messages_per_second
    assert "provider-token" not in answer.raw.decode()
    message = site.until(site.accepted(**{"from": "15550007000"}), "submitted")
    assert message["from"] == "15550007000"


def test_registering_it_again_gives_it_new_credentials(site: Site) -> None:
    first = register(site).json
    again = register(site, token="another-token", messages_per_second=7)
    assert (again.status, again.json["id"], again.json["messages_per_second"]) == (200, first["id"], 7)
    assert site.runtime.directory.opened(first["id"]).token == "another-token"


def test_a_sandboxs_number_that_is_registered_by_hand_is_served_wherever_it_is(site: Site) -> None:
    """Else it would stay hidden in every process that does not run the sandbox itself."""
    form = number_form("15550007000", is_builtin=True)
    site.run(admin.register_number(site.admin, site.alice.account_id, form))
    assert len(site.get("/v1/numbers").json["data"]) == 1
    answer = register(site)
    assert (answer.status, answer.json["is_builtin"]) == (200, False)
    assert len(site.get("/v1/numbers").json["data"]) == 2


def test_two_numbers_of_an_account_do_not_share_an_id_at_the_provider(site: Site) -> None:
    register(site)
    answer = register(site, **{"from": "15550007001"})
    assert (answer.status, answer.problems) == (409, [("/phone_number_id", "already_exists")])


def test_everything_wrong_with_a_number_comes_at_once(site: Site) -> None:
    before = site.rows()
    bad = {
        "from": "12",
        "phone_number_id": "../x",
        "token": "a\nb",
        "base_url": "ftp://x",
        "hook_url": "http://u@h",
    }
    answer = site.post("/v1/numbers", bad | {"messages_per_second": 0, "colour": 1}, key=OPERATOR)
    assert sorted(answer.problems) == [
        ("/app_id", "required"),
        ("/app_secret", "required"),
        ("/base_url", "address"),
        ("/colour", "unknown_member"),
        ("/from", "phone_too_short"),
        ("/hook_url", "address"),
        ("/messages_per_second", "out_of_range"),
        ("/phone_number_id", "format"),
        ("/token", "format"),
        ("/waba_id", "required"),
    ]
    assert site.rows() == before


def test_with_a_hook_the_provider_is_asked_first(site: Site) -> None:
    hook = "http://127.0.0.1:9/hooks/whatsapp_cloud/x"
    site.provider.refuses_hooks = True
    refused = register(site, hook_url=hook)
    assert (refused.status, refused.problems) == (400, [("/hook_url", "not_subscribed")])
    assert "did not answer the check" in refused.json["detail"]
    assert site.rows()["numbers"] == 2
    site.provider.refuses_hooks = False
    assert register(site, hook_url=hook).status == 201
    [(number, url, token)] = site.provider.subscribed
    account = site.runtime.directory.accounts[site.alice.account_id]
    assert (number.phone_number_id, url, token) == ("777", hook, site.runtime.directory.verify_token(account))


def test_the_default_moves_and_a_removed_number_is_gone(site: Site) -> None:
    number_id = register(site).json["id"]
    assert site.post(f"/v1/numbers/{number_id}/default").json["is_default"] is True
    assert site.until(site.accepted(), "submitted")["from"] == "15550007000"
    assert site.call("DELETE", f"/v1/numbers/{number_id}").status == 204
    assert [row["from"] for row in site.get("/v1/numbers").json["data"]] == ["15550001001"]
    assert site.call("DELETE", f"/v1/numbers/{number_id}").status == 404


def test_a_released_number_goes_on(site: Site, logged_errors: list[str]) -> None:
    no = SendError(190, "Token expired", "It ended.", "operator", "Give a new token.", effect="hold_number")
    site.provider.outcomes = [Refused(no)]
    message_id = site.accepted()
    held = site.until(message_id, "held")
    assert [entry["state"] for entry in held["timeline"]] == ["queued", "sending", "held"]
    assert held["error"]["code"] == 190
    number = site.post(f"/v1/numbers/{site.alice.number_id}/release")
    assert (number.status, number.json["held_reason"]) == (200, None)
    site.until(message_id, "submitted")
    [line] = logged_errors
    assert "held" in line
    logged_errors.clear()


def test_a_key_is_shown_once_and_works(site: Site) -> None:
    made = site.post("/v1/keys", {"name": "shop", "live": False, "expires_at": "2027-01-01T00:00:00+01:00"})
    assert made.status == 201
    assert made.json["key"].startswith("tl_test_")
    assert (made.json["live"], made.json["expires_at"]) == (False, "2026-12-31T23:00:00.000Z")
    assert site.send(key=made.json["key"]).status == 200
    listed = site.get("/v1/keys").json["data"]
    assert listed[0]["name"] == "shop"
    assert all("key" not in key for key in listed)


def test_a_wrong_key_form_is_explained(site: Site) -> None:
    before = site.rows()
    cases: list[tuple[Any, list[tuple[str, str]]]] = [
        ({}, [("/name", "required")]),
        ({"name": ""}, [("/name", "empty")]),
        ({"name": "x" * 101}, [("/name", "too_long")]),
        ({"name": "two\nlines"}, [("/name", "format")]),
        ({"name": "\x1b[31mred"}, [("/name", "format")]),
        ({"name": "x", "live": "yes"}, [("/live", "type")]),
        ({"name": "x", "expires_at": "2020-01-01T00:00:00Z"}, [("/expires_at", "in_the_past")]),
        (
            {"name": "x", "expires_at": "soon", "all": 1},
            [("/expires_at", "format"), ("/all", "unknown_member")],
        ),
        ([], [("", "type")]),
    ]
    for body, problems in cases:
        answer = site.post("/v1/keys", body)
        assert (answer.status, answer.problems) == (400, problems)
    assert site.rows() == before


def test_a_revoked_key_stays_listed_and_can_not_be_revoked_twice(site: Site) -> None:
    made = site.post("/v1/keys", {"name": "shop"}).json
    assert site.call("DELETE", f"/v1/keys/{made['id']}").status == 204
    assert site.get("/v1/keys").json["data"][0]["revoked_at"] is not None
    assert site.call("DELETE", f"/v1/keys/{made['id']}").status == 404


def test_an_account_is_made_used_and_made_only_once(site: Site) -> None:
    made = site.post("/v1/accounts", {"name": "carol"}, key=OPERATOR)
    assert made.status == 201
    assert made.json["hook_paths"]["whatsapp_cloud"].startswith("/hooks/whatsapp_cloud/")
    key = site.post("/v1/keys", {"name": "first"}, key=OPERATOR, Trunkline_Account="carol").json["key"]
    assert site.send(TEXT, key=key).problems == [("/from", "required")]
    assert [row["name"] for row in site.get("/v1/accounts", key=OPERATOR).json["data"]] == [
        "alice",
        "bob",
        "carol",
    ]
    again = site.post("/v1/accounts", {"name": "carol"}, key=OPERATOR)
    assert (again.status, again.problems) == (409, [("/name", "already_exists")])
    path = made.json["hook_paths"]["whatsapp_cloud"]
    query = f"hub.mode=subscribe&hub.challenge=1&hub.verify_token={made.json['verify_token']}"
    assert site.get(f"{path}?{query}", key=None).raw == b"1"
