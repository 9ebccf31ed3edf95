import hashlib
import hmac

import pytest

from trunkline.model import ids
from trunkline.model.evidence import make_token, read_token


def mac(data: bytes) -> bytes:
    return hmac.digest(b"key", data, hashlib.sha256)[:8]


def test_a_token_names_its_message_and_attempt() -> None:
    message = ids.new_id(ids.MESSAGE)
    assert read_token(make_token(message, 12, mac), mac) == (message, 12)


def test_a_token_shows_nobody_and_fits_the_providers_field() -> None:
    token = make_token(ids.new_id(ids.MESSAGE), 999_999_999, mac)
    assert len(token) <= 512
    assert token.startswith("g1.")


@pytest.mark.parametrize("position", range(48))
def test_a_token_changed_anywhere_proves_nothing(position: int) -> None:
    token = make_token("msg_01h455vb4pex5vsknk084sn02q", 1, mac)
    changed = token[:position] + ("a" if token[position] != "a" else "b") + token[position + 1 :]
    assert read_token(changed, mac) is None


@pytest.mark.parametrize("text", [None, "", "order-4711", "g1.x.y", "g1.01h455vb4pex5vsknk084sn02q-1.é"])
def test_other_peoples_texts_are_no_tokens(text: str | None) -> None:
    assert read_token(text, mac) is None
