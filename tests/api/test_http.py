"""What holds for every route: bodies, types, methods, addresses, ids of requests."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.api.conftest import TEXT, Answer, Site
from trunkline.config.table import Limits

SEND = "/v1/whatsapp/messages"


@pytest.fixture
def limits() -> Limits:
    return Limits(body_bytes=10_000, batch_body_bytes=100_000)


@pytest.fixture
def engine() -> str:
    """The store plays no part here."""
    return "sqlite"


def padded(size: int) -> bytes:
    return json.dumps(TEXT).encode().ljust(size)


def test_a_body_of_the_largest_size_is_taken_and_one_byte_more_is_not(site: Site) -> None:
    assert site.send(padded(10_000)).status == 200
    answer = site.send(padded(10_001))
    assert (answer.status, answer.reason) == (413, "too_large")
    assert answer.json["error"]["code"] == 413
    assert site.rows()["messages"] == 1


def test_a_batch_has_a_limit_of_its_own(site: Site) -> None:
    body = json.dumps([TEXT]).encode()
    assert site.post("/v1/messages/batch", body.ljust(100_000)).status == 200
    assert site.post("/v1/messages/batch", body.ljust(100_001)).status == 413


def test_a_body_of_unknown_length_is_cut_off_where_it_gets_too_large(site: Site) -> None:
    taken = 0

    async def endless() -> AsyncIterator[dict[str, Any]]:
        while True:
            yield {"type": "http.request", "body": b" " * 1000, "more_body": True}

    async def story() -> list[dict[str, Any]]:
        nonlocal taken
        source, sent = endless(), []

        async def receive() -> dict[str, Any]:
            nonlocal taken
            taken += 1
            return await anext(source)

        async def send(message: Any) -> None:
            sent.append(message)

        await site.app(scope(site), receive, send)
        return sent

    sent = site.run(story())
    assert sent[0]["status"] == 413
    assert taken == 11


def test_a_declared_length_beyond_the_limit_is_refused_before_a_byte_is_read(site: Site) -> None:
    for length in ("10001", "9" * 30):

        async def story(length: str = length) -> list[Any]:
            sent: list[Any] = []

            async def receive() -> dict[str, Any]:
                raise AssertionError("the body was read")

            async def send(message: Any) -> None:
                sent.append(message)

            await site.app(scope(site, ("content-length", length)), receive, send)
            return sent

        assert site.run(story())[0]["status"] == 413


def test_a_caller_who_hangs_up_gets_nothing_and_stores_nothing(site: Site) -> None:
    async def story() -> list[Any]:
        sent: list[Any] = []
        messages = [
            {"type": "http.request", "body": b'{"to":', "more_body": True},
            {"type": "http.disconnect"},
        ]

        async def receive() -> dict[str, Any]:
            return messages.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        await site.app(scope(site), receive, send)
        return sent

    assert site.run(story()) == []
    assert site.rows()["messages"] == 0


def scope(site: Site, *headers: tuple[str, str]) -> dict[str, Any]:
    given = [("authorization", site.alice.live_key), *headers]
    return {
        "type": "http",
        "method": "POST",
        "path": SEND,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in given],
        "client": None,
    }


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        'Application/JSON;charset="UTF-8"',
        "application/vnd.api+json",
        "text/json",
        "",
    ],
)
def test_json_is_taken_under_its_names_and_without_one(site: Site, content_type: str) -> None:
    answer = site.send(Content_Type=content_type)
    assert answer.status == 200


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "application/jsonp",
        "application/json; charset=utf-16",
        "*/*",
    ],
)
def test_another_type_is_refused_with_the_right_one(site: Site, content_type: str) -> None:
    answer = site.send(Content_Type=content_type)
    assert (answer.status, answer.reason) == (415, "unsupported_media_type")
    assert "Content-Type: application/json" in answer.json["error"]["message"]
    assert site.rows()["messages"] == 0


def test_a_compressed_body_is_refused(site: Site) -> None:
    assert site.send(Content_Encoding="gzip").status == 415


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", SEND, "POST"),
        ("PUT", "/v1/messages/msg_1", "GET, HEAD"),
        ("DELETE", "/v1/keys", "GET, HEAD, POST"),
        ("OPTIONS", SEND, "POST"),
        ("PUT", "/v1/numbers/num_1", "DELETE, PATCH"),
        ("DELETE", "/hooks/whatsapp_cloud/x", "GET, HEAD, POST"),
        ("PROPFIND", "/livez", "GET, HEAD"),
    ],
)
def test_a_method_that_an_address_does_not_take_is_told_with_those_it_does(
    site: Site, method: str, path: str, allowed: str
) -> None:
    answer = site.call(method, path)
    assert (answer.status, answer.reason) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == allowed


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1",
        "/v1/whatsapp/messages/",
        "/V1/messages",
        "/hooks",
        "/hooks/a",
        "/hooks/a/b/c",
        "/favicon.ico",
    ],
)
def test_an_address_that_does_not_exist_is_a_404_in_the_shape_of_the_others(site: Site, path: str) -> None:
    answer = site.get(path)
    assert (answer.status, answer.reason) == (404, "not_found")
    assert answer.json.keys() == {"error"} or answer.headers["Content-Type"] == "application/problem+json"


def test_our_own_routes_answer_problem_documents(site: Site) -> None:
    answer = site.get("/v1/messages/msg_1")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json == {
        "type": "/docs/errors#not_found",
        "title": "There is nothing of that name in this account.",
        "status": 404,
        "detail": "There is no message of that id in this account.",
        "instance": "/v1/messages/msg_1",
        "reason": "not_found",
        "problems": [],
        "request_id": answer.headers["X-Request-Id"],
    }


@pytest.mark.parametrize("given", ["abc-1.2_3:4", "7f3d"])
def test_the_id_of_a_request_comes_back(site: Site, given: str) -> None:
    assert site.get("/livez", X_Request_Id=given).headers["X-Request-Id"] == given


@pytest.mark.parametrize("given", ["", "two words", "x" * 129, "ä", "<script>"])
def test_an_id_that_is_not_sane_is_replaced(site: Site, given: str) -> None:
    assert re.fullmatch(r"req_[0-9a-z]{26}", site.get("/livez", X_Request_Id=given).headers["X-Request-Id"])


def test_nothing_is_said_of_other_origins(site: Site) -> None:
    how = {"Origin": "https://example.com", "Access-Control-Request-Method": "POST"}
    preflight = site.call("OPTIONS", SEND, **how)
    plain = site.send(Origin="https://example.com")
    for answer in (preflight, plain):
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    assert preflight.status == 405


def test_answers_are_neither_kept_nor_guessed_at_by_browsers(site: Site) -> None:
    for answer in (site.get("/v1/messages"), site.send(key=None)):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_head_is_get_without_the_body(site: Site) -> None:
    answer = site.call("HEAD", "/v1/messages")
    assert (answer.status, answer.raw) == (200, b"")


def test_the_process_says_that_it_lives(site: Site) -> None:
    assert site.get("/livez", key=None).json == {"status": "ok"}


def test_many_requests_on_one_connection_are_answered_in_turn(site: Site) -> None:
    async def story() -> list[Answer]:
        return await asyncio.gather(
            *(site.asked("POST", SEND, TEXT | {"to": f"1555000{n:04}"}) for n in range(64))
        )

    answers = site.run(story())
    assert len({answer.json["id"] for answer in answers}) == 64


def test_a_provider_checks_the_hook_and_posts_to_it(site: Site) -> None:
    account = site.runtime.directory.accounts[site.alice.account_id]
    token = site.runtime.directory.verify_token(account)
    query = f"hub.mode=subscribe&hub.challenge=81&hub.verify_token={token}"
    path = f"/hooks/whatsapp_cloud/{account.hook_key}"
    answer = site.get(f"{path}?{query}", key=None)
    assert (answer.status, answer.raw) == (200, b"81")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert site.get(f"{path}?{query}x", key=None).status == 403
    assert site.post(path, b"{}", key=None).status == 401
    assert site.post("/hooks/whatsapp_cloud/nobody", b"{}", key=None).status == 404
    assert site.post("/hooks/fax/nobody", b"{}", key=None).status == 404
    assert site.rows()["inbox"] == 0
