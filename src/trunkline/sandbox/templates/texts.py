"""Header, body and footer of a definition: their checks, and their normal form."""

import re
from typing import Any

from trunkline.sandbox.content.emoji import has_emoji
from trunkline.sandbox.params import Param
from trunkline.sandbox.templates.definition import Component
from trunkline.sandbox.templates.faults import bad_format, missing, too_long
from trunkline.sandbox.templates.variables import check_places, check_variables

HEADER_TEXT = 60
FOOTER_TEXT = 60
BODY_TEXT = 1024
MEDIA = ("DOCUMENT", "GIF", "IMAGE", "VIDEO")
_FORMATS = ("document", "gif", "image", "location", "product", "text", "video")
_MARKUP = re.compile(r"[*_~`\n\r\t]")
_GAP = re.compile(r"\n[^\S\n]*\n[^\S\n]*\n")


def read_header(part: Param, *, named: bool) -> Component:
    format_ = part.word("format", _FORMATS).upper()
    header: Component = {"type": "HEADER", "format": format_}
    if format_ == "TEXT":
        return header | _read_header_text(part, named=named)
    if format_ in MEDIA:
        handles = _example(part, "HEADER").members.get("header_handle")
        handle = handles[0] if isinstance(handles, list) and handles else handles
        if not isinstance(handle, str) or not handle:
            raise missing("HEADER", "example")
        header["example"] = {"header_handle": [handle]}
    return header


def read_body(part: Param, *, named: bool, longest: int = BODY_TEXT) -> Component:
    text = _text(part, "BODY", longest)
    variables = check_variables(text, "BODY", named=named)
    check_places(text, variables)
    if _GAP.search(text) is not None:
        raise bad_format("BODY", "The body must not have more than two line breaks in a row.")
    body: Component = {"type": "BODY", "text": text}
    if variables:
        body["example"] = _read_example(part, "BODY", variables, "body_text", named=named)
    return body


def read_footer(part: Param) -> Component:
    text = _text(part, "FOOTER", FOOTER_TEXT)
    if "{{" in text:
        raise bad_format("FOOTER", "A footer has no variables.")
    if "\n" in text:
        raise bad_format("FOOTER", "A footer has no line breaks.")
    return {"type": "FOOTER", "text": text}


def _read_header_text(part: Param, *, named: bool) -> dict[str, Any]:
    text = _text(part, "HEADER", HEADER_TEXT)
    variables = check_variables(text, "HEADER", named=named)
    if len(variables) > 1:
        raise bad_format("HEADER", "A header has at most one variable.")
    plain = re.sub(r"\{\{.*?\}\}", "", text)
    if _MARKUP.search(plain) is not None or has_emoji(plain):
        raise bad_format("HEADER", "A header has no line breaks, formatting characters, emoji or asterisks.")
    if not variables:
        return {"text": text}
    return {"text": text, "example": _read_example(part, "HEADER", variables, "header_text", named=named)}


def _text(part: Param, type_: str, longest: int) -> str:
    value = part.members.get("text")
    if value is None or value == "":
        raise missing(type_, "text")
    text = part.text("text")
    if len(text) > longest:
        raise too_long(type_, "text", longest)
    return text


def _example(part: Param, type_: str) -> Param:
    if not part.has("example"):
        raise missing(type_, "example")
    return part.object("example")


def _read_example(part: Param, type_: str, variables: list[str], key: str, *, named: bool) -> dict[str, Any]:
    example = _example(part, type_)
    if named:
        return _read_named_example(example, type_, variables, f"{key}_named_params")
    values = example.members.get(key)
    rows = values if isinstance(values, list) else []
    if rows and isinstance(rows[0], list):
        rows = rows[0]
    if not rows:
        raise missing(type_, "example")
    if len(rows) != len(variables) or not all(isinstance(row, str) and row for row in rows):
        raise bad_format(type_, f"The example of {type_} needs one text for each of its variables.")
    return {key: [rows] if type_ == "BODY" else rows}


def _read_named_example(example: Param, type_: str, variables: list[str], key: str) -> dict[str, Any]:
    if not example.has(key):
        raise missing(type_, "example")
    rows = example.objects(key)
    given = {row.text("param_name"): row.text("example") for row in rows}
    if set(given) != set(variables):
        raise bad_format(type_, f"The example of {type_} needs a text for each of its variables, by name.")
    return {key: [{"param_name": name, "example": given[name]} for name in variables]}
