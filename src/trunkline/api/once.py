"""Idempotency keys: a repeated request gets the first answer, and nothing happens twice.

`carry_out` here is for what may be done twice without harm, as after a crash between the work and its answer
being kept. Sending messages, where both are one transaction, has its own in `sending.py`.
"""

import contextlib
import hashlib
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import msgspec

from trunkline.api.auth import Caller
from trunkline.api.context import Api
from trunkline.api.http import Request, Response
from trunkline.errors import Problem, Refusal, shorten
from trunkline.store import idempotency
from trunkline.store.idempotency import Answered

_KEY = re.compile("[!-~]{1,255}")
_REPLAYED = {"Idempotency-Replayed": "true"}

Work = Callable[[], Awaitable[bytes]]
"""Does it, and returns the body of the answer."""


async def carry_out(api: Api, request: Request, caller: Caller, value: Any, work: Work) -> Response:
    """`value` is the decoded body: what a repetition is recognised by."""
    key = key_of(request)
    if key is None:
        return Response(200, await work())
    mark, account_id, store = fingerprint(request, value), caller.account_id, api.runtime.store
    with running(api, account_id, key, mark):
        if first := await store.read(lambda tx: idempotency.recall(tx, account_id, key)):
            return again(first, mark)
        body = await work()
        answer = Answered(account_id, key, mark, 200, body, api.runtime.clock.now())
        await store.write(lambda tx: idempotency.remember_many(tx, [answer]))
    return Response(200, body)


def key_of(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise _bad_key(key)
    return key


def fingerprint(request: Request, value: Any) -> bytes:
    """The same for bodies that differ only in spaces or in the order of members."""
    canonical = msgspec.json.encode(value, order="deterministic")
    return hashlib.sha256(f"{request.method} {request.path}\n".encode() + canonical).digest()


@contextlib.contextmanager
def running(api: Api, account_id: str, key: str, mark: bytes) -> Iterator[None]:
    """`Refusal` while another request with this key is being answered."""
    place = (account_id, key)
    other = api.running_keys.get(place)
    if other is not None:
        if other != mark:
            raise _mismatch()
        raise Refusal("request_in_flight", headers={"Retry-After": "1"})
    api.running_keys[place] = mark
    try:
        yield
    finally:
        del api.running_keys[place]


def again(first: Answered, mark: bytes) -> Response:
    if first.fingerprint != mark:
        raise _mismatch()
    return Response(first.status, first.body, headers=_REPLAYED)


def _mismatch() -> Refusal:
    return Refusal("idempotency_mismatch")


def _bad_key(key: str) -> Refusal:
    detail = "An idempotency key has 1 to 255 visible ASCII characters, without spaces."
    problem = Problem("Idempotency-Key:", "idempotency_key", detail, shorten(key), "for example a UUID")
    return Refusal("invalid_request", detail, problems=[problem])
