"""Posts to the customer of the emulator: the verification handshake, and one signed webhook at a time.

`reporter.py` decides when and how often; `graph/overrides.py` asks for the handshake.
"""

import hashlib
import hmac
import secrets
from datetime import timedelta
from urllib.parse import urlsplit

from pyreqwest.client import ClientBuilder
from pyreqwest.exceptions import PyreqwestError

from trunkline.sandbox.errors import GraphError

_LONGEST_URL = 200


class Poster:
    """Connections are pooled and kept; redirects are not followed, as they would lose the signature."""

    def __init__(self, app_secret: str, timeout_seconds: float) -> None:
        self._secret = app_secret.encode()
        self._client = (
            ClientBuilder()
            .timeout(timedelta(seconds=timeout_seconds))
            .follow_redirects(False)
            .no_proxy()
            .user_agent("facebookexternalua")
            .build()
        )

    async def post(self, url: str, body: bytes, signed: bytes | None = None) -> tuple[int | None, str]:
        """The HTTP status (None when there was no answer), and the signature that was sent.

        Only 200 means that the webhook was taken. `signed` stands for the body when the signature is made.
        """
        signature = sign(self._secret, body if signed is None else signed)
        try:
            request = self._client.post(url).body_bytes(body)
            request = request.header("content-type", "application/json")
            request = request.header("x-hub-signature-256", signature)
            response = await request.build().send()
        except (PyreqwestError, ValueError):
            return None, signature
        return response.status, signature

    async def verify(self, url: str, verify_token: str) -> None:
        """The handshake: the callback must answer 200 with the bare challenge. `GraphError` says why not."""
        if not _is_address(url):
            raise _refusal("it is not an http(s) URL of at most 200 characters")
        challenge = str(secrets.randbelow(10**10))
        asked = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": verify_token}
        try:
            response = await self._client.get(url).query(list(asked.items())).build().send()
            answer = bytes(await response.bytes())
        except (PyreqwestError, ValueError):
            raise _refusal("there was no answer") from None
        if response.status != 200:
            raise _refusal(f"it answered HTTP {response.status} instead of 200")
        if answer.strip() != challenge.encode():
            raise _refusal("it did not answer with the bare hub.challenge")

    async def close(self) -> None:
        await self._client.close()


def sign(secret: bytes, body: bytes) -> str:
    """The value of `X-Hub-Signature-256` for these exact bytes."""
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return len(url) <= _LONGEST_URL and parts.scheme in {"http", "https"} and bool(parts.hostname)


def _refusal(why: str) -> GraphError:
    return GraphError(100, details=f"Callback verification of override_callback_uri failed: {why}.")
