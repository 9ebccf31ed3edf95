"""Keys: made once, readable by nobody else, each use with a key of its own."""

import hmac
import os
import re
import threading
from pathlib import Path

import pytest

from trunkline.model.ids import KEY, is_id
from trunkline.vault import Vault, VaultError, load_vault, parse_api_key


@pytest.fixture
def vault() -> Vault:
    return Vault(b"m" * 32)


def master(data: Path) -> Path:
    return data / "keys" / "master.key"


def test_the_first_start_makes_a_key_that_only_its_owner_may_read(tmp_path):
    load_vault(tmp_path)
    assert master(tmp_path).stat().st_mode & 0o777 == 0o600
    assert master(tmp_path).parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in master(tmp_path).parent.iterdir()] == ["master.key"]


def test_a_later_start_uses_the_same_key(tmp_path):
    sealed = load_vault(tmp_path).seal("secret", account_id="a", row_id="r")
    assert load_vault(tmp_path).open(sealed, account_id="a", row_id="r") == "secret"


def test_first_starts_at_the_same_moment_agree_on_one_key(tmp_path):
    ids = []
    threads = [threading.Thread(target=lambda: ids.append(load_vault(tmp_path).key_id)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 8 and len(set(ids)) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_a_key_that_others_may_read_is_refused_with_the_command_that_mends_it(tmp_path, mode):
    load_vault(tmp_path)
    master(tmp_path).chmod(mode)
    with pytest.raises(VaultError) as caught:
        load_vault(tmp_path)
    assert f"chmod 600 {master(tmp_path)}" in str(caught.value)
    master(tmp_path).chmod(0o600)
    load_vault(tmp_path)


@pytest.mark.parametrize("content", [b"", b"c2hvcnQ=\n", b"\xff" * 44, b"A" * 44 + b"!"])
def test_a_malformed_key_is_refused_and_not_replaced(tmp_path, content):
    load_vault(tmp_path)
    master(tmp_path).write_bytes(content)
    with pytest.raises(VaultError, match="does not hold 32 bytes"):
        load_vault(tmp_path)
    assert master(tmp_path).read_bytes() == content


def test_a_sealed_value_shows_nothing_and_is_never_the_same_twice(vault):
    sealed = [vault.seal("opensesame", account_id="a", row_id="r") for _ in range(2)]
    assert sealed[0] != sealed[1]
    assert all(text.startswith(f"v1.{vault.key_id}.") and "opensesame" not in text for text in sealed)


@pytest.mark.parametrize(
    ("account_id", "row_id"), [("acc_2", "num_1"), ("acc_1", "num_2"), ("acc_1num", "_1"), ("", "acc_1num_1")]
)
def test_a_sealed_value_does_not_open_in_another_account_or_row(vault, account_id, row_id):
    sealed = vault.seal("secret", account_id="acc_1", row_id="num_1")
    with pytest.raises(VaultError, match="moved"):
        vault.open(sealed, account_id=account_id, row_id=row_id)


def test_an_altered_value_does_not_open(vault):
    sealed = vault.seal("secret", account_id="a", row_id="r")
    for place in (13, len(sealed) // 2, len(sealed) - 6):
        other = "A" if sealed[place] != "A" else "B"
        with pytest.raises(VaultError):
            vault.open(sealed[:place] + other + sealed[place + 1 :], account_id="a", row_id="r")
    for text in ("", "v1", sealed[:20], "v2" + sealed[2:]):
        with pytest.raises(VaultError):
            vault.open(text, account_id="a", row_id="r")


def test_a_value_of_another_master_key_is_named_as_such(vault):
    other = Vault(b"n" * 32)
    with pytest.raises(VaultError, match=other.key_id):
        vault.open(other.seal("secret", account_id="a", row_id="r"), account_id="a", row_id="r")


@pytest.mark.parametrize(("live", "start"), [(True, "tl_live_"), (False, "tl_test_")])
def test_an_api_key_tells_its_kind_and_its_id(vault, live, start):
    key = vault.new_api_key(live)
    assert key.token.startswith(start)
    assert re.fullmatch(r"tl_(live|test)_[0-9A-Za-z]{75}", key.token)
    assert is_id(key.id, KEY)
    assert parse_api_key(key.token) == key.id


def test_api_keys_carry_256_random_bits(vault, monkeypatch):
    asked = []
    monkeypatch.setattr("secrets.token_bytes", lambda n: asked.append(n) or os.urandom(n))
    bodies = {vault.new_api_key(True).token[34:-6] for _ in range(50)}
    assert len(bodies) == 50 and asked == [32] * 50


def test_any_one_wrong_letter_is_noticed_without_a_lookup(vault):
    token = vault.new_api_key(True).token
    for place, letter in enumerate(token):
        other = "1" if letter != "1" else "2"
        assert parse_api_key(token[:place] + other + token[place + 1 :]) is None, place
    swapped = token[:40] + token[41] + token[40] + token[42:]
    assert swapped == token or parse_api_key(swapped) is None


@pytest.mark.parametrize("text", ["", "tl_live_", "Bearer x", "tl_live_" + "0" * 75, "tl_live_" + "é" * 75])
def test_what_is_no_key_has_no_id(text):
    assert parse_api_key(text) is None


def test_a_key_is_matched_by_its_keyed_digest_only(vault):
    key, other = vault.new_api_key(True), vault.new_api_key(True)
    assert vault.matches(key.token, key.digest)
    assert not vault.matches(other.token, key.digest)
    assert not vault.matches(key.token, None)
    assert not Vault(b"n" * 32).matches(key.token, key.digest)
    assert key.digest != hmac.digest(b"", key.token.encode(), "sha256") and len(key.digest) == 32


def test_each_purpose_has_a_key_of_its_own(vault):
    keys = {vault.derive(purpose) for purpose in ("seal", "evidence", "api key digest", "cursor")}
    assert len(keys) == 4 and all(len(key) == 32 for key in keys)
    assert vault.derive("cursor") == Vault(b"m" * 32).derive("cursor")


def test_evidence_is_eight_bytes_bound_to_data_and_key(vault):
    mac = vault.evidence_mac(b"msg_1.1")
    assert len(mac) == 8 and mac == vault.evidence_mac(b"msg_1.1")
    assert mac != vault.evidence_mac(b"msg_1.2")
    assert mac != Vault(b"n" * 32).evidence_mac(b"msg_1.1")
