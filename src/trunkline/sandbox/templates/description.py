"""A template as Graph's fields describe it."""

from datetime import UTC, datetime
from typing import Any

from trunkline.sandbox.templates.definition import SENDABLE, Template

USUAL_FIELDS = (
    "name",
    "parameter_format",
    "components",
    "language",
    "status",
    "category",
    "sub_category",
    "previous_category",
)
_FROM_EXTRAS = (
    "cta_url_link_tracking_opted_out",
    "degrees_of_freedom_spec",
    "display_format",
    "is_primary_device_delivery_only",
    "library_template_name",
    "message_send_ttl_seconds",
    "sub_category",
)


def describe_template(template: Template) -> dict[str, Any]:
    """Every field that may be asked for; None where there is nothing to tell."""
    updated_at = datetime.fromtimestamp(template.updated_at / 1000, UTC)
    rated_at = template.quality_at or template.created_at
    return {
        "name": template.name,
        "parameter_format": template.parameter_format,
        "components": template.components,
        "language": template.language,
        "status": template.status,
        "category": template.category,
        "previous_category": template.previous_category,
        "correct_category": template.correct_category,
        "rejected_reason": template.rejected_reason,
        "quality_score": {"score": template.quality, "date": rated_at // 1000},
        "last_updated_time": f"{updated_at:%Y-%m-%dT%H:%M:%S}+0000",
        "source": template.source.upper(),
        "health_status": _health_of(template),
        **{key: template.extras.get(key) for key in _FROM_EXTRAS},
        "id": template.id,
    }


def _health_of(template: Template) -> dict[str, Any]:
    can = "AVAILABLE" if template.status == SENDABLE else "BLOCKED"
    entity = {"entity_type": "MESSAGE_TEMPLATE", "id": template.id, "can_send_message": can}
    return {"can_send_message": can, "entities": [entity]}
