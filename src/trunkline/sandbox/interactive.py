"""Interactive messages. Buttons, lists and products are checked in full, other kinds by their frame."""

from trunkline.sandbox.errors import GraphError, invalid_value
from trunkline.sandbox.media import check_media
from trunkline.sandbox.params import Param

_OTHER_KINDS = (
    "address_message",
    "call_permission_request",
    "carousel",
    "catalog_message",
    "cta_url",
    "flow",
    "location_request_message",
    "order_details",
    "order_status",
    "request_contact_info",
    "voice_call",
)
_HEADERS = {
    "button": ("text", "image", "video", "document"),
    "list": ("text",),
    "product": (),
    "product_list": ("text",),
}


def check_interactive(envelope: Param) -> None:
    message = envelope.object("interactive").only("type", "header", "body", "footer", "action")
    kind = message.word("type", (*_CHECKS, *_OTHER_KINDS))
    if kind not in _CHECKS:
        message.object("action")
        return
    _check_header(message, kind)
    body_limit = 4096 if kind == "list" else 1024
    if kind != "product" or message.has("body"):
        message.object("body").only("text").text("text", body_limit)
    if (footer := message.object_if_any("footer")) is not None:
        footer.only("text").text("text", 60)
    _CHECKS[kind](message.object("action"))


def _check_header(message: Param, kind: str) -> None:
    header = message.object_if_any("header")
    if header is None:
        if kind == "product_list":
            raise GraphError(131008, details="Header is required for a product list message.")
        return
    if kind == "product":
        raise invalid_value("Header is not allowed for a product message.")
    format_ = header.word("type", ("text", "image", "video", "document"))
    if format_ not in _HEADERS[kind]:
        raise invalid_value(
            f"Header type {format_.upper()} is not allowed for an interactive message of type {kind}."
        )
    header.only("type", format_, "sub_text")
    if format_ == "text":
        header.text("text", 60)
    else:
        check_media(format_, "filename", "caption")(header)


def _check_buttons(action: Param) -> None:
    buttons = action.only("buttons").objects("buttons")
    if not 1 <= len(buttons) <= 3:
        raise invalid_value("Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3")
    titles: set[str] = set()
    ids: set[str] = set()
    for button in buttons:
        button.only("type", "reply").word("type", ("reply",))
        reply = button.object("reply").only("id", "title")
        title, id_ = reply.text("title", empty=True), reply.text("id", empty=True)
        if not 1 <= len(title) <= 20:
            raise invalid_value("Button title length invalid. Min length: 1, Max length: 20")
        if not 1 <= len(id_) <= 256:
            raise invalid_value("Button id length invalid. Min length: 1, Max length: 256")
        if id_ != id_.strip():
            raise invalid_value("Button id must not begin or end with a space.")
        if title in titles or id_ in ids:
            raise invalid_value("Button titles and ids must be unique within a message.")
        titles.add(title)
        ids.add(id_)


def _check_list(action: Param) -> None:
    label = action.only("button", "sections").text("button", empty=True)
    if not 1 <= len(label) <= 20:
        raise invalid_value("Button label length invalid. Min length: 1, Max length: 20")
    sections = _sections(action, ("title", "rows"))
    ids: set[str] = set()
    total = 0
    for section in sections:
        rows = section.objects("rows", 1)
        total += len(rows)
        for row in rows:
            _check_row(row, ids)
    if total > 10:
        raise invalid_value("Total row count exceed max allowed count: 10")


def _check_row(row: Param, ids: set[str]) -> None:
    id_ = row.only("id", "title", "description").text("id")
    if len(id_) > 200:
        raise invalid_value("Row id is too long. Max length is 200")
    if len(row.text("title")) > 24:
        raise invalid_value("Row title is too long. Max length is 24")
    if len(row.text_if_any("description") or "") > 72:
        raise invalid_value("Row description is too long. Max length is 72")
    if id_ in ids:
        raise invalid_value(f"Duplicated row id: {id_}")
    ids.add(id_)


def _check_product(action: Param) -> None:
    action.only("catalog_id", "product_retailer_id")
    action.text("catalog_id")
    action.text("product_retailer_id")


def _check_product_list(action: Param) -> None:
    # The retailer id of a single product is tolerated beside the sections, where older clients put it.
    action.only("catalog_id", "sections", "product_retailer_id", "name").text("catalog_id")
    total = 0
    for section in _sections(action, ("title", "product_items")):
        items = section.objects("product_items", 1)
        total += len(items)
        for item in items:
            item.only("product_retailer_id").text("product_retailer_id")
    if total > 30:
        raise invalid_value("Total product count exceed max allowed count: 30")


def _sections(action: Param, keys: tuple[str, ...]) -> list[Param]:
    sections = action.objects("sections")
    if not 1 <= len(sections) <= 10:
        raise invalid_value("Invalid sections count. Min allowed sections: 1, Max allowed sections: 10")
    for section in sections:
        title = section.only(*keys).text_if_any("title") or ""
        if len(title) > 24:
            raise invalid_value("Section title is too long. Max length is 24")
        if not title and len(sections) > 1:
            raise invalid_value("Section title is required when there is more than one section.")
    return sections


_CHECKS = {
    "button": _check_buttons,
    "list": _check_list,
    "product": _check_product,
    "product_list": _check_product_list,
}
