"""Signatures verify with the public library of Standard Webhooks, and with Meta's own rule."""

import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from trunkline.delivery import signing
from trunkline.model import ids
from trunkline.store.endpoints import EndpointRow
from trunkline.vault import Vault

BODY = json.dumps(
    {"type": "message.delivered", "data": {"text": "grüße \N{SMILING FACE WITH SMILING EYES}"}}
).encode()
EVENT_ID = "evt_01h455vb4pex5vsknk084sn02q"
VAULT = Vault(bytes(32))


def moment() -> int:
    """This second: a verifier takes nothing that is five minutes old, and a run may last longer."""
    return int(datetime.now(UTC).timestamp())


def endpoint(secret: str, former: str | None = None, former_until: int | None = None) -> EndpointRow:
    endpoint_id = ids.new_id(ids.ENDPOINT)

    def sealed(text: str) -> str:
        return VAULT.seal(text, account_id="acc", row_id=endpoint_id)

    return EndpointRow(
        account_id="acc", id=endpoint_id, url="https://example.com", format="events", description="",
        event_types='["*"]', number_id=None, sealed_secret=sealed(secret),
        sealed_former_secret=sealed(former) if former else None, former_until=former_until, state="active",
        state_reason=None, is_ordered=0, batch_size=1, max_in_flight=20, per_second=None, created_by="api",
        created_at=0, updated_at=0,
    )  # fmt: skip


def accepted(secret: str, headers: dict[str, str], body: bytes = BODY) -> bool:
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return False
    return True


def test_a_post_verifies_and_a_touched_one_does_not() -> None:
    now = moment()
    secret = signing.new_secret()
    headers = signing.headers([secret], EVENT_ID, now, BODY, "events")
    assert accepted(secret, headers)
    assert not accepted(secret, headers, BODY + b" ")
    assert not accepted(secret, headers | {"webhook-id": EVENT_ID.replace("q", "r")})
    assert not accepted(secret, headers | {"webhook-timestamp": str(now + 1)})
    assert not accepted(signing.new_secret(), headers)


def test_the_library_signs_the_same() -> None:
    now = moment()
    secret, at = signing.new_secret(), datetime.fromtimestamp(now, UTC)
    ours = signing.headers([secret], EVENT_ID, now, BODY, "events")["webhook-signature"]
    assert ours == Webhook(secret).sign(EVENT_ID, at, BODY.decode())


def test_old_and_new_secret_verify_while_a_rotation_lasts() -> None:
    now = moment()
    old, new, older = (signing.new_secret() for _ in range(3))
    rotated = endpoint(new, old, now * 1000 + 5)
    during = signing.secrets_of(VAULT, rotated, now * 1000 + 4)
    headers = signing.headers(during, EVENT_ID, now, BODY, "events")
    assert accepted(new, headers)
    assert accepted(old, headers)
    assert not accepted(older, headers)
    over = signing.secrets_of(VAULT, rotated, now * 1000 + 5)
    headers = signing.headers(over, EVENT_ID, now, BODY, "events")
    assert accepted(new, headers)
    assert not accepted(old, headers)


def test_a_secret_has_32_bytes_and_is_never_made_twice() -> None:
    made = {signing.new_secret() for _ in range(100)}
    assert len(made) == 100
    assert {len(Webhook(secret)._whsecret) for secret in made} == {32}


@pytest.mark.parametrize("format_", ["events", "meta"])
def test_metas_header_is_there_for_metas_format_and_made_by_the_current_secret(format_: str) -> None:
    now = moment()
    new, old = signing.new_secret(), signing.new_secret()
    headers = signing.headers([new, old], EVENT_ID, now, BODY, format_)
    digest = hmac.new(new.encode(), BODY, hashlib.sha256).hexdigest()
    assert headers.get("x-hub-signature-256") == (f"sha256={digest}" if format_ == "meta" else None)
    assert accepted(old, headers)
