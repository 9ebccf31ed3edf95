"""Interactive messages: which kinds there are, and what all of them share.

`check_interactive` checks header, body and footer by the row of the kind and leaves the action to the module
of its family.
"""

from collections.abc import Callable
from typing import NamedTuple

from trunkline.sandbox.content.direct_send import is_direct_send
from trunkline.sandbox.content.interactive.address import check_address
from trunkline.sandbox.content.interactive.call import check_voice_call
from trunkline.sandbox.content.interactive.carousel import check_carousel
from trunkline.sandbox.content.interactive.commerce import check_catalog, check_product, check_product_list
from trunkline.sandbox.content.interactive.flow import check_flow
from trunkline.sandbox.content.interactive.link import check_link
from trunkline.sandbox.content.interactive.named_action import check_bare
from trunkline.sandbox.content.interactive.payments import check_order_details, check_order_status
from trunkline.sandbox.content.interactive.reply import check_buttons, check_list, check_mixed_buttons
from trunkline.sandbox.content.limits import check_length
from trunkline.sandbox.content.media_object import check_media
from trunkline.sandbox.errors import GraphError, invalid_value
from trunkline.sandbox.params import Param

_HEADERS = ("text", "image", "video", "document")


class Kind(NamedTuple):
    """A kind of interactive message."""

    check: Callable[[Param], None]
    """Of its action."""
    headers: tuple[str, ...] = ()
    footer: bool = True
    body_required: bool = True
    longest_body: int = 1024
    header_required: bool = False


KINDS = {
    "address_message": Kind(check_address, _HEADERS),
    "button": Kind(check_buttons, _HEADERS),
    "call_permission_request": Kind(check_bare("call_permission_request"), footer=False, body_required=False),
    "carousel": Kind(check_carousel, footer=False),
    "catalog_message": Kind(check_catalog),
    "cta_url": Kind(check_link, _HEADERS),
    "flow": Kind(check_flow, _HEADERS),
    "list": Kind(check_list, ("text",), longest_body=4096),
    "location_request_message": Kind(check_bare("send_location"), footer=False),
    "order_details": Kind(check_order_details, ("image", "document")),
    "order_status": Kind(check_order_status, ("image", "document")),
    "product": Kind(check_product, body_required=False),
    "product_list": Kind(check_product_list, ("text",), header_required=True),
    "request_contact_info": Kind(check_bare("request_contact_info"), footer=False),
    "voice_call": Kind(check_voice_call, _HEADERS),
}

_DIRECT_KINDS = {
    "button": Kind(check_mixed_buttons, _HEADERS),
    "cta_url": Kind(check_link, _HEADERS),
    "voice_call": Kind(check_voice_call, ("text",), footer=False),
}


def check_interactive(envelope: Param) -> None:
    kinds = _DIRECT_KINDS if is_direct_send(envelope) else KINDS
    message = envelope.object("interactive").only("type", "header", "body", "footer", "action")
    name = message.word("type", tuple(kinds))
    kind = kinds[name]
    _check_header(message, name, kind)
    if kind.body_required or message.has("body"):
        text = message.object("body").only("text").text("text")
        check_length(text, "Body text", kind.longest_body)
    if (footer := message.object_if_any("footer")) is not None:
        if not kind.footer:
            raise invalid_value(f"Footer is not allowed for an interactive message of type {name}.")
        check_length(footer.only("text").text("text", empty=True), "Footer text", 60, 0)
    kind.check(message.object("action"))


def _check_header(message: Param, name: str, kind: Kind) -> None:
    header = message.object_if_any("header")
    if header is None:
        if kind.header_required:
            raise GraphError(131008, details=f"Header is required for an interactive message of type {name}.")
        return
    format_ = header.word("type", _HEADERS)
    if format_ not in kind.headers:
        raise invalid_value(
            f"Header type {format_.upper()} is not allowed for an interactive message of type {name}."
        )
    header.only("type", format_, "sub_text")
    if format_ != "text":
        check_media(format_, "filename", "caption")(header)
        return
    if not header.members.get("text"):
        raise invalid_value("Text cannot be null for header type text")
    check_length(header.text("text"), "Header text", 60)
    check_length(header.text_if_any("sub_text") or "", "Header sub text", 60, 0)
