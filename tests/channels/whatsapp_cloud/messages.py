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
