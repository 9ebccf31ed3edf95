"""Bodies of campaigns as they stand in the OpenAPI document; each is checked by a test."""

from typing import Any

_TEMPLATE: dict[str, Any] = {
    "type": "template",
    "template": {
        "name": "spring_sale",
        "language": {"code": "en_US"},
        "components": [
            {"type": "body", "parameters": [{"type": "text", "text": "{{first_name}}"}]},
        ],
    },
}

EXAMPLES: dict[str, Any] = {
    "a template to a list": {
        "name": "Spring sale",
        "audience": {"lists": ["lst_01kaq3w8n2e5v9x7c4h6t0y1zd"]},
        "content": {"body": _TEMPLATE},
        "variables": {"first_name": {"column": "First name", "default": "friend"}},
    },
    "in the morning of each recipient, at a pace, looked at after 500": {
        "name": "Spring sale",
        "numbers": ["+1 555 000 1000"],
        "audience": {
            "segments": ["seg_01kaq3w8n2e5v9x7c4h6t0y1zd"],
            "without_lists": ["lst_01kaq3w8n2e5v9x7c4h6t0y1ze"],
        },
        "content": {"body": _TEMPLATE},
        "schedule": {
            "start_at": "2027-03-01T00:00:00Z",
            "local_time": "09:30",
            "quiet_hours": {"start": "21:00", "end": "08:00"},
            "validity_minutes": 720,
        },
        "per_second": 20,
        "canary": 500,
        "stop": {"failure_rate": 0.1, "budget": {"currency": "EUR", "amount": "250.00"}},
        "not_again_hours": 72,
    },
    "two texts, of which the better one goes to most": {
        "name": "News",
        "audience": {"lists": ["lst_01kaq3w8n2e5v9x7c4h6t0y1zd"]},
        "consent": "not_required",
        "purpose": "service",
        "variants": [
            {"name": "short", "content": {"body": {"type": "text", "text": {"body": "We are open."}}}},
            {
                "name": "personal",
                "content": {"body": {"type": "text", "text": {"body": "We are open, {{name}}."}}},
            },
        ],
        "winner": {"percent": 20, "by": "read", "after_minutes": 240},
    },
}
