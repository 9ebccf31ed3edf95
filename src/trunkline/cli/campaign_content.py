"""A template as the provider has it → the content of a campaign, with a gap wherever the template has one.

Pure. A gap is named as the template names it: `first_name`, or `1`; those of a header are `header` and of a
button `button`, with its place behind where several have one.
"""

import re
from collections.abc import Iterator
from typing import Any

_GAP = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_ANY_GAP = re.compile(r"\{\{([^{}]*)\}\}")
"""Of a campaign: unlike a template's it may have any name."""
_FILES = ("image", "video", "document")

Part = dict[str, Any]


def content_of(template: dict[str, Any]) -> dict[str, Any]:
    """`template` is one of GET /v1/templates."""
    parts = template["definition"].get("components") or ()
    components = [made for part in parts for made in _component(part)]
    named = {"name": template["name"], "language": {"code": template["language"]}}
    return {"type": "template", "template": named | ({"components": components} if components else {})}


def _component(part: Part) -> Iterator[Part]:
    kind = str(part.get("type", "")).lower()
    if kind == "header":
        parameters = list(_header(part))
        if parameters:
            yield {"type": "header", "parameters": parameters}
    elif kind == "body":
        names = dict.fromkeys(_GAP.findall(part.get("text", "")))
        parameters = [_text(name, name) for name in sorted(names, key=_place)]
        if parameters:
            yield {"type": "body", "parameters": parameters}
    elif kind == "buttons":
        yield from _buttons(part.get("buttons") or ())


def _header(part: Part) -> Iterator[Part]:
    form = str(part.get("format", "text")).lower()
    if form in _FILES:
        yield {"type": form, form: {"link": "{{header}}"}}
    for name in _GAP.findall(part.get("text", "")) if form == "text" else ():
        yield _text("header" if name.isdecimal() else name, name)


def _buttons(buttons: Any) -> Iterator[Part]:
    """Only those that have a gap of their own."""
    found = []
    for index, button in enumerate(buttons):
        kind = str(button.get("type", "")).lower()
        if kind == "url" and _GAP.search(button.get("url", "")):
            found.append((index, "url", "text"))
        elif kind == "copy_code":
            found.append((index, "copy_code", "coupon_code"))
    for place, (index, kind, member) in enumerate(found):
        gap = "button" if len(found) == 1 else f"button{place + 1}"
        parameter = {"type": member, member: _gap(gap)}
        yield {"type": "button", "sub_type": kind, "index": str(index), "parameters": [parameter]}


def _text(gap: str, name: str) -> Part:
    """Templates number their gaps or name them; named ones are filled by their names."""
    parameter = {"type": "text", "text": _gap(gap)}
    return parameter if name.isdecimal() else parameter | {"parameter_name": name}


def _place(name: str) -> int:
    """Numbered ones go in the order of their numbers, wherever they stand; others as they stand."""
    return int(name) if name.isdecimal() else 0


def _gap(name: str) -> str:
    return f"{{{{{name}}}}}"


def gaps_of(value: Any) -> list[str]:
    """The names of all gaps in the texts inside, each once."""
    if isinstance(value, str):
        return list(dict.fromkeys(name.strip() for name in _ANY_GAP.findall(value)))
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return list(dict.fromkeys(name for each in inner for name in gaps_of(each)))
