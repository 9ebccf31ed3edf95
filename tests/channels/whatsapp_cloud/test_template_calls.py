"""Meta's calls for templates, at a real socket: what is asked, what is read of odd answers, and every no."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.channels.scripted_server import Connection, ScriptedServer
from trunkline.channels.contract import FileToSend, Number
from trunkline.channels.template_contract import Submitted, TemplateDraft, TemplateError
from trunkline.channels.whatsapp_cloud.templates.graph import GraphTemplates
from trunkline.outgoing_http import open_transport

WHOLE = {
    "id": "1", "name": "a", "language": "en-US", "status": "APPROVED", "category": "UTILITY",
    "components": [{"type": "BODY", "text": "Hi"}], "quality_score": {"score": "GREEN", "date": 1},
    "rejected_reason": "NONE", "unheard_of": {"x": 1}, "parameter_format": "NAMED", "sub_category": None,
}  # fmt: skip
DRAFT = TemplateDraft(
    name="a", language="en", category="UTILITY", definition={"components": [], "sub_category": "ORDER_STATUS"}
)
NO = {
    "error": {
        "message": "Invalid parameter", "code": 100, "error_subcode": 2388024,
        "error_user_title": "Content in this language already exists",
        "error_user_msg": "There is already content, the-token.",
    }
}  # fmt: skip


def asked(*answers: tuple[int, Any]) -> ScriptedServer:
    left = list(answers)

    def script(connection: Connection) -> None:
        while connection.read_request() is not None:
            status, value = left.pop(0) if len(left) > 1 else left[0]
            body = value if isinstance(value, bytes) else json.dumps(value).encode()
            connection.answer(status, body, content_type="application/json")

    return ScriptedServer(script)


def ask(server: ScriptedServer, question: Callable[[GraphTemplates, Number], Awaitable[Any]]) -> Any:
    number = Number("num", "acc", "1555", "11", "22", "33", "the-token", "s", f"{server.url}/v26.0")

    async def run() -> Any:
        transport = open_transport(timeout_seconds=5)
        try:
            return await question(GraphTemplates(transport), number)
        finally:
            await transport.close()

    return asyncio.run(run())


def refused(
    answer: tuple[int, Any], question: Callable[[GraphTemplates, Number], Awaitable[Any]]
) -> TemplateError:
    with asked(answer) as server, pytest.raises(TemplateError) as caught:
        ask(server, question)
    return caught.value


def test_a_page_is_asked_for_field_by_field_and_followed_by_its_cursor() -> None:
    paging = {"cursors": {"before": "b", "after": "c&d"}, "next": "https://elsewhere.example/"}
    with asked((200, {"data": [WHOLE], "paging": paging}), (200, {"data": []})) as server:
        page = ask(server, lambda desk, number: desk.page(number, None))
        assert page.next == "c&d"
        assert ask(server, lambda desk, number: desk.page(number, page.next)).next is None
        first, second = (urlsplit(request.path) for request in server.requests)
    assert first.path == second.path == "/v26.0/22/message_templates"
    query = parse_qs(first.query)
    assert query["limit"] == ["100"]
    assert {"id", "components", "quality_score", "correct_category"} <= set(query["fields"][0].split(","))
    assert parse_qs(second.query)["after"] == ["c&d"]
    [template] = page.templates
    assert (template.language, template.quality, template.rejected_reason) == ("en_US", "GREEN", None)
    assert template.definition == {"components": WHOLE["components"], "parameter_format": "NAMED"}


def test_a_cursor_without_a_next_page_is_the_end() -> None:
    with asked((200, {"data": [WHOLE], "paging": {"cursors": {"after": "c"}}})) as server:
        assert ask(server, lambda desk, number: desk.page(number, None)).next is None


@pytest.mark.parametrize("name", ["id", "name", "language", "status", "components"])
@pytest.mark.parametrize("odd", [None, 7.5, [], {"x": 1}, ""])
def test_what_is_no_template_is_passed_over(name: str, odd: object) -> None:
    with asked((200, {"data": [WHOLE | {name: odd}, WHOLE, None, 7]})) as server:
        page = ask(server, lambda desk, number: desk.page(number, None))
    is_one = name == "components" and odd in (None, [])  # without parts, and known to exist
    assert [template.provider_id for template in page.templates] == ["1"] * (1 + is_one)


@pytest.mark.parametrize("name", ["category", "quality_score", "rejected_reason", "correct_category"])
@pytest.mark.parametrize("odd", [None, 7, [], {"score": {}}, True])
def test_an_odd_member_counts_as_not_there(name: str, odd: object) -> None:
    with asked((200, WHOLE | {name: odd})) as server:
        assert ask(server, lambda desk, number: desk.read(number, "1")).provider_id == "1"


def test_a_template_that_is_not_there_is_none_and_one_that_is_no_id_is_not_asked_for() -> None:
    unknown = {"error": {"message": "Unsupported get request", "code": 100, "error_subcode": 33}}
    with asked((400, unknown)) as server:
        assert ask(server, lambda desk, number: desk.read(number, "1")) is None
        assert ask(server, lambda desk, number: desk.read(number, "../me")) is None
        assert len(server.requests) == 1


def test_a_new_template_goes_as_one_object() -> None:
    with asked((200, {"id": "77", "status": "PENDING", "category": "MARKETING"})) as server:
        made = ask(server, lambda desk, number: desk.create(number, DRAFT))
        [request] = server.requests
    assert made == Submitted("77", "PENDING", "MARKETING")
    assert (request.method, request.path) == ("POST", "/v26.0/22/message_templates")
    assert json.loads(request.body) == {
        "name": "a", "language": "en", "category": "UTILITY", "components": [],
        "sub_category": "ORDER_STATUS",
    }  # fmt: skip


def test_a_change_names_only_what_may_change() -> None:
    same = TemplateDraft(name="a", language="en", category="", definition=DRAFT.definition)
    with asked((200, {"success": True})) as server:
        ask(server, lambda desk, number: desk.edit(number, "1", DRAFT))
        ask(server, lambda desk, number: desk.edit(number, "1", same))
        bodies = [json.loads(request.body) for request in server.requests]
    assert bodies == [{"components": [], "category": "UTILITY"}, {"components": []}]


def test_a_template_goes_in_one_language_or_in_all_and_one_that_is_gone_is_gone() -> None:
    gone = {"error": {"message": "Invalid parameter", "code": 100, "error_subcode": 2593002}}
    with asked((200, {"success": True}), (200, {"success": True}), (400, gone)) as server:
        for provider_id in ("1", None, "1"):
            ask(server, lambda desk, number, id_=provider_id: desk.delete(number, "a b", id_))
        paths = [request.path for request in server.requests]
    assert paths[:2] == [
        "/v26.0/22/message_templates?name=a+b&hsm_id=1", "/v26.0/22/message_templates?name=a+b",
    ]  # fmt: skip


def test_a_sample_is_uploaded_in_a_session_of_the_app(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"bytes")
    file = FileToSend(tmp_path / "x", 5, "image/png", "hat & co.png")
    with asked((200, {"id": "upload:abc?sig=x%3D"}), (200, {"h": "4::handle"})) as server:
        assert ask(server, lambda desk, number: desk.upload_sample(number, file)) == "4::handle"
        begin, put = server.requests
    assert urlsplit(begin.path).path == "/v26.0/33/uploads"
    about = {"file_length": ["5"], "file_type": ["image/png"], "file_name": ["hat & co.png"]}
    assert parse_qs(urlsplit(begin.path).query) == about
    assert (put.path, put.body) == ("/v26.0/upload:abc?sig=x%3D", b"bytes")
    assert (put.headers["authorization"], put.headers["file_offset"]) == ("OAuth the-token", "0")


def test_metas_no_comes_with_its_words_and_without_the_token() -> None:
    fault = refused((400, NO), lambda desk, number: desk.create(number, DRAFT))
    assert fault.error is not None
    assert (fault.error.code, fault.error.title) == (100, "Content in this language already exists")
    assert "There is already content, [token]." in str(fault)
    assert "the-token" not in f"{fault}{fault.error}"


@pytest.mark.parametrize(
    "answer",
    [
        (500, NO),
        (503, b"busy"),
        (404, b"<html>"),
        (200, b"[]"),
        (200, b"\xff"),
        (200, {}),
        (200, {"success": 1}),
    ],
    ids=str,
)
def test_an_answer_that_proves_nothing_is_no_refusal(answer: tuple[int, Any]) -> None:
    for question in (
        lambda desk, number: desk.page(number, None),
        lambda desk, number: desk.read(number, "1"),
        lambda desk, number: desk.create(number, DRAFT),
        lambda desk, number: desk.edit(number, "1", DRAFT),
        lambda desk, number: desk.delete(number, "a", None),
    ):
        assert refused(answer, question).error is None


def test_nobody_there_is_told_without_the_address() -> None:
    with asked((200, {})) as server:
        pass  # it is closed now
    with pytest.raises(TemplateError) as caught:
        ask(server, lambda desk, number: desk.read(number, "1"))
    assert caught.value.error is None
    assert "127.0.0.1" not in str(caught.value)


def test_a_sample_that_is_signed_anew_is_the_same_sample() -> None:
    def shown(link: str) -> dict[str, Any]:
        return {"components": [{"type": "HEADER", "example": {"header_handle": [link]}}]}

    same = GraphTemplates(None).same  # type: ignore[arg-type]
    host = "https://scontent.whatsapp.net/v/t61/a.jpg"
    assert same(shown(f"{host}?oh=1&oe=2"), shown(f"{host}?oh=3&oe=4"))
    assert not same(shown(f"{host}?oh=1"), shown("https://scontent.whatsapp.net/v/t61/b.jpg?oh=1"))
    assert not same(shown("https://shop.example/a.jpg?v=1"), shown("https://shop.example/a.jpg?v=2"))
