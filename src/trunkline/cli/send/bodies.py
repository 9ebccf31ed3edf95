"""Options → the body that `POST /v1/whatsapp/messages` takes.

Pure. Whether it is right is the API's to say.
"""

import json
from typing import Any

from trunkline.cli.exits import ExitCode, Trouble

Content = dict[str, Any]
"""`type` and the member of that name."""


MEDIA = ("image", "video", "audio", "document", "sticker")


def of_type(kind: str, **members: Any) -> Content:
    return {"type": kind, kind: given(members)}


def given(members: dict[str, Any]) -> dict[str, Any]:
    """Without what was not given."""
    return {
        name: value
        for name, value in members.items()
        if value is not None and value is not False and value != []
    }


def contact(name: str, phones: list[str], emails: list[str], company: str | None) -> Content:
    first, _, last = name.partition(" ")
    card = {
        "name": given({"formatted_name": name, "first_name": first, "last_name": last or None}),
        "phones": [{"phone": phone, "type": "CELL"} for phone in phones],
        "emails": [{"email": email} for email in emails],
        "org": {"company": company} if company else None,
    }
    return {"type": "contacts", "contacts": [given(card)]}


def interactive(kind: str, body: str | None, action: dict[str, Any], **around: str | None) -> Content:
    """`around` may hold the texts of `header` and `footer`."""
    header, footer = around.get("header"), around.get("footer")
    return {
        "type": "interactive",
        "interactive": given(
            {
                "type": kind,
                "header": {"type": "text", "text": header} if header else None,
                "body": {"text": body} if body is not None else None,
                "footer": {"text": footer} if footer else None,
                "action": action,
            }
        ),
    }


def named(name: str, **parameters: Any) -> dict[str, Any]:
    """An action that goes by a name."""
    return given({"name": name, "parameters": given(parameters) or None})


def fallback(text: str) -> dict[str, Any]:
    """`hello/en_US` → a template without parameters. With parameters: `--json FILE`."""
    name, _, language = text.rpartition("/")
    if not name or not language:
        raise Trouble(ExitCode.USAGE, f"--fallback {text}: write NAME/LANG, as in hello/en_US")
    return {"template": {"name": name, "language": {"code": language}}}


def button(text: str) -> dict[str, Any]:
    """`yes=Yes, please` → a reply button."""
    identity, title = _pair("--button", text)
    return {"type": "reply", "reply": {"id": identity, "title": title}}


def row(text: str) -> dict[str, Any]:
    """`am=Morning|from eight on` → a row of a list."""
    identity, rest = _pair("--row", text)
    title, _, description = rest.partition("|")
    return given({"id": identity, "title": title, "description": description or None})


def template_header(text: str | None, media: dict[str, str | None]) -> list[dict[str, Any]]:
    """The header's parameters; `media` is link by kind."""
    parameters: list[dict[str, Any]] = [{"type": "text", "text": text}] if text else []
    return parameters + [{"type": kind, kind: {"link": link}} for kind, link in media.items() if link]


def template_components(
    header: list[dict[str, Any]], body_params: list[str], url_buttons: list[str], quick_replies: list[str]
) -> list[dict[str, Any]]:
    """Buttons are `INDEX=VALUE`."""
    components = [
        {"type": "header", "parameters": header},
        {"type": "body", "parameters": [{"type": "text", "text": text} for text in body_params]},
        *(_button("url", "--url-button", text, "text") for text in url_buttons),
        *(_button("quick_reply", "--quick-reply", text, "payload") for text in quick_replies),
    ]
    return [component for component in components if component["parameters"]]


def _button(sub_type: str, option: str, text: str, kind: str) -> dict[str, Any]:
    index, value = _pair(option, text)
    parameter = {"type": kind, kind: value}
    return {"type": "button", "sub_type": sub_type, "index": index, "parameters": [parameter]}


def _pair(option: str, text: str) -> tuple[str, str]:
    left, equals, right = text.partition("=")
    if not equals:
        raise Trouble(ExitCode.USAGE, f"{option} {text!r} has no `=`: write it as LEFT=RIGHT, see --help")
    return left, right


def parse_components(raw: bytes, source: str) -> list[dict[str, Any]]:
    try:
        value = json.loads(raw)
    except ValueError as error:
        raise Trouble(ExitCode.USAGE, f"{source} is not JSON: {error}") from None
    if not isinstance(value, list):
        raise Trouble(ExitCode.USAGE, f"{source} must be a JSON array of components")
    return value
