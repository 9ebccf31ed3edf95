"""Who is calling: an account by its API key, or the operator by the token of the running server.

Keys come in `Authorization` alone, bare or after `Bearer`. A mistyped key is told by its checksum, without a
look-up. What the store says of a key is believed for less than a second, so a key that is revoked anywhere
stops working everywhere within one. An unknown key and a wrong one take the same path to the same answer.

For that same moment a header that was found right is remembered too: checking it costs a tenth of a request.
"""

import asyncio
import hmac
import re
from enum import Enum, auto

import msgspec

from trunkline.api.http import Request, bad_query
from trunkline.errors import Refusal
from trunkline.runtime import Runtime
from trunkline.store import api_keys
from trunkline.store.api_keys import ApiKey
from trunkline.vault import parse_api_key

BELIEVED_SECONDS = 0.8
"""How old an answer of the store may be; with the time a request takes it stays under a second."""

_MOST_REMEMBERED = 10_000
_KEY_IN_TEXT = re.compile("tl_(?:live|test)_", re.IGNORECASE)
_KEY_NAMES = re.compile(
    "(?:^|&)(?:api[_-]?key|key|access[_-]?token|token|authorization|authkey)=", re.IGNORECASE
)
_CHALLENGE = {"WWW-Authenticate": "Bearer"}


class Who(Enum):
    """Who may call a route."""

    ANYONE = auto()
    KEY = auto()  # any key of an account, and the operator for any account
    LIVE_KEY = auto()  # the same without test keys
    OPERATOR = auto()


class Caller(msgspec.Struct, frozen=True):
    """`account_id` is empty for nobody in particular, and for the operator before there is an account."""

    account_id: str = ""
    is_live: bool = True
    is_operator: bool = False


NOBODY = Caller()


class Gatekeeper:
    """Checks `Authorization`; remembers, for a moment, what the store knows of keys."""

    def __init__(self, runtime: Runtime, operator_token: str) -> None:
        self._runtime = runtime
        self._operator_token = operator_token.encode()
        self._remembered: dict[str, tuple[float, ApiKey | None]] = {}
        self._reading: dict[str, asyncio.Task[ApiKey | None]] = {}
        # By header. Text is compared only where a hash of it with a secret seed agrees: timing tells nothing.
        self._found_right: dict[str, tuple[float, ApiKey]] = {}

    async def identify(self, request: Request, who: Who) -> Caller:
        """The caller, or `Refusal`: no key, no valid key, or not enough rights."""
        if who is Who.ANYONE:
            return NOBODY
        if request.query and (_KEY_IN_TEXT.search(request.query) or _KEY_NAMES.search(request.query)):
            raise _key_in_query()
        header = request.headers.get("authorization", "")
        key = self._known_to_be_right(header)
        if key is None:
            token = _token_of(header)
            if self.is_operator_token(token):
                return self._operator(request.headers.get("trunkline-account"), who)
            key = await self._key(token)
            self._remember_as_right(header, key)
        if who is Who.OPERATOR:
            raise Refusal("scope_missing", "Only the operator of this server may do this.")
        if who is Who.LIVE_KEY and not key.is_live:
            raise Refusal("scope_missing", "A test key may not do this; use a live key.")
        return Caller(key.account_id, bool(key.is_live))

    def is_operator_token(self, token: str) -> bool:
        return hmac.compare_digest(token.encode("utf-8", "replace"), self._operator_token)

    def forget(self, key_id: str) -> None:
        """The key was just changed in this process: nothing known of it holds, nor what is being read."""
        self._remembered.pop(key_id, None)
        self._reading.pop(key_id, None)
        self._found_right.clear()

    def _known_to_be_right(self, header: str) -> ApiKey | None:
        known, clock = self._found_right.get(header), self._runtime.clock
        if (
            known is None
            or clock.monotonic() - known[0] >= BELIEVED_SECONDS
            or not known[1].holds(clock.now())
        ):
            return None
        return known[1]

    def _remember_as_right(self, header: str, key: ApiKey) -> None:
        """As old as what the store said of the key, and not when the key was forgotten meanwhile."""
        remembered = self._remembered.get(key.id)
        if remembered is not None and remembered[1] is key:
            if len(self._found_right) >= _MOST_REMEMBERED:
                self._found_right.clear()
            self._found_right[header] = (remembered[0], key)

    def _operator(self, wanted: str | None, who: Who) -> Caller:
        accounts = self._runtime.directory.accounts
        for account in accounts.values():  # oldest first
            if wanted in (None, account.id, account.name):
                return Caller(account.id, is_operator=True)
        if wanted is None and who is Who.OPERATOR:
            return Caller(is_operator=True)
        raise Refusal(
            "not_found", "There is no account of that id or name." if wanted else "There is no account yet."
        )

    async def _key(self, token: str) -> ApiKey:
        key_id = parse_api_key(token)
        if key_id is None:
            detail = "This is not an API key, or it is mistyped: its form or its checksum is wrong."
            raise Refusal("key_invalid", detail, headers=_CHALLENGE)
        clock = self._runtime.clock
        remembered = self._remembered.get(key_id)
        if remembered is not None and clock.monotonic() - remembered[0] < BELIEVED_SECONDS:
            key = remembered[1]
        else:
            key = await self._ask_the_store(key_id)
        is_right = self._runtime.vault.matches(token, key.digest if key is not None else None)
        if key is None or not is_right or not key.holds(clock.now()):
            raise Refusal("key_invalid", headers=_CHALLENGE)
        return key

    async def _ask_the_store(self, key_id: str) -> ApiKey | None:
        """One question at a time for each key, however many requests wait for the answer."""
        reading = self._reading.get(key_id)
        if reading is None:
            reading = self._reading[key_id] = asyncio.create_task(self._read(key_id))
        return await asyncio.shield(reading)

    async def _read(self, key_id: str) -> ApiKey | None:
        asked_at = self._runtime.clock.monotonic()
        try:
            key = await self._runtime.store.read(lambda tx: api_keys.by_id(tx, key_id))
            if self._reading.get(key_id) is asyncio.current_task():  # not forgotten meanwhile
                if len(self._remembered) >= _MOST_REMEMBERED:
                    self._remembered.clear()
                self._remembered[key_id] = (asked_at, key)
            return key
        finally:
            if self._reading.get(key_id) is asyncio.current_task():
                del self._reading[key_id]


def _token_of(header: str) -> str:
    """The key, bare or after `Bearer`."""
    if not header:
        raise Refusal(
            "key_missing", "Send your API key in the header: Authorization: Bearer tl_…", headers=_CHALLENGE
        )
    scheme, _, rest = header.partition(" ")
    return rest.strip() if scheme.lower() == "bearer" and rest.strip() else header


def _key_in_query() -> Refusal:
    detail = (
        "A key does not belong in an address, where it would be logged. Send it in the Authorization header."
    )
    return bad_query("", "key_in_query", detail)
