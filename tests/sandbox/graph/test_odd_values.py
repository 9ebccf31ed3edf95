"""Whatever stands in a parameter, the answer is Graph's: never a failure of the emulator."""

from typing import Any

import pytest

from tests.sandbox.graph.calls import Graph, visit
from trunkline.sandbox import Identity

DEEP: Any = []
for _ in range(60):
    DEEP = [DEEP]
ODD = (
    None,
    True,
    -1,
    0.5,
    10**18,
    10**400,
    "",
    "\x00",
    "é" * 3000,
    "\uff11" * 6,
    [],
    [None],
    {},
    {"a": [{}]},
    DEEP,
)
PRODUCT = {"messaging_product": "whatsapp"}
OAUTH = {"client_id": "x", "client_secret": "x", "code": "x"}
CALLS = [
    ("POST", "/{phone}", {"pin": "1", "new_display_name": "x", "webhook_configuration": {}}),
    ("POST", "/{phone}/request_code", {"code_method": "SMS", "language": "en"}),
    ("POST", "/{phone}/verify_code", {"code": "1"}),
    ("POST", "/{phone}/register", {**PRODUCT, "pin": "12", "data_localization_region": "DE"}),
    ("POST", "/{phone}/settings", {"calling": {}, "storage_configuration": {}, "user_identity_change": {}}),
    ("POST", "/{phone}/username", {"username": "shop", "transfer_action": "x"}),
    ("POST", "/{phone}/thread_control", {**PRODUCT, "action": "x", "to": "1"}),
    ("POST", "/{phone}/block_users", {**PRODUCT, "block_users": [{"user": "x"}]}),
    ("GET", "/{phone}/block_users", {"limit": 1, "after": "x", "before": "x"}),
    (
        "POST",
        "/{phone}/whatsapp_business_profile",
        {
            **PRODUCT,
            "about": "x",
            "email": "x",
            "websites": [],
            "vertical": "",
            "profile_picture_handle": "x",
        },
    ),
    ("GET", "/{phone}/whatsapp_business_profile", {"fields": "about"}),
    ("GET", "/{waba}", {"fields": "name", "method": "get"}),
    ("POST", "/{waba}", {"is_enabled_for_insights": "x"}),
    ("POST", "/{waba}/phone_numbers", {"cc": "1", "phone_number": "x", "verified_name": "x"}),
    ("POST", "/{waba}/subscribed_apps", {"override_callback_uri": "x", "verify_token": "x"}),
    (
        "GET",
        "/{waba}/template_analytics",
        {"start": 1, "end": 2, "granularity": "daily", "template_ids": [1], "metric_types": "sent"},
    ),
    ("GET", "/debug_token", {"input_token": "x"}),
    ("POST", "/oauth/access_token", {**OAUTH, "grant_type": "x"}),
    ("POST", "/", {"batch": "x", "ids": "x", "access_token": "x"}),
    ("POST", "/_sandbox/account", {"do": "restrict", "kind": "x", "seconds": 1}),
    ("POST", "/_sandbox/account", {"do": "alert", "severity": "x", "entity_id": "x"}),
    ("POST", "/_sandbox/announce", {"field": "flows", "value": "x"}),
    ("POST", "/_sandbox/numbers/{phone}/quality", {"quality": "x", "throughput": "x", "standing": "x"}),
    ("POST", "/_sandbox/numbers/{phone}/name", {"decision": "x", "reason": "x"}),
    ("POST", "/_sandbox/tokens", {"expires_in_seconds": "x", "scopes": "x"}),
]


@pytest.mark.parametrize(
    ("method", "path", "params"), CALLS, ids=lambda value: value if type(value) is str else ""
)
def test_odd_values_are_refused_or_taken(
    known: Identity, method: str, path: str, params: dict[str, Any]
) -> None:
    async def tell(graph: Graph) -> None:
        for name in params:
            for value in ODD:
                status, answer = await graph.ask(method, path, {**params, name: value})
                assert status < 500, (name, value, answer)
                assert status == 200 or "message" in answer["error"], (name, value, answer)
        for name in params:
            for text in ("%00", "%ff", "%F0%9F%98%80", "{", "[[", "1e999", "%ED%A0%80", "a" * 4000):
                status, answer = await graph.ask(method, f"{path}?{name}={text}")
                assert status < 500, (name, text, answer)

    visit(known, tell)
