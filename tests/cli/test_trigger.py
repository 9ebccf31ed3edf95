"""`trigger` makes events happen for true; `events` lists and shows them."""

import json
import socket

import pytest

from tests.cli.desk import invoke
from tests.cli.hook import Hook, trigger
from tests.cli.shell import Running
from trunkline.cli.events import wants


def test_a_message_is_read_and_its_events_are_listed_and_shown(server: Running) -> None:
    sent = trigger(server, "message.read")
    place = ("--data", str(server.data))
    listed = invoke("events", "list", "--object", sent["object_id"], "--oldest", "--json", *place).json
    kinds = [event["type"].split(".")[1] for event in listed["data"]]
    assert kinds == ["submitted", "sent", "delivered", "read"]
    shown = invoke("events", "list", "--limit", "3", "--events", "message.*", *place)
    assert (shown.code, sent["id"] in shown.out, "More: --after evt_" in shown.err) == (0, True, True)
    assert json.loads(invoke("events", "show", sent["id"], *place).out) == sent
    missing = invoke("events", "show", "evt_01h455vb4pex5vsknk084sn02q", *place)
    assert (missing.code, missing.out) == (1, "")


@pytest.mark.parametrize("event", ["message.sent"])
def test_an_event_is_made_to_happen(server: Running, event: str) -> None:
    assert trigger(server, event)["type"] == event


def test_an_event_is_delivered_once_more_under_its_old_id(server: Running, hook: Hook) -> None:
    place = ("--data", str(server.data))
    unwanted = invoke("events", "resend", trigger(server, "message.canceled")["id"], *place)
    assert (unwanted.code, "no endpoint wants message.canceled" in unwanted.err) == (1, True)
    endpoint = invoke("endpoints", "add", hook.url, "--events", "message.canceled", "--json", *place).json
    event = trigger(server, "message.canceled")
    first = hook.next()
    for named in ((), ("--endpoint", endpoint["id"])):
        told = invoke("events", "resend", event["id"], "--json", *named, *place).json
        assert told == [{"endpoint": endpoint["id"], "replayed": 1}]
        again = hook.next()
        assert again.headers["webhook-id"] == first.headers["webhook-id"] == event["id"]
        assert again.body == first.body
    assert invoke("endpoints", "remove", endpoint["id"], *place).code == 0


def test_an_event_is_resent_to_those_that_it_went_to() -> None:
    everything = {"id": "end_1", "event_types": ["*"], "number_id": None}
    one_number = everything | {"id": "end_2", "number_id": "num_1"}
    for type_, data, who in (
        ("message.read", {"id": "msg_1", "number_id": "num_1"}, ["end_1", "end_2"]),
        ("message.read", {"id": "msg_1", "number_id": "num_2"}, ["end_1"]),
        ("number.held", {"id": "num_1"}, ["end_1", "end_2"]),
        ("number.released", {"id": "num_2"}, ["end_1"]),
        ("endpoint.paused", {"id": "end_2"}, ["end_1"]),
        ("endpoint.test", {"id": "end_2"}, ["end_2"]),
    ):
        event = {"type": type_, "object_id": data["id"], "data": data}
        assert [each["id"] for each in (everything, one_number) if wants(each, event)] == who, type_


def test_a_test_of_an_endpoint_tells_what_came_back_and_fails_with_it(server: Running, hook: Hook) -> None:
    place = ("--data", str(server.data))
    closed = socket.create_server(("127.0.0.1", 0))
    refusing = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    closed.close()
    for url, status, code, said in (
        (hook.url, 204, 0, "delivered, HTTP 204"),
        (hook.url, 302, 1, "failed, HTTP 302"),
        (hook.url, 500, 1, "failed, HTTP 500"),
        (refusing, 0, 1, "failed, no answer"),
    ):
        hook.status = status
        endpoint = invoke("endpoints", "add", url, "--events", "message.read", "--json", *place).json
        done = invoke("endpoints", "test", endpoint["id"], *place)
        assert (done.code, said in done.out) == (code, True), done
        assert invoke("endpoints", "remove", endpoint["id"], *place).code == 0


def test_somebody_opts_out_and_in_again(server: Running) -> None:
    person = ("--from", "15550007002")
    trigger(server, "message.received", *person)
    out, again = (trigger(server, f"contact.opted_{way}", *person) for way in ("out", "in"))
    assert out["object_id"] == again["object_id"]
