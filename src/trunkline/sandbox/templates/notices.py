"""What webhooks say of templates: the `value` objects of their four fields."""

from typing import Any

from trunkline.sandbox.templates.definition import Template, buttons_of, part_of

STATUS = "message_template_status_update"
QUALITY = "message_template_quality_update"
COMPONENTS = "message_template_components_update"
CATEGORY = "template_category_update"

_ADVICE = "Compare the template with Meta's guidelines, correct what they name, and submit it again."


def status_value(template: Template, event: str, **more: Any) -> dict[str, Any]:
    """`more` are the objects that only some events have."""
    reason = {"APPROVED": "NONE", "REJECTED": template.rejected_reason}.get(event)
    value = {
        "event": event,
        **_identify(template),
        "reason": reason,
        "message_template_category": template.category,
        **more,
    }
    if event == "REJECTED" and reason == "INVALID_FORMAT":
        why = "The template does not follow the required format."
        value["rejection_info"] = {"reason": why, "recommendation": _ADVICE}
    return value


def quality_value(template: Template, previous: str) -> dict[str, Any]:
    return {
        "previous_quality_score": previous,
        "new_quality_score": template.quality,
        **_identify(template),
    }


def components_value(template: Template) -> dict[str, Any]:
    header = part_of(template.components, "HEADER")
    value = {
        **_identify(template),
        "message_template_title": header.get("text"),
        "message_template_element": part_of(template.components, "BODY").get("text", ""),
        "message_template_footer": part_of(template.components, "FOOTER").get("text"),
        "message_template_buttons": [
            _describe_button(button)
            for button in buttons_of(template.components)
            if button["type"] in {"URL", "PHONE_NUMBER"}
        ],
    }
    return {key: item for key, item in value.items() if item not in (None, [])}


def coming_category_value(template: Template) -> dict[str, Any]:
    """Notice of a change that is to come: `new_category` is, oddly, the one it still has."""
    return {
        **_identify(template),
        "correct_category": template.correct_category,
        "new_category": template.category,
        "category_update_timestamp": (template.category_at or 0) // 1000,
    }


def new_category_value(template: Template) -> dict[str, Any]:
    return {
        **_identify(template),
        "previous_category": template.previous_category,
        "new_category": template.category,
    }


def _identify(template: Template) -> dict[str, Any]:
    return {
        "message_template_id": int(template.id),
        "message_template_name": template.name,
        "message_template_language": template.language,
    }


def _describe_button(button: dict[str, Any]) -> dict[str, Any]:
    described = {
        "message_template_button_type": button["type"],
        "message_template_button_text": button["text"],
        "message_template_button_url": button.get("url"),
        "message_template_button_phone_number": button.get("phone_number"),
    }
    return {key: item for key, item in described.items() if item is not None}
