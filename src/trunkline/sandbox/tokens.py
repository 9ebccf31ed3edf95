"""Access tokens: the one of the identity, which always works, and further ones with an end and fewer scopes.

`server.py` asks who holds a token and what that person may do. Tokens are kept as hashes. The app's own token
is `APP_ID|APP_SECRET`, and no secret is kept for it either.
"""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime

import msgspec

from trunkline.sandbox.clock import Clock
from trunkline.sandbox.database import Database
from trunkline.sandbox.errors import GraphError
from trunkline.sandbox.shelf import Shelf
from trunkline.sandbox.state import Identity

MESSAGING = "whatsapp_business_messaging"
MANAGEMENT = "whatsapp_business_management"
SCOPES = (MESSAGING, MANAGEMENT, "business_management")


class Token(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One that was issued beside the identity's. Its text is only known to whoever was given it."""

    id: str
    scopes: tuple[str, ...] = SCOPES
    issued_at: int = 0
    expires_at: int | None = None
    revoked: bool = False


class Holder(msgspec.Struct, frozen=True):
    """Who calls."""

    scopes: tuple[str, ...] = SCOPES
    is_app: bool = False
    expires_at: int | None = None
    issued_at: int = 0

    def may(self, *scopes: str) -> bool:
        """Whether one of these scopes was granted."""
        return any(scope in self.scopes for scope in scopes)


_OWNER = Holder()
_APP = Holder(scopes=(), is_app=True)


class Tokens:
    """Every token that means something here."""

    def __init__(self, database: Database, clock: Clock, identity: Identity) -> None:
        self._shelf = Shelf(database, "token", Token)
        self._clock = clock
        self._token = identity.token.encode()
        self._app_token = f"{identity.app_id}|{identity.app_secret}".encode()
        self._app_secret = identity.app_secret.encode()

    def holder_of(self, text: str | None) -> Holder:
        """Raises code 190 for a token that is missing, unknown, expired or taken back."""
        if text is None:
            raise GraphError(190, "An access token is required to request this resource.")
        given = text.encode("utf-8", "replace")
        if hmac.compare_digest(given, self._token):
            return _OWNER
        if hmac.compare_digest(given, self._app_token):
            return _APP
        token = self._shelf.get(_hash(given))
        if token is None:
            raise GraphError(190)
        if token.revoked:
            raise GraphError(190, _INVALIDATED, subcode=467)
        if token.expires_at is not None and token.expires_at <= self._clock.now():
            raise GraphError(190, _expired(token.expires_at, self._clock.now()), subcode=463)
        return Holder(scopes=token.scopes, expires_at=token.expires_at, issued_at=token.issued_at)

    def find(self, text: str) -> Holder | Token | None:
        """What `debug_token` looks at: a dead token as it was, a living one as its holder, else None."""
        try:
            return self.holder_of(text)
        except GraphError:
            return self._shelf.get(_hash(text.encode("utf-8", "replace")))

    def check_proof(self, text: str, proof: object) -> None:
        """`appsecret_proof`: the token's HMAC under the app secret, in hex."""
        right = hmac.new(self._app_secret, text.encode("utf-8", "replace"), "sha256").hexdigest()
        given = proof.encode("utf-8", "replace") if isinstance(proof, str) else b""
        if not hmac.compare_digest(right.encode(), given):
            raise GraphError(
                100, "Invalid appsecret_proof provided in the API argument", kind="GraphMethodException"
            )

    async def issue(self, scopes: tuple[str, ...] = SCOPES, seconds: int | None = None) -> tuple[str, Token]:
        """A new token and its text, which cannot be asked for again."""
        text = f"sandbox-{secrets.token_urlsafe(32)}"
        now = self._clock.now()
        token = Token(
            id=_hash(text.encode()),
            scopes=scopes,
            issued_at=now,
            expires_at=None if seconds is None else now + seconds * 1000,
        )
        await self._shelf.put(token.id, token)
        return text, token

    async def revoke(self, id_: str) -> bool:
        """By its id or its text; False when there is none."""
        token = self._shelf.get(id_) or self._shelf.get(_hash(id_.encode("utf-8", "replace")))
        if token is None:
            return False
        await self._shelf.put(token.id, msgspec.structs.replace(token, revoked=True))
        return True

    def list(self) -> list[Token]:
        return self._shelf.values()


_INVALIDATED = (
    "Error validating access token: The session has been invalidated because the user changed their password "
    "or Facebook has changed the session for security reasons."
)


def _expired(at: int, now: int) -> str:
    return (
        f"Error validating access token: Session has expired on {_graph_time(at)}. "
        f"The current time is {_graph_time(now)}."
    )


def _graph_time(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%A, %d-%b-%y %H:%M:%S} UTC"


def _hash(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()
