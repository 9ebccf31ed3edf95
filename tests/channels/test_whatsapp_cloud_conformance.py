"""The WhatsApp Cloud connector against the contract, and what is special about it."""

import asyncio
import hashlib
import hmac
import json
from typing import Any, ClassVar

import pytest

from tests.channels.conformance import ConnectorContract
from tests.channels.scripted_server import ScriptedServer, always
from trunkline.channels.contract import Ambiguous, Connector, Number, Outgoing, Refused, Taken
from trunkline.channels.registry import CONNECTORS, make_connectors
from trunkline.channels.whatsapp_cloud.connector import WhatsAppCloud
from trunkline.outgoing_http import Transport, open_transport

ACCESS = "EAAtesttoken123"


def graph_error(code: int, message: str = "no", details: str | None = None, **more: object) -> bytes:
    error: dict[str, object] = {"message": message, "type": "OAuthException", "code": code, **more}
    if details is not None:
        error["error_data"] = {"messaging_product": "whatsapp", "details": details}
    return json.dumps({"error": error}).encode()


class TestWhatsAppCloud(ConnectorContract):
    taken: ClassVar[bytes] = json.dumps(
        {
            "messaging_product": "whatsapp",
            "contacts": [{"input": "+15550001234", "wa_id": "15550001234"}],
            "messages": [{"id": "wamid.TEST"}],
        }
    ).encode()
    taken_as: ClassVar[Taken] = Taken("wamid.TEST", "15550001234")
    refusals: ClassVar[list[tuple[int, bytes, int, str]]] = [
        (400, graph_error(100), 100, "fail"),
        (400, graph_error(131047), 131047, "fail"),
        (404, graph_error(132001), 132001, "fail"),
        (400, graph_error(131026), 131026, "fail"),
        (400, graph_error(131049), 131049, "fail"),
        (400, graph_error(999999), 999999, "fail"),
        (401, graph_error(190), 190, "hold_number"),
        (401, graph_error(0), 0, "hold_number"),
        (403, graph_error(368), 368, "hold_number"),
        (403, graph_error(131031), 131031, "hold_number"),
        (400, graph_error(131048), 131048, "hold_number"),
        (400, graph_error(131056), 131056, "delay_lane"),
        (400, graph_error(130429), 130429, "slow_number"),
        (429, graph_error(130429), 130429, "slow_number"),
        (400, graph_error(4), 4, "slow_number"),
        (400, graph_error(80007), 80007, "slow_number"),
        (400, graph_error(131000), 131000, "retry"),
        (400, graph_error(131016), 131016, "retry"),
        (400, graph_error(133004), 133004, "retry"),
        (400, graph_error(100, is_transient=True), 100, "retry"),
    ]
    envelope: ClassVar[bytes] = b'{"object":"whatsapp_business_account","entry":[]}'

    def connector(self, transport: Transport) -> Connector:
        return WhatsAppCloud(transport)

    def number(self, base_url: str) -> Number:
        return Number(
            id="num_1",
            account_id="acc_1",
            digits="15550009999",
            phone_number_id="106540352242922",
            waba_id="102290129340398",
            app_id="1",
            token=ACCESS,
            app_secret="secret",
            base_url=base_url + "/v26.0",
        )

    def message(self) -> Outgoing:
        return Outgoing(
            recipient="15550001234",
            recipient_kind="phone",
            type="text",
            content={"text": {"body": "hello"}},
            context_id=None,
            token="g1.01h.1234567890abcdef",
        )

    def signed(self, body: bytes, secret: str) -> dict[str, str]:
        mac = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return {"x-hub-signature-256": f"sha256={mac}"}

    def read_mark(self) -> Outgoing:
        return Outgoing("wamid.IN", "none", "read", {"status": "read"}, "wamid.IN", "g1.x")

    def test_a_message_is_posted_to_the_numbers_messages_with_its_token(self) -> None:
        with ScriptedServer(always(200, self.taken)) as server:
            self.send(server.url)
            (request,) = server.requests
        assert (request.method, request.path) == ("POST", "/v26.0/106540352242922/messages")
        assert request.headers["authorization"] == f"Bearer {ACCESS}"
        assert request.headers["content-type"] == "application/json"
        body = json.loads(request.body)
        assert (body["to"], body["biz_opaque_callback_data"]) == ("+15550001234", "g1.01h.1234567890abcdef")

    def test_a_read_mark_is_taken_without_an_id(self) -> None:
        with ScriptedServer(always(200, b'{"success":true}')) as server:
            assert self.send(server.url, self.read_mark()) == Taken("")
        with ScriptedServer(always(200, b'{"success":false}')) as server:
            assert isinstance(self.send(server.url, self.read_mark()), Ambiguous)

    @pytest.mark.parametrize(
        "body",
        [
            b'{"messages":[]}',
            b'{"messages":[{}]}',
            b'{"messages":[{"id":""}]}',
            b'{"messages":[{"id":7}]}',
            b'{"messages":{"id":"wamid.X"}}',
            b'{"messages":["wamid.X"]}',
            graph_error(131000),
        ],
    )
    def test_a_success_that_names_no_message_is_ambiguous(self, body: bytes) -> None:
        assert isinstance(self.outcome_of(always(200, body)), Ambiguous)

    def test_a_user_id_is_the_address_where_there_is_no_phone(self) -> None:
        answer = b'{"contacts":[{"user_id":"US.1349"}],"messages":[{"id":"wamid.X"}]}'
        assert self.outcome_of(always(200, answer)) == Taken("wamid.X", "US.1349")
        assert self.outcome_of(always(200, b'{"messages":[{"id":"wamid.X"}]}')) == Taken("wamid.X", None)

    def test_the_refusal_has_metas_own_words(self) -> None:
        body = graph_error(132000, "(#132000) Number of parameters does not match", "body: expected 3, got 1")
        outcome = self.outcome_of(always(400, body))
        assert isinstance(outcome, Refused)
        detail = outcome.error.detail
        assert detail == "(#132000) Number of parameters does not match: body: expected 3, got 1"

    def test_an_access_token_that_meta_repeats_is_not_passed_on(self) -> None:
        for status in (401, 500):
            outcome = self.outcome_of(always(status, graph_error(190, f"Malformed access token {ACCESS}")))
            assert ACCESS not in repr(outcome)
            assert "Malformed access token [token]" in repr(outcome)

    def test_a_pair_limit_waits_six_seconds_or_what_the_provider_says(self) -> None:
        for headers, seconds in (({}, 6.0), ({"retry_after": "2"}, 6.0), ({"retry_after": "64"}, 64.0)):
            outcome = self.outcome_of(always(400, graph_error(131056), **headers))
            assert isinstance(outcome, Refused)
            assert outcome.error.retry_after == seconds

    def test_a_subscription_asks_for_the_numbers_own_callback(self) -> None:
        async def subscribe(url: str) -> None:
            transport = open_transport()
            try:
                hook = "https://hook.example/x"
                await WhatsAppCloud(transport).subscribe(self.number(url), hook, "verify me")
            finally:
                await transport.close()

        with ScriptedServer(always(200, b'{"success":true}')) as server:
            asyncio.run(subscribe(server.url))
            (request,) = server.requests
        assert (request.method, request.path) == ("POST", "/v26.0/106540352242922")
        assert request.headers["authorization"] == f"Bearer {ACCESS}"
        assert json.loads(request.body) == {
            "webhook_configuration": {
                "override_callback_uri": "https://hook.example/x",
                "verify_token": "verify me",
            }
        }

    @pytest.mark.parametrize(
        ("status", "body", "is_subscribed"),
        [
            (200, {"webhook_configuration": {"phone_number": "https://a.example/hooks/x/key"}}, True),
            (200, {"webhook_configuration": {"application": "https://a.example/hooks/x/key/"}}, True),
            (200, {"webhook_configuration": {"phone_number": "https://b.example/other",
                                             "application": "https://a.example/hooks/x/key"}}, False),
            (200, {"webhook_configuration": {}, "id": "1"}, False),
            (200, {"id": "1"}, False),
            (200, [], None),
            (401, {"error": {"code": 190}}, None),
        ],
    )  # fmt: skip
    def test_a_subscription_is_seen_at_the_address_that_goes_first(
        self, status: int, body: Any, is_subscribed: bool | None
    ) -> None:
        async def ask(url: str) -> bool | None:
            transport = open_transport()
            try:
                return await WhatsAppCloud(transport).is_subscribed(self.number(url), "/hooks/x/key")
            finally:
                await transport.close()

        with ScriptedServer(always(status, json.dumps(body).encode())) as server:
            assert asyncio.run(ask(server.url)) is is_subscribed
            (request,) = server.requests
        assert (request.method, request.path.partition("?")[0]) == ("GET", "/v26.0/106540352242922")
        assert request.headers["authorization"] == f"Bearer {ACCESS}"

    def test_metas_example_signature_holds(self) -> None:
        """Secret, body and signature as computed once with openssl."""
        header = "sha256=dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756"
        headers = {"x-hub-signature-256": header}
        assert self.without_network().is_signed(headers, self.envelope, ["test_app_secret"])

    @pytest.mark.parametrize(
        "header",
        ["", "sha256=", "sha1=00", "dec6a6", "sha256=é", "sha256=\u0661", "sha256=" + "0" * 64, "SHA256=00"],
    )
    def test_an_odd_signature_header_is_no_signature(self, header: str) -> None:
        headers = {"x-hub-signature-256": header}
        assert not self.without_network().is_signed(headers, self.envelope, ["test_app_secret"])

    def test_the_handshake_returns_the_challenge_for_the_right_token_alone(self) -> None:
        query = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "ü right"}
        connector = self.without_network()
        assert connector.handshake(query, "ü right") == (200, b"1158201444")
        assert connector.handshake(query, "wrong") == (403, b"")
        assert connector.handshake(query, "") == (403, b"")
        assert connector.handshake({**query, "hub.verify_token": ""}, "") == (403, b"")
        assert connector.handshake({**query, "hub.mode": "unsubscribe"}, "ü right") == (403, b"")
        assert connector.handshake({}, "ü right") == (403, b"")


def test_every_connector_is_registered_under_its_own_kind() -> None:
    class Unused:
        pass

    connectors = make_connectors(Unused())
    assert set(connectors) == set(CONNECTORS)
    assert all(connector.kind == kind for kind, connector in connectors.items())
