"""A server that can not prove who it is gets no message, and what kept it from that is told.

The authority of these certificates is trusted, so that nothing but the fault in question is refused.
"""

import asyncio
import datetime
import ipaddress
import ssl
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pyreqwest.client import ClientBuilder

from tests.channels.scripted_server import ScriptedServer, always
from trunkline.outgoing_http import Answer, HttpTransport, NotSentError

DAY = timedelta(days=1)


class Authority:
    """Issues certificates that the client of these tests trusts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "authority of the tests")])
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        self.certificate = (
            self._builder(self._name, self._key.public_key(), DAY)
            .add_extension(constraints, critical=True)
            .sign(self._key, hashes.SHA256())
        )

    def server(self, alternative: x509.GeneralName, valid_for: timedelta = DAY) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "server")])
        certificate = (
            self._builder(name, key.public_key(), valid_for)
            .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        pem = self._folder / "server.pem"
        plain = serialization.NoEncryption()
        pem.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        return context

    def _builder(
        self, name: x509.Name, key: ec.EllipticCurvePublicKey, valid_for: timedelta
    ) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        serial = x509.random_serial_number()
        return x509.CertificateBuilder(self._name, name, key, serial, now - 2 * DAY, now + valid_for)

    def post(self, url: str) -> Answer:
        async def run() -> Answer:
            pem = self.certificate.public_bytes(serialization.Encoding.PEM)
            client = (
                ClientBuilder().no_proxy().add_root_certificate_pem(pem).timeout(timedelta(seconds=5)).build()
            )
            transport = HttpTransport(client)
            try:
                return await transport.request("POST", url, {}, b"{}")
            finally:
                await transport.close()

        return asyncio.run(run())


HERE = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


def test_a_server_that_proves_who_it_is_gets_the_request(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with ScriptedServer(always(200, b"{}"), tls=authority.server(HERE)) as server:
        assert authority.post(server.url).status == 200


@pytest.mark.parametrize(
    ("alternative", "valid_for", "words"),
    [
        (HERE, -DAY, "(?i)expired"),
        (x509.DNSName("graph.example.com"), DAY, "(?i)not valid for"),
        (x509.IPAddress(ipaddress.ip_address("127.0.0.2")), DAY, "(?i)not valid for"),
    ],
    ids=["expired", "another host", "another address"],
)
def test_a_certificate_that_does_not_hold_is_not_sent_to(
    alternative: x509.GeneralName, valid_for: timedelta, words: str, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    with ScriptedServer(always(200, b"{}"), tls=authority.server(alternative, valid_for)) as server:
        with pytest.raises(NotSentError, match=words):
            authority.post(server.url)
        assert server.requests == []
