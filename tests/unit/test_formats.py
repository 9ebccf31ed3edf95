"""What goes out of an event: the public view, who gets it, and Meta's envelope for statuses and notices."""

import json
from typing import Any

import msgspec
import pytest

from tests.unit.test_signing import endpoint
from trunkline.channels.contract import SendError
from trunkline.channels.whatsapp_cloud.connector import WhatsAppCloud
from trunkline.delivery import formats
from trunkline.model.events import (
    TYPES,
    NewEvent,
    NoticeData,
    TemplateData,
    of_message,
    of_notice,
    of_template,
)
from trunkline.model.message import Progress, State
from trunkline.store.endpoints import EndpointRow
from trunkline.store.events import EventRow
from trunkline.store.numbers import NumberRow

CONNECTORS: Any = {"whatsapp_cloud": WhatsAppCloud(None)}  # type: ignore[arg-type]
AT = 1_700_000_000_123
REFUSED = SendError(
    code=131026, title="Message undeliverable", cause="It can not be reached.", actor="recipient",
    remedy="Ask them.", detail="Unable to deliver message", effect="fail", http_status=400,
)  # fmt: skip


def number(digits: str = "15550001000", **changes: Any) -> NumberRow:
    row = NumberRow(
        "acc", f"num_{digits}", "whatsapp_cloud", digits, f"9{digits}", "2000", "3000", "", "", "", 1, 0, 80,
        None, 0, 0,
    )  # fmt: skip
    return msgspec.structs.replace(row, **changes)


NUMBER = number()
NUMBERS = {NUMBER.id: NUMBER}


def row(event: NewEvent, n: int = 1) -> EventRow:
    return EventRow(
        event.account_id, f"evt_{n:026}", event.type, event.object_id, n, event.number_id, event.lane,
        event.at, event.data,
    )  # fmt: skip


def of_ours(status: str, detail: dict[str, Any] | None = None, **changes: Any) -> EventRow:
    message = Progress(
        id="msg_1", number_id=NUMBER.id, recipient="15550002000", state=State.SENT, attempts=1,
        provider_id="wamid.1", submitted_at=AT - 5, sent_at=AT, callback_data="order 7",
    )  # fmt: skip
    message = msgspec.structs.replace(message, **changes)
    return row(of_message("acc", message, status, AT, detail))


def meta(*events: EventRow) -> dict[str, Any]:
    to = msgspec.structs.replace(endpoint("whsec_AAAA"), format="meta")
    return dict(json.loads(formats.render(to, events, NUMBERS, CONNECTORS)))


def test_an_event_is_shown_with_moments_as_text_and_the_digits_of_its_number() -> None:
    failed = of_ours(
        "failed", {"errors": [msgspec.to_builtins(REFUSED)]}, state=State.FAILED, failed_at=AT,
        error=msgspec.json.encode(REFUSED).decode(),
    )  # fmt: skip
    shown = msgspec.to_builtins(formats.show_event(failed, "15550001000"))
    data = shown.pop("data")
    assert shown == {
        "id": failed.id, "type": "message.failed", "timestamp": "2023-11-14T22:13:20.123Z", "sequence": 1,
        "object_id": "msg_1",
    }  # fmt: skip
    assert (data["from"], data["to"], data["sent_at"], data["read_at"]) == (
        "15550001000", "15550002000", "2023-11-14T22:13:20.123Z", None,
    )  # fmt: skip
    error = {name: getattr(REFUSED, name) for name in ("code", "title", "cause", "actor", "remedy", "detail")}
    assert data["error"] == error
    assert data["detail"] == {"errors": [error]}


def test_one_event_is_posted_as_it_is_listed_and_several_as_a_batch() -> None:
    to, first = endpoint("whsec_AAAA"), of_ours("sent")
    alone = json.loads(formats.render(to, [first], NUMBERS, CONNECTORS))
    assert alone == msgspec.to_builtins(formats.show_event(first, NUMBER.digits))
    second = of_ours("delivered")
    batch = json.loads(formats.render(to, [first, second], NUMBERS, CONNECTORS))
    assert (batch["type"], [event["type"] for event in batch["data"]]) == (
        "batch", ["message.sent", "message.delivered"],
    )  # fmt: skip


def choice(*types: str, **changes: Any) -> EndpointRow:
    return msgspec.structs.replace(endpoint("whsec_AAAA"), event_types=json.dumps(types), **changes)


def about(type_: str, number_id: str | None = NUMBER.id, object_id: str = "x") -> EventRow:
    return row(NewEvent("acc", type_, object_id, AT, "{}", number_id))


@pytest.mark.parametrize(
    ("to", "event", "goes"),
    [
        (choice("*"), about("number.held"), True),
        (choice("message.*"), about("message.read"), True),
        (choice("message.*"), about("number.held"), False),
        (choice("message.read", "number.held"), about("number.held"), True),
        (choice("message.read"), about("message.received"), False),
        (choice("*", number_id=NUMBER.id), about("message.read"), True),
        (choice("*", number_id="num_other"), about("message.read"), False),
        (choice("*", number_id=NUMBER.id), about("account.changed", None), False),
        (choice("*", format="meta"), about("message.read"), True),
        (choice("*", format="meta"), about("message.submitted"), False),
        (choice("*"), about("endpoint.test"), False),
        (choice("message.read", id="end_1"), about("endpoint.test", None, "end_1"), True),
        (choice("message.read", id="end_1", number_id="num_1", format="meta"),
         about("endpoint.test", None, "end_1"), True),
    ],
)  # fmt: skip
def test_an_endpoint_gets_what_it_asked_for(to: EndpointRow, event: EventRow, goes: bool) -> None:
    assert formats.wanted(to, CONNECTORS)(event) is goes


def test_a_status_in_metas_envelope_has_our_id_and_the_callers_own_data() -> None:
    detail = {"pricing": {"billable": True, "category": "utility"}, "conversation": {"id": "c1"}}
    assert meta(of_ours("sent", detail)) == {
        "object": "whatsapp_business_account",
        "entry": [{"id": "2000", "changes": [{"field": "messages", "value": {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550001000", "phone_number_id": "915550001000"},
            "contacts": [{"wa_id": "15550002000"}],
            "statuses": [{
                "id": "msg_1", "status": "sent", "timestamp": "1700000000", "recipient_id": "15550002000",
                "biz_opaque_callback_data": "order 7", "pricing": {"billable": True, "category": "utility"},
                "conversation": {"id": "c1"},
            }],
        }}]}],
    }  # fmt: skip


def test_a_mapping_has_contacts_only_beside_messages_from_people() -> None:
    to = msgspec.structs.replace(endpoint("whsec_AAAA"), format="meta", created_by="mapping")
    body = json.loads(formats.render(to, [of_ours("sent")], NUMBERS, CONNECTORS))
    assert "contacts" not in body["entry"][0]["changes"][0]["value"]


def status_of(body: dict[str, Any]) -> dict[str, Any]:
    return dict(body["entry"][0]["changes"][0]["value"]["statuses"][0])


def test_a_failure_says_why_in_metas_words_whoever_refused_it() -> None:
    kept = {"state": State.FAILED, "failed_at": AT, "error": msgspec.json.encode(REFUSED).decode()}
    at_meta = status_of(meta(of_ours("failed", {"errors": [msgspec.to_builtins(REFUSED)]}, **kept)))
    by_us = status_of(meta(of_ours("failed", None, **kept)))
    assert at_meta["errors"] == by_us["errors"]
    [error] = at_meta["errors"]
    assert error.pop("href").startswith("https://developers.facebook.com/")
    assert error == {
        "code": 131026, "title": "Message undeliverable", "message": "Message undeliverable",
        "error_data": {"details": "Unable to deliver message"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("recipient", "members"),
    [
        ("15550002000", {"recipient_id": "15550002000"}),
        ("US.1349", {"recipient_user_id": "US.1349"}),
        ("wamid.read", {}),
    ],
)
def test_whom_a_status_is_about(recipient: str, members: dict[str, str]) -> None:
    told = status_of(meta(of_ours("failed", recipient=recipient)))
    assert {name: value for name, value in told.items() if name.startswith("recipient")} == members


def test_what_answers_one_of_our_messages_names_it_by_our_id() -> None:
    said = {
        "sender": {"phone": "15550002000"},
        "at": AT,
        "provider_id": "wamid.2",
        "context_message_id": "msg_1",
    }
    replied = {
        "type": "text",
        "content": {"body": "Yes"},
        "extras": {"context": {"from": "1", "id": "wamid.1"}},
    }
    reacted = {"type": "reaction", "content": {"message_id": "wamid.1", "emoji": "!"}, "extras": {}}
    events = [
        row(NewEvent("acc", "message.received", "msg_2", AT, json.dumps(said | more), NUMBER.id))
        for more in (replied, reacted)
    ]
    [reply, reaction] = meta(*events)["entry"][0]["changes"][0]["value"]["messages"]
    assert (reply["id"], reply["context"]) == ("wamid.2", {"from": "1", "id": "msg_1"})
    assert reaction["reaction"] == {"message_id": "msg_1", "emoji": "!"}


def test_a_batch_is_one_envelope_with_a_change_for_each_number() -> None:
    other = number("15550001009", waba_id="2009")
    theirs = msgspec.structs.replace(of_ours("read"), number_id=other.id)
    to = msgspec.structs.replace(endpoint("whsec_AAAA"), format="meta")
    events = [of_ours("sent"), theirs, of_ours("delivered")]
    body = json.loads(formats.render(to, events, NUMBERS | {other.id: other}, CONNECTORS))
    told = [
        (entry["id"], [status["status"] for status in change["value"]["statuses"]])
        for entry in body["entry"]
        for change in entry["changes"]
    ]
    assert told == [("2000", ["sent", "delivered"]), ("2009", ["read"])]


def test_a_notice_goes_on_as_it_came() -> None:
    value = {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}
    notice = NoticeData(field="account_update", waba_id="2000", number_id=None, at=AT, value=value)
    assert meta(row(of_notice("acc", "account.changed", "waba 2000", notice))) == {
        "object": "whatsapp_business_account",
        "entry": [
            {"id": "2000", "time": AT // 1000, "changes": [{"field": "account_update", "value": value}]}
        ],
    }


TEMPLATE = {
    "message_template_id": 7,
    "message_template_name": "hello",
    "message_template_language": "en_US",
}


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        (
            {"detail": (None, "x"), "status": ("PENDING", "APPROVED"), "quality": (None, "RED")},
            "message_template_status_update",
            {"event": "APPROVED", "reason": "NONE", "message_template_category": "UTILITY"},
        ),
        (
            {"category": ("MARKETING", "UTILITY")},
            "template_category_update",
            {"previous_category": "MARKETING", "new_category": "UTILITY"},
        ),
        (
            {"correct_category": (None, "MARKETING")},
            "template_category_update",
            {"correct_category": "MARKETING", "new_category": "UTILITY"},
        ),
        (
            {"quality": (None, "RED")},
            "message_template_quality_update",
            {"previous_quality_score": "UNKNOWN", "new_quality_score": "RED"},
        ),
        (
            {"definition": ({}, {"components": [{"type": "BODY", "text": "Hi"}, 7, {"type": []}]})},
            "message_template_components_update",
            {"message_template_element": "Hi"},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_change_of_a_template_that_nobody_told_goes_on_as_meta_would_have_told_it(
    changes: dict[str, Any], field: str, said: dict[str, Any]
) -> None:
    known = TemplateData(
        id="tpl_1", waba_id="2000", provider_id="7", name="hello", language="en_US", category="UTILITY",
        status="APPROVED", correct_category="MARKETING", at=AT, source="sync", changes=changes,
    )  # fmt: skip
    [entry] = meta(row(of_template("acc", known)))["entry"]
    assert (entry["id"], entry["time"]) == ("2000", AT // 1000)
    assert entry["changes"] == [{"field": field, "value": TEMPLATE | said}]
    told = msgspec.structs.replace(known, field="template_category_update", value={"new_category": "X"})
    [entry] = meta(row(of_template("acc", told)))["entry"]
    assert entry["changes"] == [{"field": "template_category_update", "value": {"new_category": "X"}}]


def test_a_number_that_was_removed_is_told_of_without_its_members() -> None:
    to = msgspec.structs.replace(endpoint("whsec_AAAA"), format="meta")
    body = json.loads(formats.render(to, [of_ours("sent")], {}, CONNECTORS))
    assert status_of(body)["id"] == "msg_1"


def test_a_test_in_metas_envelope_is_a_status_of_a_message_that_nobody_sent() -> None:
    told = status_of(meta(about("endpoint.test", None, "end_1")))
    assert (told["status"], told["id"][:4]) == ("delivered", "evt_")


def test_every_type_can_be_shown() -> None:
    for type_ in TYPES:
        assert formats.show_event(about(type_), "1").type == type_
