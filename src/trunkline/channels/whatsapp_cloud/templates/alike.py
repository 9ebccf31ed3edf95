"""Whether two definitions say the same, though Meta shows a template otherwise than it took it. Pure.

A sample comes back as a link that is signed anew at each reading. Of an authentication template, whose texts
are Meta's, it shows these texts, and of its button hardly more than what kind of one it is.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from trunkline.channels.whatsapp_cloud.members import objects
from trunkline.channels.whatsapp_cloud.templates import samples
from trunkline.channels.whatsapp_cloud.templates.check_authentication import as_authored

_SIGNED_HOSTS = (".whatsapp.net", ".fbcdn.net", ".fbsbx.com")
_OF_BUTTONS = ("text", "autofill_text", "supported_apps")


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return one == other or without_signatures(one) == without_signatures(other)


def with_known(definition: dict[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """The definition in the provider's words wherever it says the same in others."""
    whole, theirs = samples.with_known(definition, known), objects(known.get("components"))
    components = [
        theirs[place] if place < len(theirs) and _is_shown_as(mine, theirs[place]) else mine
        for place, mine in enumerate(whole["components"])
    ]
    return whole | {"components": components}


def without_signatures(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: without_signatures(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_signatures(item) for item in value]
    return value.partition("?")[0] if isinstance(value, str) and _is_signed(value) else value


def _is_signed(link: str) -> bool:
    if not link.startswith("https://"):
        return False
    try:
        return f".{urlsplit(link).hostname or ''}".endswith(_SIGNED_HOSTS)
    except ValueError:
        return False


def _is_shown_as(mine: Mapping[str, Any], shown: Mapping[str, Any]) -> bool:
    """Of an authentication template alone: others have a text, or buttons that are no OTP."""
    if mine.get("type") != shown.get("type") or "text" in mine:
        return False
    match mine.get("type"):
        case "BODY":
            member = "add_security_recommendation"
            return bool(mine.get(member)) == bool(shown.get(member))
        case "FOOTER":
            member = "code_expiration_minutes"
            return bool(mine.get(member) == shown.get(member))
        case "BUTTONS":
            return _is_same_code(objects(mine.get("buttons")), objects(shown.get("buttons")))
    return False


def _is_same_code(mine: list[dict[str, Any]], shown: list[dict[str, Any]]) -> bool:
    """What one of them does not say is no difference."""
    if len(mine) != 1 or len(shown) != 1 or mine[0].get("type") != "OTP":
        return False
    one, other = mine[0], as_authored(shown[0])
    is_same_kind = all(one.get(name) == other.get(name) for name in ("type", "otp_type"))
    both = [name for name in _OF_BUTTONS if name in one and name in other]
    return is_same_kind and all(one[name] == other[name] for name in both)
