"""What a webhook tells of one template → `TemplateNews`. Pure.

Five fields of Meta's webhooks are about templates. None of them tells a template's components in full, so
where these changed the template has to be read anew.
"""

from collections.abc import Callable, Mapping
from typing import Any

from trunkline.channels.template_contract import TemplateNews
from trunkline.channels.whatsapp_cloud.members import LONGEST_ID, name, obj, text, word

_STATUS_OF_EVENT = {"REINSTATED": "APPROVED", "UNARCHIVED": "APPROVED", "UNPAUSED": "APPROVED"}
_NO_STATUS = frozenset({"FLAGGED", "LOCKED", "UNLOCKED"})
"""Events after which it has the status that it had before."""


def news_of(field: str, value: Mapping[str, Any]) -> TemplateNews | None:
    """`field` is Meta's word for the webhook."""
    reader = _READERS.get(field)
    provider_id = _id(value.get("message_template_id"))
    if reader is None or provider_id is None:
        return None
    language = text(value.get("message_template_language"))
    return TemplateNews(
        provider_id=provider_id,
        name=text(value.get("message_template_name")),
        language=None if language is None else language.replace("-", "_"),
        **reader(value),
    )


def _status(value: Mapping[str, Any]) -> dict[str, Any]:
    event, reason = word(value.get("event")), word(value.get("reason"))
    told: dict[str, Any] = {"category": word(value.get("message_template_category"))}
    if event is not None and event not in _NO_STATUS:
        told["status"] = _STATUS_OF_EVENT.get(event, event)
    if event == "REJECTED" and reason != "NONE":
        told["rejected_reason"] = reason
    return told | {"detail": _detail(value, event)}


def _detail(value: Mapping[str, Any], event: str | None) -> str | None:
    """Meta's own words, whichever of its objects has them."""
    rejection, other = obj(value.get("rejection_info")), obj(value.get("other_info"))
    said = [
        rejection.get("reason"),
        rejection.get("recommendation"),
        other.get("title"),
        other.get("description"),
    ]
    words = [words for each in said if (words := name(each))]
    if event in _NO_STATUS:
        words.insert(0, str(event))
    return ": ".join(words) or None


def _quality(value: Mapping[str, Any]) -> dict[str, Any]:
    return {"quality": word(value.get("new_quality_score"))}


def _components(value: Mapping[str, Any]) -> dict[str, Any]:
    return {"is_partial": True}


def _category(value: Mapping[str, Any]) -> dict[str, Any]:
    """A notice of a change that is to come names the category that it still has as the new one."""
    return {
        "category": word(value.get("new_category")),
        "correct_category": word(value.get("correct_category")),
    }


def _detected(value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "category": word(value.get("category")) or word(value.get("new_category")),
        "correct_category": word(value.get("correct_category")),
    }


def _id(value: Any) -> str | None:
    """Meta writes it as a number in webhooks, as text elsewhere."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**40:
        return str(value)
    return (text(value) or None) if isinstance(value, str) and len(value) <= LONGEST_ID else None


_READERS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "message_template_status_update": _status,
    "message_template_quality_update": _quality,
    "message_template_components_update": _components,
    "template_category_update": _category,
    "template_correct_category_detection": _detected,
}
