"""What a connector is: the whole contract on one screen.

A connector turns our content into a provider's request, the provider's answer into an `Outcome`, and the
provider's webhooks into `StatusFact`s. It gets everything it needs as arguments, keeps no state of ours,
and never raises for what a provider or a network does.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec


class Number(msgspec.Struct, frozen=True):
    """A business number as a connector needs it. Secrets are in clear here and nowhere at rest."""

    id: str
    account_id: str
    digits: str
    phone_number_id: str
    waba_id: str
    app_id: str
    token: str
    app_secret: str
    base_url: str


class Outgoing(msgspec.Struct, frozen=True):
    """One message, ready for the wire."""

    recipient: str
    recipient_kind: str
    type: str
    content: dict[str, Any]
    context_id: str | None
    """The provider's id of the message replied to, reacted to or marked as read."""
    token: str
    """Our evidence: goes out with the message and comes back in its statuses."""


class Taken(msgspec.Struct, frozen=True):
    """The provider took the message and named it."""

    provider_id: str
    """`wamid.…`; empty where the provider names nothing (a read mark)."""
    recipient: str | None = None
    """The address as the provider knows it (`wa_id`), when it says so."""


class NotSent(msgspec.Struct, frozen=True):
    """Proven: not one byte of the request left. Safe to try again."""

    detail: str


class Refused(msgspec.Struct, frozen=True):
    """The provider said no, so it did not take the message."""

    error: "SendError"


class Ambiguous(msgspec.Struct, frozen=True):
    """Bytes left, and no usable answer came back. Never sent again without evidence."""

    detail: str
    http_status: int | None = None


Outcome = Taken | NotSent | Refused | Ambiguous


class SendError(msgspec.Struct, frozen=True, omit_defaults=True):
    """A provider's no, with what a person needs to act on it."""

    code: int
    title: str
    cause: str
    """Why, in a sentence."""
    actor: str
    """Who must act: `sender`, `operator`, `recipient`, `provider` or `nobody`."""
    remedy: str
    """What that one can do."""
    effect: str = "fail"
    """`fail` the message · `retry` it later · `slow_number` · `delay_lane` · `hold_number`."""
    detail: str | None = None
    """The provider's own words."""
    http_status: int | None = None
    retry_after: float | None = None
    """Seconds, when the provider said."""


class StatusFact(msgspec.Struct, frozen=True):
    """One thing a provider told us about one message we sent."""

    provider_id: str
    status: str
    """`sent`, `delivered`, `read`, `played`, `failed`, or a word that we do not know yet."""
    at: int
    phone_number_id: str
    recipient: str | None = None
    token: str | None = None
    errors: tuple[SendError, ...] = ()
    pricing: dict[str, Any] | None = None
    conversation: dict[str, Any] | None = None


class Parsed(msgspec.Struct, frozen=True):
    """What one webhook post says."""

    statuses: tuple[StatusFact, ...] = ()
    unread: int = 0
    """Changes that we keep raw because nothing here reads them yet."""


class Connector(Protocol):
    """Implemented by `channels/<kind>/connector.py`; `tests/channels/conformance.py` tests it."""

    kind: str

    async def send(self, number: Number, message: Outgoing) -> Outcome:
        """One attempt, one request, no retries inside. Never raises for faults of provider or network."""

    def preview(self, message: Outgoing) -> dict[str, Any]:
        """The body that `send` would post. Pure."""

    def parse(self, body: bytes) -> Parsed:
        """A verified webhook body → facts. `ValueError` when it is not the provider's envelope."""

    def is_signed(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> bool:
        """Whether the provider signed exactly these bytes with one of these secrets; never without one.

        Header names are in lower case.
        """

    def handshake(self, query: Mapping[str, str], verify_token: str) -> tuple[int, bytes]:
        """The (status, body) with which the provider's check of our hook address is answered. Pure."""

    async def subscribe(self, number: Number, hook_url: str, verify_token: str) -> None:
        """Ask the provider to post this number's webhooks to `hook_url`. `SubscribeError` says why not."""

    async def is_subscribed(self, number: Number, hook_path: str) -> bool | None:
        """Whether it posts this number's webhooks to an address of this path; None when it does not say."""


class SubscribeError(Exception):
    """The provider would not subscribe our hook; the text says why."""
