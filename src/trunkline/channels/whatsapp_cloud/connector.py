"""CONNECTOR: WhatsApp through Meta's Cloud API, or anything that speaks it at a number's `base_url`.

In comes a message and the number it goes from; out goes one request, and what its answer proves. Called by
dispatch (send), the dry run (preview), the hook receiver (handshake, is_signed), the processor (parse) and
the formats of endpoints (tells, webhook).
Source: https://developers.facebook.com/documentation/business-messaging/whatsapp
"""

import hmac
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from trunkline.channels.contract import (
    Ambiguous,
    Checked,
    FileToSend,
    MediaError,
    MediaInfo,
    NamedFile,
    NotSent,
    Number,
    Outcome,
    Outgoing,
    Parsed,
    Refused,
    SubscribeError,
    Taken,
    Told,
)
from trunkline.channels.link_contract import Tracked
from trunkline.channels.pricing_contract import Pricing
from trunkline.channels.template_contract import Templates
from trunkline.channels.whatsapp_cloud import (
    content,
    failures,
    links,
    media,
    media_rules,
    meta_events,
    payloads,
    webhooks,
)
from trunkline.channels.whatsapp_cloud.content import files
from trunkline.channels.whatsapp_cloud.pricing.desk import CloudPricing
from trunkline.channels.whatsapp_cloud.templates.desk import CloudTemplates
from trunkline.errors import Problem
from trunkline.media_probe import Found
from trunkline.outgoing_http import AmbiguousError, Answer, FileTransport, NotSentError, TransportError


class WhatsAppCloud:
    """Implements `contract.Connector`."""

    kind = "whatsapp_cloud"
    pricing: Pricing | None = CloudPricing()

    def __init__(self, transport: FileTransport) -> None:
        self._transport = transport
        self.templates: Templates | None = CloudTemplates(transport)

    def check(self, body: Any, *, now: int, http_links: bool) -> Checked:
        return content.check(body, now=now, http_links=http_links)

    async def send(self, number: Number, message: Outgoing) -> Outcome:
        try:
            answer = await self._post(number, "/messages", payloads.build(message))
        except NotSentError as error:
            return NotSent(str(error))
        except AmbiguousError as error:
            return Ambiguous(str(error), error.status)
        outcome = _outcome(answer, message)
        if isinstance(outcome, Refused):
            return Refused(
                msgspec.structs.replace(outcome.error, detail=_without(number, outcome.error.detail))
            )
        if isinstance(outcome, Ambiguous):
            return Ambiguous(_without(number, outcome.detail) or "", outcome.http_status)
        return outcome

    def files_of(self, content: Mapping[str, Any]) -> tuple[NamedFile, ...]:
        return files.files_of(content)

    def with_files(self, content: dict[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
        return files.with_files(content, ids)

    def with_links(
        self, content: Mapping[str, Any], definition: Mapping[str, Any] | None, tracked: Tracked
    ) -> Mapping[str, Any]:
        return links.with_links(content, definition, tracked)

    def kind_of(self, found: Found) -> str:
        return media_rules.kind_of(found)

    def check_file(self, found: Found, kind: str | None, *, is_voice: bool = False) -> tuple[Problem, ...]:
        return media_rules.check_file(found, kind, is_voice=is_voice)

    async def upload_media(self, number: Number, file: FileToSend) -> str:
        try:
            return await media.upload(self._transport, number, file)
        except MediaError as error:
            raise _masked(number, error) from None

    def preview(self, message: Outgoing) -> dict[str, Any]:
        return payloads.build(message)

    def parse(self, body: bytes) -> Parsed:
        return webhooks.parse(body)

    def tells(self, type: str) -> bool:
        return meta_events.tells(type)

    def webhook(self, events: Sequence[Told], *, names_recipients: bool = True) -> bytes:
        return meta_events.webhook(events, names_recipients=names_recipients)

    def is_signed(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> bool:
        return webhooks.is_signed(body, headers.get("x-hub-signature-256"), secrets)

    def handshake(self, query: Mapping[str, str], verify_token: str) -> tuple[int, bytes]:
        given = query.get("hub.verify_token", "").encode()
        known = bool(verify_token) and hmac.compare_digest(given, verify_token.encode())
        if query.get("hub.mode") != "subscribe" or not known:
            return 403, b""
        return 200, query.get("hub.challenge", "").encode()

    async def subscribe(self, number: Number, hook_url: str, verify_token: str) -> None:
        """A callback for this number alone; it goes before those of the business account and the app."""
        hook = {"override_callback_uri": hook_url, "verify_token": verify_token}
        try:
            answer = await self._post(number, "", {"webhook_configuration": hook})
        except TransportError as error:
            raise SubscribeError(str(error)) from None
        value = failures.decoded(answer.body)
        if answer.status == 200 and isinstance(value, dict) and value.get("success") is True:
            return
        outcome = failures.from_answer(answer.status, answer.headers, answer.body)
        said = outcome.error.detail if isinstance(outcome, Refused) else outcome.detail
        raise SubscribeError(_without(number, said) or f"HTTP {answer.status}")

    async def is_subscribed(self, number: Number, hook_path: str) -> bool | None:
        """The number's own callback goes before the business account's, and that before the app's."""
        url = f"{number.base_url}/{number.phone_number_id}?fields=webhook_configuration"
        headers = {"authorization": f"Bearer {number.token}"}
        try:
            answer = await self._transport.request("GET", url, headers, None)
        except TransportError:
            return None
        value = failures.decoded(answer.body)
        if answer.status != 200 or not isinstance(value, dict):
            return None
        return _leads_to(value.get("webhook_configuration"), hook_path)

    async def fetch_media(self, number: Number, media_id: str, write: Callable[[bytes], None]) -> MediaInfo:
        return await media.fetch(self._transport, number, media_id, write)

    async def _post(self, number: Number, path: str, body: dict[str, Any]) -> Answer:
        url = f"{number.base_url}/{number.phone_number_id}{path}"
        headers = {"authorization": f"Bearer {number.token}", "content-type": "application/json"}
        return await self._transport.request("POST", url, headers, msgspec.json.encode(body))


def _outcome(answer: Answer, message: Outgoing) -> Outcome:
    if answer.status != 200:
        return failures.from_answer(answer.status, answer.headers, answer.body)
    value = failures.decoded(answer.body)
    if not isinstance(value, dict):
        return Ambiguous("HTTP 200 with an answer that is not JSON", 200)
    if message.recipient_kind == "none":
        return Taken("") if value.get("success") is True else Ambiguous("HTTP 200 without success", 200)
    provider_id = _first(value.get("messages")).get("id")
    if not isinstance(provider_id, str) or not provider_id:
        return Ambiguous("HTTP 200 without a message id", 200)
    contact = _first(value.get("contacts"))
    known_as = contact.get("wa_id") or contact.get("user_id")
    return Taken(provider_id, known_as if isinstance(known_as, str) else None)


def _leads_to(configuration: Any, hook_path: str) -> bool:
    levels = configuration if isinstance(configuration, dict) else {}
    for level in ("phone_number", "whatsapp_business_account", "application"):
        if isinstance(url := levels.get(level), str) and url:
            return url.partition("?")[0].rstrip("/").endswith(hook_path)
    return False


def _first(value: Any) -> dict[str, Any]:
    return value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else {}


def _masked(number: Number, error: MediaError) -> MediaError:
    said = error.error and msgspec.structs.replace(error.error, detail=_without(number, error.error.detail))
    return MediaError(_without(number, str(error)) or "", is_final=error.is_final, error=said)


def _without(number: Number, said: str | None) -> str | None:
    """Meta's words with the token taken out: "Malformed access token …" repeats it."""
    return said.replace(number.token, "[token]") if said and number.token else said
