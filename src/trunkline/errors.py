"""What can go wrong, in three families.

    Problem     one thing wrong with what the caller gave us: collected, never raised one by one
    Refusal     an exception that ends a request: a reason from the registry below, with its problems
    (the rest)  a bug: logged once with its trace, answered 500, never swallowed

What a provider says no to is not here: see `channels/contract.py`.
"""

from typing import Any

import msgspec


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing wrong (or, as a warning, doubtful) with a request."""

    pointer: str
    """JSON pointer (RFC 6901) to the member, `""` for the whole body."""
    rule: str
    """Stable word for the rule that was broken: `required`, `type`, `too_long`, `unknown_member` …"""
    detail: str
    """A sentence for people: what is wrong."""
    found: str | None = None
    """What stood there, as JSON, shortened to 60 characters."""
    expected: str | None = None
    """What would be right."""


class Reason(msgspec.Struct, frozen=True):
    """An entry of the registry: the stable word, its HTTP status and a sentence."""

    word: str
    status: int
    title: str


REASONS: dict[str, Reason] = {
    reason.word: reason
    for reason in (
        Reason("bad_json", 400, "The body is not the JSON it should be."),
        Reason("invalid_request", 400, "The request breaks one or more rules."),
        Reason("key_missing", 401, "The Authorization header with an API key is missing."),
        Reason("key_invalid", 401, "The API key is unknown, mistyped, expired or revoked."),
        Reason("scope_missing", 403, "The API key may not do this."),
        Reason("test_key", 403, "A test key can not send through a real number."),
        Reason("not_found", 404, "There is nothing of that name in this account."),
        Reason("method_not_allowed", 405, "This address does not take that method."),
        Reason("too_slow", 408, "The body came too slowly, or stopped coming."),
        Reason("request_in_flight", 409, "The first request with this idempotency key is still running."),
        Reason("wrong_state", 409, "The message is no longer in a state that allows this."),
        Reason("campaign_state", 409, "The campaign is not in a state that allows this."),
        Reason("not_ready", 409, "It is not here yet; try again."),
        Reason("already_exists", 409, "It exists already."),
        Reason("too_large", 413, "The body is larger than the limit."),
        Reason("unsupported_media_type", 415, "The body is not of a type that is taken here."),
        Reason("idempotency_mismatch", 422, "This idempotency key was used with another body."),
        Reason("provider_refused", 422, "The provider does not take it; its words stand in `problems`."),
        Reason("too_many_requests", 429, "Too many requests; slow down."),
        Reason("internal", 500, "A fault on our side. It has been logged."),
        Reason("provider_away", 502, "The provider gave no usable answer."),
        Reason("unavailable", 503, "Not able to take this right now; try again."),
    )
}


class Refusal(Exception):
    """Ends a request with a reason of the registry. `headers` go out with the answer."""

    def __init__(
        self,
        word: str,
        detail: str | None = None,
        *,
        problems: list[Problem] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.reason = REASONS[word]
        self.detail = detail or self.reason.title
        self.problems = problems or []
        self.headers = headers or {}
        super().__init__(self.detail)


def shorten(value: Any, limit: int = 60) -> str:
    """`value` as JSON in at most `limit` characters: for `Problem.found`, never for storing."""
    text = msgspec.json.encode(value).decode("utf-8", "replace")
    return text if len(text) <= limit else text[: limit - 1] + "…"
