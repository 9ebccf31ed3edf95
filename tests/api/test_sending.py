"""POST /v1/whatsapp/messages: what is accepted, what is refused and how it is explained."""

import asyncio
import json
from typing import Any

import pytest

from tests.api.conftest import TEXT, Site, number_form
from trunkline import admin
from trunkline.channels.contract import Refused, SendError
from trunkline.channels.whatsapp_cloud.content import EXAMPLES
from trunkline.store import StoreBusy, StoreUnavailable


def test_every_example_is_accepted_and_answered_with_an_id_alone(site: Site) -> None:
    for name, example in EXAMPLES.items():
        answer = site.send(example)
        assert answer.status == 200, name
        assert list(answer.json) == ["id"]
        assert answer.json["id"].startswith("msg_")
    assert site.rows()["messages"] == len(EXAMPLES)


def test_what_is_accepted_is_handed_to_the_provider(site: Site) -> None:
    message_id = site.accepted(biz_opaque_callback_data="order 81")
    message = site.until(message_id, "submitted")
    [sent] = site.provider.sent
    assert (sent.recipient, sent.type, sent.content) == ("15550002222", "text", {"text": {"body": "hello"}})
    assert sent.token.startswith("g1.")
    assert message["biz_opaque_callback_data"] == "order 81"


def test_what_may_go_now_is_handed_over_in_memory_and_what_waits_is_not(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[str] = []
    monkeypatch.setattr(
        site.api.dispatcher, "hand_over", lambda waiting: handed.extend(one.id for one in waiting)
    )
    now = site.accepted()
    site.accepted(send_at="2027-01-01T00:00:00Z")
    batch = site.post("/v1/messages/batch", [TEXT, TEXT | {"send_at": "2027-01-01T00:00:00Z"}]).json
    site.send(TEXT | {"to": "12"})
    assert handed == [now, batch["results"][0]["id"]]


def test_a_bare_question_mark_behind_the_address_changes_nothing(site: Site) -> None:
    async def raw() -> bytes:
        body = json.dumps(TEXT).encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
        head = f"POST /v1/whatsapp/messages? HTTP/1.1\r\nHost: x\r\nAuthorization: {site.alice.live_key}\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer

    assert site.run(raw()).startswith(b"HTTP/1.1 200 ")


def test_all_problems_come_at_once_in_the_shape_that_whatsapp_callers_map(site: Site) -> None:
    before = site.rows()
    body = {"to": "12", "from": "+1 555 000 9999", "type": "text", "text": {"body": "", "boby": 1}}
    answer = site.send(body | {"context": {"message_id": "msg_01h455vb4pex5vsknk084sn02q"}})
    assert answer.status == 400
    error = answer.json["error"]
    assert error["code"] == 400 and error["reason"] == "invalid_request"
    assert error["type"] == "invalid_request_error"
    assert error["request_id"] == answer.headers["X-Request-Id"]
    assert error["doc"] == "/docs/errors#invalid_request"
    assert "and 4 more" in error["message"]
    assert sorted(answer.problems) == [
        ("/context/message_id", "unknown_message"),
        ("/from", "unknown_number"),
        ("/text/boby", "unknown_member"),
        ("/text/body", "empty"),
        ("/to", "phone_too_short"),
    ]
    assert site.rows() == before


def test_broken_json_is_told_by_line_and_column(site: Site) -> None:
    answer = site.send(b'{"to": "15550002222",\n "type": "text",}')
    assert (answer.status, answer.reason) == (400, "bad_json")
    assert "line 2" in answer.json["error"]["problems"][0]["detail"]


def test_a_body_that_is_no_message_is_refused(site: Site) -> None:
    for body in (b"", b"null", b"7", b"[]", b'"text"', b"\xff\xfe", b"{}"):
        assert site.send(body).status == 400, body
    assert site.rows()["messages"] == 0


def test_without_a_default_number_from_is_needed_and_the_choice_is_named(site: Site) -> None:
    second = site.run(
        admin.register_number(
            site.admin, site.alice.account_id, number_form("15550001009", phone_number_id="7")
        )
    )
    site.run(admin.remove_number(site.admin, site.alice.account_id, site.alice.number_id))
    third = number_form("15550001008", phone_number_id="8")
    site.run(admin.register_number(site.admin, site.alice.account_id, third))
    site.run(site.api.changed())
    answer = site.send()
    assert answer.problems == [("/from", "required")]
    assert "15550001008" in answer.raw.decode()
    assert "15550001009" in answer.raw.decode()
    message_id = site.accepted(**{"from": f"+{second.digits}"})
    assert site.until(message_id, "submitted")["from"] == second.digits


def test_a_number_of_another_account_is_no_number_of_this_one(site: Site) -> None:
    assert site.send(TEXT | {"from": "15550001002"}).problems == [("/from", "unknown_number")]


def test_a_test_key_can_not_send_through_a_real_number(site: Site) -> None:
    real = number_form("15550001001", base_url="https://graph.facebook.com/v26.0")
    site.run(admin.register_number(site.admin, site.alice.account_id, real))
    site.run(site.api.changed())
    answer = site.send(key=site.alice.test_key)
    assert (answer.status, answer.reason) == (403, "test_key")
    assert site.rows()["messages"] == 0


def test_a_store_that_can_not_take_it_is_a_503_with_a_time_to_come_back(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for fault in (StoreUnavailable("disk full"), StoreBusy("20000 writes wait")):

        async def full(*_: Any, fault: Exception = fault, **__: Any) -> None:
            raise fault

        with monkeypatch.context() as patch:
            patch.setattr(type(site.store), "batch", full)
            answer = site.send()
        assert (answer.status, answer.reason) == (503, "unavailable")
        assert answer.headers["Retry-After"] in {"1", "2", "3", "4", "5"}  # spread
        assert "disk" not in answer.raw.decode()


def test_a_fault_of_ours_is_logged_once_and_tells_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch, logged_errors: list[str]
) -> None:
    async def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret detail of 15550002222")

    with monkeypatch.context() as patch:
        patch.setattr(type(site.store), "batch", broken)
        answer = site.send(X_Request_Id="req-of-the-caller")
    assert (answer.status, answer.reason) == (500, "internal")
    assert "secret" not in answer.raw.decode()
    [line] = logged_errors
    assert "req-of-the-caller" in line
    logged_errors.clear()


def test_why_it_failed_stands_on_the_message(site: Site) -> None:
    error = SendError(131026, "Undeliverable", "No WhatsApp.", "sender", "Ask for another number.")
    site.provider.outcomes = [Refused(error)]
    message = site.until(site.accepted(), "failed")
    assert message["error"] == {
        "code": 131026,
        "title": "Undeliverable",
        "cause": "No WhatsApp.",
        "actor": "sender",
        "remedy": "Ask for another number.",
        "detail": None,
    }
    assert [entry["state"] for entry in message["timeline"]] == ["queued", "sending", "failed"]
