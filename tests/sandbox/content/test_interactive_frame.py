"""What all interactive messages share: header, body and footer, by kind."""

import pytest

from tests.sandbox.content.bodies import FOOTER, HEADERS, MESSAGES
from tests.sandbox.content.interactive_rows import LENGTH, REQUIRED, of
from tests.sandbox.content.limits import ABSENT, Limit, check_limit, names
from trunkline.sandbox import Identity
from trunkline.sandbox.content.interactive.frame import KINDS

WITH_FOOTER = sorted(
    set(KINDS) - {"call_permission_request", "carousel", "location_request_message", "request_contact_info"}
)


LIMITS = [
    Limit(
        MESSAGES["buttons"],
        "interactive.type",
        ["BUTTON"],
        ["poll"],
        100,
        "(#100) Param interactive['type'] must be one of {ADDRESS_MESSAGE, BUTTON, CALL_PERMISSION_REQUEST, "
        "CAROUSEL, CATALOG_MESSAGE, CTA_URL, FLOW, LIST, LOCATION_REQUEST_MESSAGE, ORDER_DETAILS, "
        'ORDER_STATUS, PRODUCT, PRODUCT_LIST, REQUEST_CONTACT_INFO, VOICE_CALL} - got "poll".',
    ),
    Limit(MESSAGES["buttons"], "interactive", [], [ABSENT], 100, REQUIRED.format("interactive")),
    *(
        of(kind, "action", [], [ABSENT, None], 100, REQUIRED.format("interactive['action']"))
        for kind in KINDS
    ),
    *(
        of(kind, "extra", [], ["x"], 100, 'Unexpected key "extra" on param "interactive".')
        for kind in ("button", "flow")
    ),
    *(
        of(
            kind,
            "body.text",
            ["x" * (row.longest_body - 1), "x" * row.longest_body],
            ["x" * (row.longest_body + 1)],
            131009,
            LENGTH.format("Body text", 1, row.longest_body),
        )
        for kind, row in KINDS.items()
    ),
    *(
        of(kind, "body", [], [ABSENT, None], 100, "(#100) " + REQUIRED.format("interactive['body']"))
        for kind in sorted(set(KINDS) - {"product", "call_permission_request"})
    ),
    of(
        "button",
        "body.text",
        [],
        ["", ABSENT],
        100,
        "(#100) " + REQUIRED.format("interactive['body']['text']"),
    ),
    *(
        of(
            kind,
            "footer",
            [{"text": "x" * 59}, {"text": "x" * 60}, {"text": ""}],
            [{"text": "x" * 61}],
            131009,
            LENGTH.format("Footer text", 0, 60),
        )
        for kind in WITH_FOOTER
    ),
    *(
        of(
            kind,
            "footer",
            [],
            [FOOTER],
            131009,
            f"Footer is not allowed for an interactive message of type {kind}.",
        )
        for kind in sorted(set(KINDS) - set(WITH_FOOTER))
    ),
    *(
        of(
            kind,
            "header",
            [HEADERS[format_] for format_ in row.headers],
            [header for format_, header in HEADERS.items() if format_ not in row.headers],
            131009,
            f"is not allowed for an interactive message of type {kind}.",
        )
        for kind, row in KINDS.items()
    ),
    of("product_list", "header", [], [ABSENT, None], 131008, "Header is required"),
    of(
        "list",
        "header",
        [{"type": "text", "text": "x" * 60, "sub_text": "y" * 60}],
        [{"type": "text", "text": "x" * 61}],
        131009,
        LENGTH.format("Header text", 1, 60),
    ),
    of(
        "list",
        "header",
        [],
        [{"type": "text"}, {"type": "text", "text": ""}],
        131009,
        "Text cannot be null for header type text",
    ),
    of(
        "button",
        "header",
        [],
        [{"type": "image", "image": {}}],
        100,
        "interactive['header']['image'] needs exactly one of id and link.",
    ),
]


@pytest.mark.parametrize("limit", LIMITS, ids=names(LIMITS))
def test_a_limit_holds_at_it_and_bites_beyond_it(shared: Identity, limit: Limit) -> None:
    check_limit(shared, limit)
