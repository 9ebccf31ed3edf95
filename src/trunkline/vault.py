"""The data folder's master key, and all that is made from it.

Provider tokens and app secrets are sealed before they reach the store; of API keys only a keyed hash is
kept; what we send upstream as evidence carries a short MAC. Each use has a key of its own (HKDF), so that
none helps against another. Whoever has a copy of the database alone can read none of them.
"""

import base64
import contextlib
import hmac
import os
import re
import secrets
import stat
import zlib
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from trunkline.data_folder import sync
from trunkline.model.ids import KEY, new_id

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET_LETTERS, _CHECK_LETTERS = 43, 6  # what 256 and 32 bits need in base 62
_API_KEY = re.compile(r"tl_(?:live|test)_([0-7][0-9a-z]{25})[0-9A-Za-z]{43}([0-9A-Za-z]{6})")
_NONCE_BYTES = 12
_MAC_BYTES = 8


class VaultError(Exception):
    """A key file or a sealed value can not be used; the text says what mends it."""


class NewKey(msgspec.Struct, frozen=True):
    """An API key at its making, the only moment at which its text is known."""

    id: str
    token: str
    """`tl_live_` or `tl_test_`, the letters of the id, 256 random bits, a checksum."""
    digest: bytes


def load_vault(data: Path) -> "Vault":
    """The vault of a data folder. Makes its key at the first start; refuses one that others may read."""
    path = data / "keys" / "master.key"
    if not path.exists():
        _make_key(path)
    return Vault(_read_key(path))


class Vault:
    """Holds the master key; hands out only what is made from it."""

    def __init__(self, master: bytes) -> None:
        self._master = master
        self.key_id = self.derive("key id")[:4].hex()
        """Names the master key without telling it: stands in every sealed value."""
        self._aead = AESGCM(self.derive("seal"))
        self._pepper = self.derive("api key digest")
        self._evidence = self.derive("evidence")

    def derive(self, purpose: str) -> bytes:
        """32 bytes that are the same for this purpose at every start, and tell nothing of other purposes."""
        return HKDFExpand(SHA256(), 32, b"trunkline/1/" + purpose.encode()).derive(self._master)

    def seal(self, plaintext: str, *, account_id: str, row_id: str) -> str:
        """Encrypted text that opens only for this account and row."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._aead.encrypt(nonce, plaintext.encode(), _binding(account_id, row_id))
        return f"v1.{self.key_id}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, *, account_id: str, row_id: str) -> str:
        """The text that was sealed for this account and row, or `VaultError`."""
        version, _, rest = sealed.partition(".")
        key_id, _, text = rest.partition(".")
        if version != "v1":
            raise VaultError("A stored secret is not in a form that this version reads.")
        if key_id != self.key_id:
            raise VaultError(
                f"A stored secret was sealed with master key {key_id}; this data folder has {self.key_id}. "
                "Put the keys/master.key back that belongs to this database."
            )
        try:
            raw = base64.urlsafe_b64decode(text)
            opened = self._aead.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _binding(account_id, row_id))
        except (InvalidTag, ValueError) as error:
            raise VaultError("A stored secret was altered, or moved from another account or row.") from error
        return opened.decode()

    def new_api_key(self, live: bool) -> NewKey:
        key_id = new_id(KEY)
        body = f"tl_{'live' if live else 'test'}_{key_id.removeprefix(KEY + '_')}"
        body += _base62(int.from_bytes(secrets.token_bytes(32), "big"), _SECRET_LETTERS)
        token = body + _checksum(body)
        return NewKey(key_id, token, self.digest(token))

    def digest(self, token: str) -> bytes:
        """What is stored of an API key. A plain keyed hash is enough: the key has 256 random bits."""
        return hmac.digest(self._pepper, token.encode(), "sha256")

    def matches(self, token: str, stored: bytes | None) -> bool:
        """Whether `token` is the key whose digest is `stored`. None, no such key, takes the same path."""
        expected = stored if stored is not None else self._pepper
        return hmac.compare_digest(self.digest(token), expected) and stored is not None

    def evidence_mac(self, data: bytes) -> bytes:
        """8 bytes that only we can make, for the token that travels with a message and comes back."""
        return hmac.digest(self._evidence, data, "sha256")[:_MAC_BYTES]


def parse_api_key(text: str) -> str | None:
    """The id of an API key, or None when its form or checksum says that it is mistyped."""
    match = _API_KEY.fullmatch(text)
    if match is None or _checksum(text[:-_CHECK_LETTERS]) != match[2]:
        return None
    return f"{KEY}_{match[1]}"


def _make_key(path: Path) -> None:
    """Never replaces a key: of two starts at once, both go on with the one that was there first."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(32)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
    sync(path.parent)


def _read_key(path: Path) -> bytes:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise VaultError(f"{path} can be read by others (mode {mode:o}). Mend it with: chmod 600 {path}")
    try:
        key = base64.b64decode(path.read_bytes().strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise VaultError(
            f"{path} does not hold 32 bytes in base64. Put it back from a backup. If nothing is stored yet "
            f"that needs it, a new one is made at the next start after: rm {path}"
        )
    return key


def _binding(account_id: str, row_id: str) -> bytes:
    return msgspec.json.encode((account_id, row_id))


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECK_LETTERS)


def _base62(value: int, length: int) -> str:
    letters = []
    for _ in range(length):
        value, digit = divmod(value, 62)
        letters.append(_BASE62[digit])
    return "".join(reversed(letters))
