"""The links that people can tap in a message, and short ones in their place. Pure.

In comes content in the normal form of `content.check`, with its gaps filled. Links stand in texts, captions
and bodies of interactive messages, behind the button of a `cta_url`, and in the parameters of a template. A
template's button has the beginning of its address fixed: a link given for its end is replaced only where
short links begin so.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from trunkline.channels.link_contract import Tracked
from trunkline.channels.whatsapp_cloud.members import obj
from trunkline.channels.whatsapp_cloud.templates.definition import Part, card_of, reading_of

_LINK = re.compile(r"https?://[^\s<>\"'`\\\x00-\x20\x7f]+", re.IGNORECASE)
_LONGEST_TEXT = 4096
_LONGEST_BESIDE = 1024
"""Captions, bodies of interactive messages."""
_CAPTIONED = ("image", "video", "document")


def with_links(
    content: Mapping[str, Any], definition: Mapping[str, Any] | None, tracked: Tracked
) -> Mapping[str, Any]:
    """A copy, or the very content when there is nothing to replace. `definition` is that of its template."""
    if "template" in content:
        part = reading_of(definition) if definition is not None else None
        return {**content, "template": _template(content["template"], part, tracked)}
    if "text" in content:
        body = _shortened(content["text"]["body"], _LONGEST_TEXT, tracked)
        return {**content, "text": {**content["text"], "body": body}}
    if "interactive" in content:
        return {**content, "interactive": _interactive(content["interactive"], tracked)}
    for kind in _CAPTIONED:
        if "caption" in obj(content.get(kind)):
            caption = _shortened(content[kind]["caption"], _LONGEST_BESIDE, tracked)
            return {**content, kind: {**content[kind], "caption": caption}}
    return content


def _interactive(interactive: dict[str, Any], tracked: Tracked) -> dict[str, Any]:
    changed = dict(interactive)
    if body := obj(interactive.get("body")):
        changed["body"] = {**body, "text": _shortened(body["text"], _LONGEST_BESIDE, tracked)}
    parameters = obj(obj(interactive.get("action")).get("parameters"))
    if interactive.get("type") == "cta_url" and isinstance(url := parameters.get("url"), str):
        token = tracked.token(url)
        if token is not None:
            short = {**parameters, "url": tracked.base + token}
            changed["action"] = {**interactive["action"], "parameters": short}
    return changed


def _template(template: dict[str, Any], part: Any, tracked: Tracked) -> dict[str, Any]:
    if "components" not in template:
        return template
    changed = []
    for component in template["components"]:
        if component.get("type") == "carousel":
            cards = [
                {**card, "components": _components(card.get("components", ()), _card(part, index), tracked)}
                for index, card in enumerate(component["cards"])
            ]
            changed.append({**component, "cards": cards})
        else:
            changed += _components([component], part, tracked)
    return {**template, "components": changed}


def _card(part: Any, index: int) -> Part | None:
    return card_of(part, index) if part is not None else None


def _components(
    components: Sequence[dict[str, Any]], part: Part | None, tracked: Tracked
) -> list[dict[str, Any]]:
    changed = []
    for component in components:
        parameters = component.get("parameters")
        if not parameters:
            changed.append(component)
            continue
        if component.get("type") != "button":
            parameters = [_in_text(parameter, tracked) for parameter in parameters]
        elif component.get("sub_type") == "url" and _leads_here(part, component.get("index"), tracked):
            parameters = [_end_of_address(parameter, tracked) for parameter in parameters]
        changed.append({**component, "parameters": parameters})
    return changed


def _leads_here(part: Part | None, index: Any, tracked: Tracked) -> bool:
    buttons = part.buttons if part is not None else ()
    return isinstance(index, int) and index < len(buttons) and buttons[index].url.startswith(tracked.base)


def _end_of_address(parameter: dict[str, Any], tracked: Tracked) -> dict[str, Any]:
    token = tracked.token(parameter["text"], is_whole=True) if _LINK.fullmatch(parameter["text"]) else None
    return parameter if token is None else {**parameter, "text": token}


def _in_text(parameter: dict[str, Any], tracked: Tracked) -> dict[str, Any]:
    """How long the whole text is, is not known here: it never grows."""
    text = parameter.get("text")
    if not isinstance(text, str):
        return parameter
    return {**parameter, "text": _shortened(text, 0, tracked)}


def _shortened(text: str, longest: int, tracked: Tracked) -> str:
    """As it was where it would become longer than it may be."""
    if "://" not in text:
        return text

    def replaced(found: re.Match[str]) -> str:
        url = _without_what_follows(found[0])
        length = len(tracked.base) + tracked.token_length
        if length > len(url) and len(text) + (length - len(url)) * most > longest:
            return found[0]
        token = tracked.token(url)
        return found[0] if token is None else tracked.base + token + found[0][len(url) :]

    most = len(_LINK.findall(text))
    return _LINK.sub(replaced, text)


def _without_what_follows(link: str) -> str:
    """A sentence may end behind it, or stand in brackets around it; `*`, `_` and `~` mark how text looks."""
    while link and (link[-1] in ".,;:!?*_~…" or (link[-1] in ")]}" and not _opens(link, link[-1]))):
        link = link[:-1]
    return link


def _opens(link: str, closing: str) -> bool:
    opening = {")": "(", "]": "[", "}": "{"}[closing]
    return link.count(opening) >= link.count(closing)
