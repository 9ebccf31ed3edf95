"""Posting events to a server on the developer's machine, signed as an endpoint's are."""

import base64
import hmac
from time import perf_counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.sse import Block

if TYPE_CHECKING:
    from trunkline.outgoing_http import Transport


class Forwarder:
    """One address, one secret."""

    def __init__(self, transport: "Transport", url: str, secret: str, format: str) -> None:
        self._transport = transport
        self._url = url
        self._secret = secret
        self._format = format

    async def post(self, block: Block) -> dict[str, Any]:
        """What became of it: `status` and `took_ms`, or why there was no answer."""
        from trunkline.clock import SystemClock
        from trunkline.delivery import signing
        from trunkline.outgoing_http import TransportError

        body = block.data.encode()
        at = SystemClock().now() // 1000
        headers = {"content-type": "application/json"}
        headers |= signing.headers([self._secret], block.id, at, body, self._format)
        began = perf_counter()
        told: dict[str, Any] = {"id": block.id, "type": block.event, "status": None, "error": None}
        try:
            told["status"] = (await self._transport.request("POST", self._url, headers, body)).status
        except TransportError as error:
            told["error"] = str(error)
        return told | {"took_ms": round((perf_counter() - began) * 1000)}


def address_of(text: str) -> str:
    """`localhost:3000/hook` → `http://localhost:3000/hook`."""
    url = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise Trouble(ExitCode.USAGE, f"{text} is no address: write it as http://localhost:3000/hook")
    return url


def secret_from(key: bytes, account_id: str) -> str:
    """The same for this key and account every time, so that the local server has to be told of it once."""
    made = hmac.digest(key, f"trunkline listen {account_id}".encode(), "sha256")
    return "whsec_" + base64.b64encode(made).decode()
