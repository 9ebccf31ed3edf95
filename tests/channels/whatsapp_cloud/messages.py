"""Short ways to write a request, and to check one."""

from typing import Any

from trunkline.channels.contract import Outgoing
from trunkline.channels.whatsapp_cloud import content
from trunkline.channels.whatsapp_cloud.content import Checked
from trunkline.channels.whatsapp_cloud.payloads import build
from trunkline.model.message import Draft

NOW = 1_795_366_800_000  # 2026-11-22T17:00:00Z
TO = "15550001234"


def check(body: Any, *, http_links: bool = False) -> Checked:
    return content.check(body, now=NOW, http_links=http_links)


def refused(body: Any, *, http_links: bool = False) -> list[tuple[str, str]]:
    """Pointer and rule of each problem."""
    return [(problem.pointer, problem.rule) for problem in check(body, http_links=http_links).problems]


def warned(body: Any) -> list[str]:
    """Pointer and rule of each warning, but for the one that every 555 number gets."""
    warnings = check(body).warnings
    return [f"{warning.pointer} {warning.rule}" for warning in warnings if warning.rule != "phone_doubtful"]


def upstream(draft: Draft) -> dict[str, Any]:
    return build(
        Outgoing(
            recipient=draft.recipient,
            recipient_kind=draft.recipient_kind,
            type=draft.type,
            content=draft.content,
            context_id=draft.context_id,
            token="g1.token",
        )
    )


def without_nulls(value: Any) -> Any:
    """A null counts as absent; the schema says so only for members of the type at hand."""
    if isinstance(value, dict):
        return {name: without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [without_nulls(inner) for inner in value] if isinstance(value, list) else value


def message(type_: str, inner: Any, **around: Any) -> dict[str, Any]:
    return {"to": TO, "type": type_, type_: inner, **around}


def text(body: Any = "Hi", **around: Any) -> dict[str, Any]:
    return message("text", {"body": body}, **around)


def buttons(*given: Any, **more: Any) -> dict[str, Any]:
    """Reply buttons; without any given, one of them."""
    some = list(given) or [{"type": "reply", "reply": {"id": "yes", "title": "Yes"}}]
    rest = {"type": "button", "body": {"text": "Well?"}, "action": {"buttons": some}}
    return message("interactive", {**rest, **more})


def a_list(*sections: Any, button: Any = "Open", **more: Any) -> dict[str, Any]:
    some = list(sections) or [{"rows": rows(1)}]
    rest = {"type": "list", "body": {"text": "Well?"}, "action": {"button": button, "sections": some}}
    return message("interactive", {**rest, **more})


def rows(count: int, first: int = 0) -> list[dict[str, str]]:
    return [{"id": f"row-{n}", "title": f"Row {n}"} for n in range(first, first + count)]


def products(*sections: Any, **more: Any) -> dict[str, Any]:
    some = list(sections) or [{"product_items": items(1)}]
    rest = {
        "type": "product_list",
        "header": {"type": "text", "text": "Ours"},
        "body": {"text": "Well?"},
        "action": {"catalog_id": "1", "sections": some},
    }
    return message("interactive", {**rest, **more})


def items(count: int) -> list[dict[str, str]]:
    return [{"product_retailer_id": f"sku-{n}"} for n in range(count)]


def template(*components: Any, **more: Any) -> dict[str, Any]:
    rest = {"name": "greeting", "language": {"code": "en_US"}, "components": list(components)}
    return message("template", {**rest, **more})


def body_text(*texts: str) -> dict[str, Any]:
    return {"type": "body", "parameters": [{"type": "text", "text": text} for text in texts]}


def url_button(index: Any = 0, **parameter: Any) -> dict[str, Any]:
    given = parameter or {"type": "text", "text": "t/81"}
    return {"type": "button", "sub_type": "url", "index": index, "parameters": [given]}


def contact(**more: Any) -> dict[str, Any]:
    return message("contacts", [{"name": {"formatted_name": "Ada", "first_name": "Ada"}, **more}])


def interactive(kind: str, action: Any, **more: Any) -> dict[str, Any]:
    return message("interactive", {"type": kind, "body": {"text": "Well?"}, "action": action, **more})


def link(**parameters: Any) -> dict[str, Any]:
    """An action of one link."""
    given = {"display_text": "Go", "url": "https://example.com/", **parameters}
    return {"name": "cta_url", "parameters": given}


def flow(**parameters: Any) -> dict[str, Any]:
    given = {"flow_message_version": "3", "flow_id": "1", "flow_cta": "Start", **parameters}
    return interactive("flow", {"name": "flow", "parameters": given})


def address(**parameters: Any) -> dict[str, Any]:
    return interactive(
        "address_message", {"name": "address_message", "parameters": {"country": "IN", **parameters}}
    )


def carousel(*cards: Any) -> dict[str, Any]:
    return interactive("carousel", {"cards": list(cards)})


def media_card(index: Any, action: Any = None, **more: Any) -> dict[str, Any]:
    header = {"type": "image", "image": {"id": "81"}}
    return {
        "card_index": index,
        "type": "cta_url",
        "header": header,
        "action": link() if action is None else action,
        **more,
    }


def product_card(index: int, catalog: str = "1") -> dict[str, Any]:
    action = {"catalog_id": catalog, "product_retailer_id": f"sku-{index}"}
    return {"card_index": index, "type": "product", "action": action}


def quick_replies(*replies: tuple[str, str]) -> dict[str, Any]:
    return {
        "buttons": [
            {"type": "quick_reply", "quick_reply": {"id": id_, "title": title}} for id_, title in replies
        ]
    }


def money(value: Any, **more: Any) -> dict[str, Any]:
    return {"value": value, "offset": 100, **more}


def order(**members: Any) -> dict[str, Any]:
    """Two of one item for 10.00 in all, with 1.00 of tax."""
    item = {"retailer_id": "a", "name": "Box", "amount": money(500), "quantity": 2}
    return {"status": "pending", "items": [item], "subtotal": money(1000), "tax": money(100), **members}


def order_details(**parameters: Any) -> dict[str, Any]:
    given = {
        "reference_id": "order-81",
        "type": "digital-goods",
        "currency": "INR",
        "total_amount": money(1100),
        "order": order(),
        **parameters,
    }
    return interactive("order_details", {"name": "review_and_pay", "parameters": given})


def order_status(**parameters: Any) -> dict[str, Any]:
    given = {"reference_id": "order-81", "order": {"status": "shipped"}, **parameters}
    return interactive("order_status", {"name": "review_order", "parameters": given})
