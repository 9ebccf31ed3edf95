"""Sample files of headers: named by ids of ours or by links, replaced by Meta's handles. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from trunkline.channels.whatsapp_cloud.members import obj, objects
from trunkline.model import ids


def samples_of(definition: Mapping[str, Any]) -> tuple[str, ...]:
    """Each once. What is neither an id of ours nor a link is a handle already."""
    named = [_first(example) for _, example in _media_headers(definition)]
    return tuple(dict.fromkeys(name for name in named if name is not None and is_file(name)))


def with_samples(definition: dict[str, Any], handles: Mapping[str, str]) -> dict[str, Any]:
    """An edit, or one of Meta's library, may be without components: then they are not named."""
    if "components" not in definition:
        return definition
    components = [_replaced(component, handles) for component in objects(definition["components"])]
    return definition | {"components": components}


def with_known(definition: dict[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """The definition with the provider's samples where it names files: which file it is makes no difference.

    Nobody can tell from the provider's handle, and each difference is reviewed anew.
    """
    theirs = objects(known.get("components"))
    components = [
        _with_known(component, theirs[place] if place < len(theirs) else {})
        for place, component in enumerate(objects(definition.get("components")))
    ]
    return {**definition, "components": components}


def _with_known(component: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    if "cards" in component:
        others = objects(known.get("cards"))
        cards = [
            with_known(card, others[place] if place < len(others) else {})
            for place, card in enumerate(objects(component["cards"]))
        ]
        return component | {"cards": cards}
    name, theirs = _first(obj(component.get("example"))), obj(known.get("example"))
    if name is None or not is_file(name) or _first(theirs) is None:
        return component
    return component | {"example": component["example"] | {"header_handle": theirs["header_handle"]}}


def is_file(name: str) -> bool:
    return name.startswith((f"{ids.MEDIA}_", "https://", "http://"))


def _replaced(component: dict[str, Any], handles: Mapping[str, str]) -> dict[str, Any]:
    if "cards" in component:
        cards = [with_samples(card, handles) for card in objects(component["cards"])]
        return component | {"cards": cards}
    example = component.get("example")
    name = _first(example) if isinstance(example, dict) else None
    if name is None or name not in handles or not isinstance(example, dict):
        return component
    return component | {"example": example | {"header_handle": [handles[name]]}}


def _media_headers(definition: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for component in objects(definition.get("components")):
        if "header_handle" in obj(component.get("example")):
            yield component, component["example"]
        for card in objects(component.get("cards")):
            yield from _media_headers(card)


def _first(example: Mapping[str, Any]) -> str | None:
    value = example.get("header_handle")
    value = value[0] if isinstance(value, list) and value else value
    return value if isinstance(value, str) and value else None
