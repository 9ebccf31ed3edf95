"""The shape of Flow JSON: versions, screens, layouts, components. Faults come out as `validation_errors`.

Checked as far as a flow could not be shown at all; what components do with data is left to Meta.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from trunkline.sandbox.flows.positions import Place, find_positions

_VERSION = re.compile(r"[2-9]\.[0-9]", re.ASCII)
_DATA_VERSION = re.compile(r"[34]\.0", re.ASCII)
_SCREEN_ID = re.compile(r"[A-Za-z_][A-Za-z_0-9]*", re.ASCII)
_TOP = {"version", "screens", "data_api_version", "routing_model", "data_channel_uri"}
# fmt: off
_COMPONENTS = {
    "TextHeading", "TextSubheading", "TextBody", "TextCaption", "RichText", "TextInput", "TextArea",
    "CheckboxGroup", "RadioButtonsGroup", "Dropdown", "Footer", "OptIn", "EmbeddedLink", "DatePicker",
    "CalendarPicker", "Image", "ImageCarousel", "If", "Switch", "PhotoPicker", "DocumentPicker",
    "NavigationList", "ChipsSelector", "Form",
}
# fmt: on
_DEEPEST = 20

Fault = tuple[str, str, str]
"""Error, message and path."""


def validate(text: str) -> list[dict[str, Any]]:
    """What Graph lists as `validation_errors`; empty for a flow that could be published."""
    try:
        flow = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return [_error(("INVALID_FLOW_JSON", "Flow JSON is not valid JSON.", ""), {})]
    if not isinstance(flow, dict):
        return [_error(("INVALID_FLOW_JSON", "Flow JSON must be an object.", ""), {})]
    faults = list(_check_flow(flow))
    places = find_positions(text) if faults else {}
    return [_error(fault, places) for fault in faults]


def version_of(text: str, member: str = "version") -> str | None:
    """`version` or `data_api_version` of a text that may be anything."""
    try:
        flow = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    found = flow.get(member) if isinstance(flow, dict) else None
    return found if isinstance(found, str) else None


def _check_flow(flow: dict[str, Any]) -> Iterator[Fault]:
    for name in flow:
        if name not in _TOP:
            yield "INVALID_PROPERTY_KEY", f"Property '{name}' is not allowed here.", name
    version = flow.get("version")
    if version is None:
        yield _missing("version")
    elif not (isinstance(version, str) and _VERSION.fullmatch(version)):
        yield _wrong("version", "version")
    data_version = flow.get("data_api_version")
    if data_version is not None:
        if not (isinstance(data_version, str) and _DATA_VERSION.fullmatch(data_version)):
            yield _wrong("data_api_version", "data_api_version")
        if not isinstance(flow.get("routing_model"), dict):
            yield _missing("routing_model")
    screens = flow.get("screens")
    if screens is None:
        yield _missing("screens")
    elif not isinstance(screens, list) or not screens:
        yield _wrong("screens", "screens")
    else:
        yield from _check_screens(screens)


def _check_screens(screens: list[Any]) -> Iterator[Fault]:
    known: set[str] = set()
    for place, screen in enumerate(screens):
        path = f"screens[{place}]"
        if not isinstance(screen, dict):
            yield _wrong("screens", path)
            continue
        id_ = screen.get("id")
        if id_ is None:
            yield _missing("id", path)
        elif not (isinstance(id_, str) and _SCREEN_ID.fullmatch(id_)):
            yield _wrong("id", f"{path}.id")
        elif id_ in known:
            yield "DUPLICATE_SCREEN_ID", f"Screen id '{id_}' is used more than once.", f"{path}.id"
        else:
            known.add(id_)
        yield from _check_layout(screen, path)
    if not any(isinstance(screen, dict) and screen.get("terminal") is True for screen in screens):
        yield "MISSING_TERMINAL_SCREEN", "At least one screen must be terminal.", "screens"


def _check_layout(screen: dict[str, Any], path: str) -> Iterator[Fault]:
    layout = screen.get("layout")
    if layout is None:
        yield _missing("layout", path)
    elif not isinstance(layout, dict):
        yield _wrong("layout", f"{path}.layout")
    elif layout.get("type") != "SingleColumnLayout":
        yield _wrong("type", f"{path}.layout.type")
    else:
        yield from _check_children(layout, f"{path}.layout", 0)


def _check_children(holder: dict[str, Any], path: str, depth: int) -> Iterator[Fault]:
    children = holder.get("children")
    if not isinstance(children, list):
        yield _missing("children", path) if children is None else _wrong("children", f"{path}.children")
        return
    for place, child in enumerate(children):
        here = f"{path}.children[{place}]"
        kind = child.get("type") if isinstance(child, dict) else None
        if not isinstance(kind, str):
            yield _missing("type", here)
        elif kind not in _COMPONENTS:
            yield _wrong("type", f"{here}.type")
        elif kind == "Form" and depth < _DEEPEST:
            yield from _check_children(child, here, depth + 1)


def _missing(name: str, path: str = "") -> Fault:
    return "REQUIRED_PROPERTY_MISSING", f"Required property '{name}' is missing.", path


def _wrong(name: str, path: str) -> Fault:
    return "INVALID_PROPERTY_VALUE", f"Invalid value found for property '{name}'.", path


def _error(fault: Fault, places: dict[str, Place]) -> dict[str, Any]:
    error, message, path = fault
    place = places.get(path, (1, 1, 1, 1))
    where = dict(zip(("line_start", "column_start", "line_end", "column_end"), place, strict=True))
    pointers = [{**where, "path": path}] if path else []
    return {
        "error": error,
        "error_type": "FLOW_JSON_ERROR",
        "message": message,
        **where,
        "pointers": pointers,
    }
