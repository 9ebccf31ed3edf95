"""Direct Send: a business-initiated message without a template, marked by `category` in the envelope.

`messages.py` calls it after the content was checked. Which interactive kinds and buttons Direct Send has
stands in `interactive/frame.py`.
"""

import re

from trunkline.sandbox.content.limits import whole_number
from trunkline.sandbox.errors import invalid, known_error
from trunkline.sandbox.params import Param

MEMBERS = frozenset(("category", "direct_send_config", "ttl_seconds"))
"""What a message that is not a Direct Send does not have."""

_CATEGORIES = ("authentication", "service", "utility")
_TYPES = {"utility": ("interactive", "text"), "authentication": ("text",)}
_LONGEST_LIFE = {"utility": 43_200, "authentication": 900}
_BODY = 1024
_TEMPLATE_NAME = re.compile(r"[a-z0-9_]+", re.ASCII)


def is_direct_send(envelope: Param) -> bool:
    category = envelope.members.get("category")
    return isinstance(category, str) and category.lower() in _TYPES


def read_direct_send(envelope: Param, kind: str, *, by_user_id: bool) -> str | None:
    """The category of a Direct Send; None for a service message, which is sent as without a category."""
    category = envelope.word("category", _CATEGORIES) if envelope.has("category") else "service"
    if category == "service":
        for key in ("direct_send_config", "ttl_seconds"):
            if envelope.has(key):
                raise invalid(f"Param {key} needs a category of utility or authentication.")
        return None
    if kind not in _TYPES[category]:
        known = ", ".join(word.upper() for word in _TYPES[category])
        raise invalid(f'Param type must be one of {{{known}}} - got "{kind}".')
    if category == "authentication" and by_user_id:
        raise known_error(131062)
    if kind == "text":
        envelope.object("text").text("body", _BODY)
    _check_config(envelope, category)
    if envelope.has("ttl_seconds"):
        whole_number(envelope, "ttl_seconds", 30, _LONGEST_LIFE[category])
    return category


def _check_config(envelope: Param, category: str) -> None:
    config = envelope.object_if_any("direct_send_config")
    if config is None:
        return
    if category != "utility":
        raise invalid("Param direct_send_config needs the category utility.")
    if not config.only("template_name").has("template_name"):
        return
    if _TEMPLATE_NAME.fullmatch(config.text("template_name", 512)) is None:
        raise invalid(f"Param {config.path('template_name')} must match ^[a-z0-9_]+$.")
