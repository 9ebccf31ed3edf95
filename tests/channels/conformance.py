"""What every connector must do, as tests against a scripted server at a real socket.

A channel's own test module makes a subclass named `Test…` and says how its provider speaks. What is proven
here is what the rest of the program builds on: which answers prove that a message was taken, was refused or
never left, and that everything else is called ambiguous.
"""

import asyncio
import json
from typing import Any, ClassVar

import pytest

from tests.channels.scripted_server import Connection, Script, ScriptedServer, always, deaf_url, refused_url
from trunkline.channels.contract import (
    Ambiguous,
    Connector,
    NotSent,
    Number,
    Outcome,
    Outgoing,
    Parsed,
    Refused,
    SubscribeError,
    Taken,
)
from trunkline.outgoing_http import Transport, open_transport

TIMEOUT = 0.6
GARBAGE = (
    b"",
    b" ",
    b"null",
    b"[]",
    b"{}",
    b'"ok"',
    b"<html>Sorry</html>",
    b'{"a":',
    b"\xff\xfe",
    b"[" * 9999,
)


def _says_nothing(connection: Connection) -> None:
    connection.read_request()
    connection.wait_for_hang_up()


def _hangs_up(connection: Connection) -> None:
    connection.read_request()


def _resets(connection: Connection) -> None:
    connection.read_request()
    connection.reset()


def _drips(connection: Connection) -> None:
    connection.read_request()
    connection.sock.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n{")
    while not connection.server.stopping.wait(0.02):
        connection.sock.sendall(b" ")


class ConnectorContract:
    """Subclasses fill these in."""

    taken: ClassVar[bytes]
    """The provider's answer to a message that it took."""
    taken_as: ClassVar[Taken]
    refusals: ClassVar[list[tuple[int, bytes, int, str]]]
    """(HTTP status, body, code, effect) of definite refusals."""
    envelope: ClassVar[bytes]
    """A webhook body with nothing in it."""

    def connector(self, transport: Transport) -> Connector:
        raise NotImplementedError

    def number(self, base_url: str) -> Number:
        raise NotImplementedError

    def message(self) -> Outgoing:
        raise NotImplementedError

    def signed(self, body: bytes, secret: str) -> dict[str, str]:
        """The headers with which the provider would post `body`."""
        raise NotImplementedError

    def send(self, url: str, message: Outgoing | None = None, timeout: float = 5.0) -> Outcome:
        async def run() -> Outcome:
            transport = open_transport(timeout_seconds=timeout)
            try:
                connector = self.connector(transport)
                return await connector.send(self.number(url), message or self.message())
            finally:
                await transport.close()

        return asyncio.run(run())

    def outcome_of(self, script: Script, timeout: float = 5.0) -> Outcome:
        """Of one send, which the server must have seen exactly once."""
        with ScriptedServer(script) as server:
            outcome = self.send(server.url, timeout=timeout)
            assert len(server.requests) == 1
            return outcome

    def without_network(self) -> Connector:
        class NoNetwork:
            async def request(self, *arguments: Any) -> Any:
                raise AssertionError("this must not need the network")

        return self.connector(NoNetwork())

    # -- what is taken ----------------------------------------------------------------------------------

    def test_a_message_that_was_taken_has_the_providers_id(self) -> None:
        assert self.outcome_of(always(200, self.taken)) == self.taken_as

    def test_a_message_goes_out_in_one_request_that_carries_the_token(self) -> None:
        with ScriptedServer(always(200, self.taken)) as server:
            self.send(server.url)
            (request,) = server.requests
        assert self.message().token.encode() in request.body

    # -- what is refused --------------------------------------------------------------------------------

    def test_a_definite_no_is_refused_with_a_cause_and_what_can_be_done(self) -> None:
        for status, body, code, effect in self.refusals:
            outcome = self.outcome_of(always(status, body))
            assert isinstance(outcome, Refused), (status, body, outcome)
            error = outcome.error
            assert (error.code, error.effect, error.http_status) == (code, effect, status)
            assert error.title and error.cause and error.remedy
            assert error.actor in ("sender", "operator", "recipient", "provider", "nobody")

    def test_too_many_requests_is_refused_whatever_its_body_says(self) -> None:
        for body in GARBAGE:
            outcome = self.outcome_of(always(429, body, retry_after="17"))
            assert isinstance(outcome, Refused)
            assert outcome.error.effect == "slow_number"
            assert outcome.error.retry_after == 17.0

    # -- what is in doubt -------------------------------------------------------------------------------

    @pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
    def test_a_server_error_is_ambiguous_even_with_a_providers_code(self, status: int) -> None:
        for body in (*GARBAGE, *(body for _, body, _, _ in self.refusals), self.taken):
            outcome = self.outcome_of(always(status, body))
            assert isinstance(outcome, Ambiguous)
            assert outcome.http_status == status

    @pytest.mark.parametrize("status", [200, 201, 204, 302, 400, 403, 404, 408])
    def test_an_answer_that_is_not_the_providers_is_ambiguous(self, status: int) -> None:
        for body in GARBAGE if status != 204 else (b"",):
            assert isinstance(self.outcome_of(always(status, body)), Ambiguous)

    @pytest.mark.parametrize("script", [_hangs_up, _resets])
    def test_a_connection_that_breaks_is_ambiguous(self, script: Script) -> None:
        assert isinstance(self.outcome_of(script), Ambiguous)

    @pytest.mark.parametrize("script", [_says_nothing, _drips])
    def test_no_answer_in_time_is_ambiguous(self, script: Script) -> None:
        assert isinstance(self.outcome_of(script, timeout=TIMEOUT), Ambiguous)

    def test_a_giant_answer_is_ambiguous(self) -> None:
        assert isinstance(self.outcome_of(always(200, self.taken + b" " * (1 << 20))), Ambiguous)

    # -- what never left --------------------------------------------------------------------------------

    def test_a_refused_connection_is_not_sent(self) -> None:
        assert isinstance(self.send(refused_url()), NotSent)

    def test_a_connection_that_is_never_made_is_not_sent(self) -> None:
        with deaf_url() as url:
            assert isinstance(self.send(url, timeout=TIMEOUT), NotSent)

    # -- the rest ---------------------------------------------------------------------------------------

    def test_the_preview_is_what_is_posted(self) -> None:
        with ScriptedServer(always(200, self.taken)) as server:
            self.send(server.url)
            assert json.loads(server.requests[0].body) == self.without_network().preview(self.message())

    def test_an_empty_envelope_says_nothing(self) -> None:
        assert self.without_network().parse(self.envelope) == Parsed()

    def test_what_is_not_the_providers_envelope_is_a_value_error(self) -> None:
        for body in GARBAGE:
            with pytest.raises(ValueError, match=r".+"):
                self.without_network().parse(body)

    def test_a_signature_holds_for_its_bytes_and_its_secret_alone(self) -> None:
        connector = self.without_network()
        headers = self.signed(self.envelope, "right")
        assert connector.is_signed(headers, self.envelope, ["right"])
        assert connector.is_signed(headers, self.envelope, ["new", "right"])
        assert not connector.is_signed(headers, self.envelope + b" ", ["right"])
        assert not connector.is_signed(headers, self.envelope, ["wrong"])
        assert not connector.is_signed({}, self.envelope, ["right"])

    def test_without_a_secret_nothing_is_signed(self) -> None:
        connector = self.without_network()
        assert not connector.is_signed(self.signed(self.envelope, ""), self.envelope, [""])
        assert not connector.is_signed(self.signed(self.envelope, "right"), self.envelope, [])

    def test_a_subscription_that_fails_says_why(self) -> None:
        async def subscribe(url: str) -> None:
            transport = open_transport(timeout_seconds=2)
            try:
                await self.connector(transport).subscribe(
                    self.number(url), "https://hook.example/x", "verify"
                )
            finally:
                await transport.close()

        for status, body, _, _ in self.refusals:
            with ScriptedServer(always(status, body)) as server, pytest.raises(SubscribeError, match=r".+"):
                asyncio.run(subscribe(server.url))
        with pytest.raises(SubscribeError, match="refused"):
            asyncio.run(subscribe(refused_url()))
        with ScriptedServer(always(200, b"<html>")) as server, pytest.raises(SubscribeError):
            asyncio.run(subscribe(server.url))
