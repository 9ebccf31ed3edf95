"""Direct Send: which messages may have a category, and what is narrower for them."""

from typing import Any

import pytest

from tests.sandbox.content.bodies import FOOTER, HEADERS, LINK, MESSAGES, interactive
from tests.sandbox.content.limits import Limit, check_limit, message, names
from trunkline.sandbox import Identity
from trunkline.sandbox.content.messages import read_message

TEXT = MESSAGES["text"]
DIRECT = MESSAGES["direct send"]
BUTTONS = MESSAGES["direct send, full"]
CALL = {**interactive("voice_call", {"name": "voice_call"}), "category": "utility"}


def link(title: str) -> dict[str, Any]:
    return {"type": "cta_url", "cta_url": {"display_text": title, "url": LINK}}


def replies(count: int) -> list[dict[str, Any]]:
    return [{"type": "reply", "reply": {"id": str(n), "title": str(n)}} for n in range(count)]


LIMITS = [
    Limit(
        TEXT,
        "category",
        ["utility", "authentication", "service", "UTILITY"],
        ["marketing", 7],
        100,
        "(#100) Param category must be one of {AUTHENTICATION, SERVICE, UTILITY} - got ",
    ),
    Limit(DIRECT, "text.body", ["x" * 1024], ["x" * 1025], 100, "Param text['body'] must be at most 1024"),
    *(
        Limit(
            {**MESSAGES[name], "category": "utility"}, "", [], [{}], 100, "must be one of {INTERACTIVE, TEXT}"
        )
        for name in ("image", "audio", "contacts", "location", "reaction", "sticker", "template")
    ),
    Limit(
        interactive("button", {"buttons": replies(1)}),
        "category",
        ["utility"],
        ["authentication"],
        100,
        'Param type must be one of {TEXT} - got "interactive".',
    ),
    Limit(
        {**MESSAGES["list"], "category": "utility"},
        "",
        [],
        [{}],
        100,
        'must be one of {BUTTON, CTA_URL, VOICE_CALL} - got "list".',
    ),
    Limit(
        BUTTONS,
        "interactive.action.buttons",
        [replies(10), [link("a"), link("b"), *replies(8)]],
        [[], replies(11)],
        131009,
        "Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 10",
    ),
    Limit(
        BUTTONS,
        "interactive.action.buttons",
        [[link("a"), link("b")]],
        [[link("a"), link("b"), link("c")]],
        131009,
        "Max allowed cta_url buttons: 2",
    ),
    Limit(
        BUTTONS,
        "interactive.action.buttons",
        [],
        [[*replies(1), link("a")]],
        131009,
        "must come before buttons of type reply",
    ),
    Limit(CALL, "interactive.header", [HEADERS["text"]], [HEADERS["image"]], 131009, "Header type IMAGE"),
    Limit(CALL, "interactive.footer", [], [FOOTER], 131009, "Footer is not allowed"),
    Limit(
        DIRECT,
        "direct_send_config",
        [{"template_name": "a" * 512}, {}],
        [{"template_name": "Order"}, {"template_name": "a" * 513}, {"name": "a"}, {"template_name": ""}],
        100,
        "direct_send_config",
    ),
    Limit(
        {**TEXT, "direct_send_config": {"template_name": "a"}},
        "category",
        ["utility"],
        ["authentication", "service"],
        100,
        "Param direct_send_config needs ",
    ),
    Limit(DIRECT, "ttl_seconds", [30, 43_200], [29, 43_201], 100, "between 30 and 43200"),
    Limit(
        {**TEXT, "category": "authentication"}, "ttl_seconds", [30, 900], [29, 901], 100, "between 30 and 900"
    ),
    Limit(TEXT, "ttl_seconds", [], [60], 100, "Param ttl_seconds needs a category"),
    Limit(
        {**TEXT, "to": None, "recipient": "US.1"},
        "category",
        ["utility"],
        ["authentication"],
        131062,
        "need a phone number",
    ),
]


@pytest.mark.parametrize("limit", LIMITS, ids=names(LIMITS))
def test_a_limit_holds_at_it_and_bites_beyond_it(shared: Identity, limit: Limit) -> None:
    check_limit(shared, limit)


def test_only_a_direct_send_has_a_category() -> None:
    assert read_message(message(DIRECT)).category == "utility"
    assert read_message(message(MESSAGES["service category"])).category is None
    assert read_message(message(TEXT)).category is None
