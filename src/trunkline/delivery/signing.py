"""SIGNING: what proves to an endpoint that a post is ours: Standard Webhooks, and Meta's header beside it.

In come the endpoint's secrets, the body and its moment; out go the headers. Pure but for making secrets.
Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
import secrets as random
from collections.abc import Sequence

from trunkline.store.endpoints import EndpointRow
from trunkline.vault import Vault

_PREFIX = "whsec_"
_SECRET_BYTES = 32


def new_secret() -> str:
    return _PREFIX + base64.b64encode(random.token_bytes(_SECRET_BYTES)).decode()


def secrets_of(vault: Vault, endpoint: EndpointRow, now: int) -> list[str]:
    """Those that sign at this moment, the current one first; the former one until its time is over."""
    sealed = [endpoint.sealed_secret]
    if endpoint.sealed_former_secret is not None and now < (endpoint.former_until or 0):
        sealed.append(endpoint.sealed_former_secret)
    return [vault.open(text, account_id=endpoint.account_id, row_id=endpoint.id) for text in sealed]


def headers(
    secrets: Sequence[str], webhook_id: str, at_seconds: int, body: bytes, format: str
) -> dict[str, str]:
    """One signature a secret. `X-Hub-Signature-256` has room for one: the current secret makes it."""
    signed = b"%s.%d." % (webhook_id.encode(), at_seconds) + body
    made = {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(at_seconds),
        "webhook-signature": " ".join(f"v1,{_signature(secret, signed)}" for secret in secrets),
    }
    if format == "meta":
        digest = hmac.digest(secrets[0].encode(), body, hashlib.sha256).hex()
        made["x-hub-signature-256"] = f"sha256={digest}"
    return made


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
