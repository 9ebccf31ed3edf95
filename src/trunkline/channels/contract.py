"""What a connector is: the whole contract on one screen.

A connector turns our content into a provider's request, the provider's answer into an `Outcome`, and the
provider's webhooks into `StatusFact`s. It gets everything it needs as arguments, keeps no state of ours,
and never raises for what a provider or a network does.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec

from trunkline.channels.link_contract import Tracked
from trunkline.channels.pricing_contract import Pricing
from trunkline.channels.template_contract import Templates
from trunkline.errors import Problem
from trunkline.media_probe import Found
from trunkline.model.message import Draft


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
    """`fail` the message · `retry` it later · `slow_number` · `delay_lane` · `hold_number` · `renew_media`,
    when the provider does not know the id of a file any more."""
    detail: str | None = None
    """The provider's own words."""
    http_status: int | None = None
    retry_after: float | None = None
    """Seconds, when the provider said."""

    @property
    def may_pass(self) -> bool:
        """Whether the very same message may be taken another time."""
        return self.effect != "fail"


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
    free_until: int | None = None
    """Until when all that is sent to this person costs nothing, in a free entry window."""


class Person(msgspec.Struct, frozen=True):
    """Somebody as a provider names them; at least one of the addresses is there."""

    phone: str | None = None
    """Digits."""
    user_id: str | None = None
    """Business-scoped."""
    parent_user_id: str | None = None
    name: str | None = None
    username: str | None = None


class MediaRef(msgspec.Struct, frozen=True):
    """A file at the provider, to be fetched before it is kept there no longer."""

    id: str
    kind: str
    """`image`, `video`, `audio`, `document`, `sticker`."""
    mime_type: str | None = None
    sha256: str | None = None
    file_name: str | None = None


class MediaInfo(msgspec.Struct, frozen=True):
    """What a provider says of a file whose bytes it gave."""

    mime_type: str | None = None
    sha256: str | None = None
    """In hex or in base64, as the provider likes."""


class NamedFile(msgspec.Struct, frozen=True):
    """A file as the content of a message names it."""

    kind: str
    """As what it is sent: `image`, `video`, `audio`, `document`, `sticker`."""
    name: str
    """An id of ours or of the provider's, or a link."""
    is_link: bool
    is_voice: bool = False
    """Sent as a voice note, for which more is asked of an audio file."""


class FileToSend(msgspec.Struct, frozen=True):
    """A file on our disk, for a provider."""

    path: Path
    size: int
    mime_type: str
    file_name: str


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A message from somebody."""

    provider_id: str
    phone_number_id: str
    at: int
    sender: Person
    type: str
    """`text`, `image`, …, `unsupported`, or a word that we do not know yet."""
    content: Any
    """What stands under the type's name, as it came; `{}` when nothing does."""
    extras: dict[str, Any] = {}
    """Everything else of the message, as it came: `context`, `referral`, `errors`, `group_id` …"""
    context_id: str | None = None
    """The provider's id of the message that it answers, reacts to, or was sent for."""
    reads: str | None = None
    """The words that the person wrote or chose, as far as they could be an order to us, such as STOP."""
    is_free_entry: bool = False
    """It came from an advertisement that opens a free entry window."""
    media: MediaRef | None = None
    opens_window: bool = True
    """Whether Meta's 24-hour window opens with it."""
    moved_from: tuple[str, ...] = ()
    """Former addresses of the sender, when this is the news that they changed."""


class Preference(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody told the provider what they want to get from the business."""

    phone_number_id: str
    at: int
    person: Person
    category: str
    """Such as `marketing_messages`."""
    wants: bool
    detail: str | None = None


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider told of a number, a template or the whole account."""

    type: str
    """The type of the event that comes of it: `number.changed`, `account.changed`, `template.changed`."""
    field: str
    """The provider's word for it, such as `phone_number_quality_update`."""
    waba_id: str
    at: int
    phone_number_id: str | None = None
    digits: str | None = None
    """Of the number, where the provider names it by these."""
    value: dict[str, Any]
    """As it came."""
    info: dict[str, Any] = {}
    """What is to be remembered of the number, such as `{"quality": "RED"}`."""
    daily_recipients: int | None = None
    """The messaging limit that it sets; 0 for none at all."""
    hold: str | None = None
    """Why the numbers that it names must be held, if they must."""
    hold_until: int | None = None
    """When that ends by itself, as far as is told."""
    release: bool = False
    """Whether a hold that came of such a notice is over."""


class Parsed(msgspec.Struct, frozen=True):
    """What one webhook post says."""

    statuses: tuple[StatusFact, ...] = ()
    received: tuple[Received, ...] = ()
    preferences: tuple[Preference, ...] = ()
    notices: tuple[Notice, ...] = ()
    unread: int = 0
    """Changes that we keep raw because nothing here reads them yet."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """An event of ours, for receivers of the provider's own webhooks. Its number's members may be empty."""

    id: str
    type: str
    at: int
    data: Mapping[str, Any]
    digits: str
    phone_number_id: str
    waba_id: str


class Checked(NamedTuple):
    """`draft` is None if, and only if, there are problems."""

    draft: Draft | None
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


class Connector(Protocol):
    """Implemented by `channels/<kind>/connector.py`; `tests/channels/conformance.py` tests it."""

    kind: str

    def check(self, body: Any, *, now: int, http_links: bool) -> Checked:
        """A caller's message → a draft in normal form, or every problem. Pure.

        `http_links`: the operator allows media links by http to this machine.
        """

    async def send(self, number: Number, message: Outgoing) -> Outcome:
        """One attempt, one request, no retries inside. Never raises for faults of provider or network."""

    templates: Templates | None
    """None where the provider has no such thing."""
    pricing: Pricing | None
    """None where the provider charges for nothing."""

    def files_of(self, content: Mapping[str, Any]) -> tuple[NamedFile, ...]:
        """The files that a message's content names, each name once. Pure."""

    def with_files(self, content: dict[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
        """The content with the provider's ids in the place of these names. Pure."""

    def with_links(
        self, content: Mapping[str, Any], definition: Mapping[str, Any] | None, tracked: Tracked
    ) -> Mapping[str, Any]:
        """The content with short links in it; `definition` is that of the template it names. Pure."""

    def kind_of(self, found: Found) -> str:
        """As what such a file is sent: `image`, `sticker`, `audio`, `video`, or else `document`. Pure."""

    def check_file(self, found: Found, kind: str | None, *, is_voice: bool = False) -> tuple[Problem, ...]:
        """Why the provider will not take this file as that kind; as any kind, for None. Pure.

        Each problem says what was found and what is allowed; its pointer is empty.
        """

    async def upload_media(self, number: Number, file: FileToSend) -> str:
        """Give the provider a file; its id for it there. `MediaError` says why not.

        An upload whose answer was lost may be repeated: a file there that nobody names is seen by nobody.
        """

    def preview(self, message: Outgoing) -> dict[str, Any]:
        """The body that `send` would post. Pure."""

    def parse(self, body: bytes) -> Parsed:
        """A verified webhook body → facts. `ValueError` when it is not the provider's envelope."""

    def is_signed(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> bool:
        """Whether the provider signed exactly these bytes with one of these secrets; never without one.

        Header names are in lower case.
        """

    def tells(self, type: str) -> bool:
        """Whether the provider's webhooks have a shape for events of this type. Pure."""

    def webhook(self, events: Sequence[Told], *, names_recipients: bool = True) -> bytes:
        """A body as the provider would post it, with our message ids, of events that it `tells`. Pure.

        `names_recipients`: as the provider does now; False for receivers that know only its older form.
        """

    def handshake(self, query: Mapping[str, str], verify_token: str) -> tuple[int, bytes]:
        """The (status, body) with which the provider's check of our hook address is answered. Pure."""

    async def subscribe(self, number: Number, hook_url: str, verify_token: str) -> None:
        """Ask the provider to post this number's webhooks to `hook_url`. `SubscribeError` says why not."""

    async def fetch_media(self, number: Number, media_id: str, write: Callable[[bytes], None]) -> MediaInfo:
        """A file that somebody sent to this number, given to `write` in parts. `MediaError` says why not;
        what was written until then is worth nothing."""

    async def is_subscribed(self, number: Number, hook_path: str) -> bool | None:
        """Whether it posts this number's webhooks to an address of this path; None when it does not say."""


class MediaError(Exception):
    """A file could not be fetched or given; the text says why. `is_final`: nor will it be later.

    `error`: the provider's no, where it said one.
    """

    def __init__(self, detail: str, *, is_final: bool = False, error: SendError | None = None) -> None:
        self.is_final = is_final
        self.error = error
        super().__init__(detail)


class SubscribeError(Exception):
    """The provider would not subscribe our hook; the text says why."""
