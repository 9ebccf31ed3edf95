"""Tokens: which are good, what they may do, how they die, and what can be asked about them."""

import hashlib
import hmac
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.graph.calls import HOUR, Graph, story, visit
from tests.sandbox.rig import PHONE, text_to
from trunkline.sandbox import Identity

MESSAGING, MANAGEMENT = "whatsapp_business_messaging", "whatsapp_business_management"
SEND = ("POST", "/{phone}/messages", text_to(PHONE))


async def issue(graph: Graph, **members: Any) -> str:
    return str((await graph.done("POST", "/_sandbox/tokens", members))["token"])


def files_with(folder: Path, secret: str) -> list[str]:
    files = [file for file in folder.iterdir() if file.is_file()]
    return [file.name for file in files if secret.encode() in file.read_bytes()]


def test_an_issued_token_works_until_it_expires(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        token = await issue(graph, expires_in_seconds=3600)
        assert (await graph.ask(*SEND, token=token))[0] == 200
        graph.clock.advance(2 * HOUR)
        for method, path, body in (SEND, ("GET", "/{phone}", None)):
            status, answer = await graph.ask(method, path, body, token=token)
            error = answer["error"]
            assert (status, error["code"], error["error_subcode"]) == (401, 190, 463)
            assert error["message"].startswith("Error validating access token: Session has expired on ")
        assert (await graph.ask(*SEND))[0] == 200

    story(tmp_path, tell)


def test_a_token_that_was_taken_back_is_invalidated(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        issued = await graph.done("POST", "/_sandbox/tokens")
        await graph.done("DELETE", f"/_sandbox/tokens/{issued['id']}")
        status, answer = await graph.ask(*SEND, token=issued["token"])
        assert (status, answer["error"]["code"], answer["error"]["error_subcode"]) == (401, 190, 467)
        assert (await graph.ask("DELETE", "/_sandbox/tokens/none"))[0] == 404
        listed = await graph.get("/_sandbox/tokens")
        assert [(row["id"], row["revoked"]) for row in listed["data"]] == [(issued["id"], True)]

    story(tmp_path, tell)


def test_an_issued_token_survives_a_restart_but_not_in_clear(tmp_path: Path) -> None:
    found: list[str] = []

    async def before(graph: Graph) -> None:
        found.append(await issue(graph))

    async def after(graph: Graph) -> None:
        assert (await graph.ask(*SEND, token=found[0]))[0] == 200

    story(tmp_path, before)
    story(tmp_path, after)
    assert not files_with(tmp_path, found[0])


def test_each_scope_opens_its_own_calls(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        sends = await issue(graph, scopes=[MESSAGING])
        manages = await issue(graph, scopes=[MANAGEMENT])
        assert (await graph.ask(*SEND, token=sends))[0] == 200
        assert await graph.refused(*SEND, token=manages) == (403, 10)
        assert (await graph.ask("GET", "/{waba}", token=manages))[0] == 200
        assert await graph.refused("GET", "/{waba}", token=sends) == (403, 200)
        assert await graph.refused("POST", "/{phone}/register", {}, token=sends) == (403, 200)
        nothing = await issue(graph, scopes=[])
        assert await graph.refused("GET", "/{phone}/block_users", token=nothing) == (403, 200)
        assert (await graph.ask("GET", "/{phone}/block_users", token=sends))[0] == 200

    story(tmp_path, tell)


def test_the_apps_token_only_serves_the_app(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        assert await graph.refused(*SEND, token=graph.app_token) == (403, 10)
        for path in ("/{waba}", "/{phone}"):
            assert await graph.refused("GET", path, token=graph.app_token) == (400, 100)
        assert (await graph.ask("GET", "/{app}", token=graph.app_token))[0] == 200
        assert await graph.refused("GET", "/{app}", token=graph.app_token + "x") == (401, 190)

    story(tmp_path, tell)


def test_a_token_may_stand_in_the_query_or_the_body(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        token = graph.identity.token
        assert (await graph.ask("GET", f"/{{waba}}?access_token={token}", token=None))[0] == 200
        body = text_to(PHONE) | {"access_token": token}
        assert (await graph.ask("POST", "/{phone}/messages", body, token=None))[0] == 200
        assert await graph.refused("GET", "/{waba}", token=None) == (401, 190)
        assert await graph.refused("GET", "/{waba}?access_token=nonsense", token=None) == (401, 190)
        assert not files_with(tmp_path, token)
        odd = {"access_token": ["a"]}
        assert await graph.refused("POST", "/{waba}", odd, token=None) == (401, 190)

    story(tmp_path, tell)


def test_a_proof_of_the_app_secret_is_checked_when_it_is_given(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        secret, token = graph.identity.app_secret.encode(), graph.identity.token.encode()
        proof = hmac.new(secret, token, hashlib.sha256).hexdigest()
        assert (await graph.ask("GET", f"/{{waba}}?appsecret_proof={proof}"))[0] == 200
        path = f"/{{phone}}/messages?appsecret_proof={proof}"
        assert (await graph.ask("POST", path, text_to(PHONE)))[0] == 200
        for odd in ("0" * 64, "", "%ff"):
            assert await graph.refused("GET", f"/{{waba}}?appsecret_proof={odd}") == (400, 100)
            path = f"/{{phone}}/messages?appsecret_proof={odd}"
            assert await graph.refused("POST", path, text_to(PHONE)) == (400, 100)
        assert await graph.refused("POST", "/{waba}", {"appsecret_proof": 5}) == (400, 100)

    story(tmp_path, tell)


def test_debug_token_knows_every_kind_of_token(tmp_path: Path) -> None:
    async def debug(graph: Graph, token: str) -> dict[str, Any]:
        status, answer = await graph.ask("GET", f"/debug_token?input_token={token}", token=graph.app_token)
        assert status == 200
        return dict(answer["data"])

    async def tell(graph: Graph) -> None:
        own = await debug(graph, graph.identity.token)
        assert (own["type"], own["is_valid"], own["expires_at"]) == ("SYSTEM_USER", True, 0)
        assert own["app_id"] == graph.identity.app_id
        assert {MESSAGING, MANAGEMENT} <= set(own["scopes"])
        assert own["granular_scopes"][0]["target_ids"] == [graph.identity.waba_id]
        short = await issue(graph, expires_in_seconds=60, scopes=[MESSAGING])
        assert (await debug(graph, short))["expires_at"] > 0
        graph.clock.advance(HOUR)
        dead = await debug(graph, short)
        assert (dead["is_valid"], dead["scopes"], dead["error"]["subcode"]) == (False, [MESSAGING], 463)
        assert (await debug(graph, "nonsense"))["is_valid"] is False
        app = await debug(graph, graph.app_token.replace("|", "%7C"))
        assert (app["type"], app["is_valid"]) == ("APP", True)
        assert await graph.refused("GET", "/debug_token") == (400, 100)

    story(tmp_path, tell)


def test_me_is_the_system_user(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        assert set(await graph.get("/me")) == {"id", "name"}
        assert await graph.refused("GET", "/me", token=graph.app_token) == (400, 2500)

    story(tmp_path, tell)


def test_id_and_secret_of_the_app_are_exchanged_for_its_token(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        path = f"/oauth/access_token?client_id={{app}}&client_secret={graph.identity.app_secret}"
        status, answer = await graph.ask("GET", f"{path}&grant_type=client_credentials", token=None)
        assert (status, answer) == (200, {"access_token": graph.app_token, "token_type": "bearer"})

    story(tmp_path, tell)


def test_a_code_of_embedded_signup_is_exchanged_once(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        body = {
            "client_id": graph.identity.app_id,
            "client_secret": graph.identity.app_secret,
            "code": "AQB1",
        }
        status, answer = await graph.ask("POST", "/oauth/access_token", body, token=None)
        assert (status, answer["token_type"]) == (200, "bearer")
        assert (await graph.ask(*SEND, token=answer["access_token"]))[0] == 200
        status, answer = await graph.ask("POST", "/oauth/access_token", body, token=None)
        assert (status, answer["error"]["code"], answer["error"]["error_subcode"]) == (400, 100, 36009)

    story(tmp_path, tell)


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"client_id": None}, 101),
        ({"client_id": "1"}, 101),
        ({"client_secret": None}, 1),
        ({"client_secret": "é"}, 1),
        ({"code": None}, 1),
        ({"code": ["a"]}, 100),
    ],
)
def test_an_exchange_that_is_refused(known: Identity, members: dict[str, Any], code: int) -> None:
    async def tell(graph: Graph) -> None:
        body = {
            "client_id": graph.identity.app_id,
            "client_secret": graph.identity.app_secret,
            "code": "AQB1",
        }
        path = "/oauth/access_token"
        assert await graph.refused("POST", path, body | members, token=None) == (400, code)

    visit(known, tell)


@pytest.mark.parametrize(
    "body", [{"expires_in_seconds": "1"}, {"expires_in_seconds": -1}, {"scopes": "all"}, {"scopes": [["x"]]}]
)
def test_a_senseless_token_is_not_issued(known: Identity, body: dict[str, Any]) -> None:
    async def tell(graph: Graph) -> None:
        assert (await graph.ask("POST", "/_sandbox/tokens", body))[0] == 400

    visit(known, tell)
