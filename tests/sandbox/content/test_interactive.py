"""The actions of interactive messages: every limit at it, below it and beyond it."""

from typing import Any

import pytest

from tests.sandbox.content.bodies import (
    ADDRESS,
    FOOTER,
    HEADERS,
    LINK,
    MESSAGES,
    REPLY,
    ROW,
    carousel,
    interactive,
    media_card,
    product_card,
    quick_replies,
)
from tests.sandbox.content.interactive_rows import COUNT, LENGTH, REQUIRED, TOO_LONG, of
from tests.sandbox.content.limits import ABSENT, Limit, check_limit, names
from trunkline.sandbox import Identity


def reply(id_: str, title: str) -> dict[str, Any]:
    return {"type": "reply", "reply": {"id": id_, "title": title}}


def rows(count: int, start: int = 0) -> list[dict[str, Any]]:
    return [{"id": str(n), "title": "Row"} for n in range(start, start + count)]


def sections(count: int) -> list[dict[str, Any]]:
    return [{"title": "S", "rows": rows(1, n)} for n in range(count)]


def products(count: int, each: int = 1) -> list[dict[str, Any]]:
    return [{"title": "S", "product_items": [{"product_retailer_id": "p"}] * each} for n in range(count)]


BUTTONS = [
    of(
        "button",
        "action.buttons",
        [[reply("1", "a")], [reply(str(n), str(n)) for n in range(3)]],
        [[], [reply(str(n), str(n)) for n in range(4)]],
        131009,
        COUNT.format("buttons", 1, 3),
    ),
    of(
        "button",
        "action.buttons.0.reply.title",
        ["x", "x" * 19, "x" * 20],
        ["", "x" * 21],
        131009,
        "Button title length invalid. Min length: 1, Max length: 20",
    ),
    of(
        "button",
        "action.buttons.0.reply.id",
        ["x" * 255, "x" * 256],
        ["", "x" * 257],
        131009,
        LENGTH.format("Button id", 1, 256),
    ),
    of("button", "action.buttons.0.reply.id", ["a b"], [" a", "a "], 131009, "begin or end with a space"),
    of(
        "button",
        "action.buttons",
        [[reply("1", "a"), reply("2", "A")]],
        [[reply("1", "a"), reply("2", "a")]],
        131009,
        "Duplicate button title",
    ),
    of("button", "action.buttons", [], [[reply("1", "a"), reply("1", "b")]], 131009, "Duplicate button id"),
    of(
        "button",
        "action.buttons.0.type",
        [],
        ["cta_url", "quick_reply"],
        100,
        "Param interactive['action']['buttons'][0]['type'] must be one of {REPLY}",
    ),
]

LISTS = [
    of(
        "list",
        "action.button",
        ["x", "x" * 20],
        ["x" * 21],
        131009,
        "Button label is too long. Max length is 20",
    ),
    of("list", "action.button", [], ["", ABSENT], 100, REQUIRED.format("interactive['action']['button']")),
    of(
        "list",
        "action.sections",
        [sections(1), sections(10)],
        [sections(11), []],
        131009,
        COUNT.format("sections", 1, 10),
    ),
    of(
        "list",
        "action.sections.0.title",
        ["x" * 24],
        ["x" * 25],
        131009,
        TOO_LONG.format("Section title", 24),
    ),
    of("list", "action.sections.0.title", [], [ABSENT, ""], 131009, "Section title is required"),
    of(
        "list",
        "action.sections",
        [
            [{"rows": rows(9)}],
            [{"rows": rows(10)}],
            [{"title": "a", "rows": rows(5)}, {"title": "b", "rows": rows(5, 5)}],
        ],
        [[{"rows": rows(11)}], [{"title": "a", "rows": rows(5)}, {"title": "b", "rows": rows(6, 5)}]],
        131009,
        "Total row count exceed max allowed count: 10",
    ),
    of("list", "action.sections.0.rows", [], [[]], 100, "must have at least 1 elements"),
    of(
        "list",
        "action.sections.0.rows.0.id",
        ["x" * 200],
        ["x" * 201],
        131009,
        TOO_LONG.format("Row id", 200),
    ),
    of("list", "action.sections.0.rows.0.id", [], ["r2"], 131009, "Duplicated row id: r2"),
    of(
        "list",
        "action.sections.0.rows.0.title",
        ["x" * 23, "x" * 24],
        ["x" * 25],
        131009,
        "Row title is too long. Max length is 24",
    ),
    of(
        "list",
        "action.sections.0.rows.0.description",
        ["x" * 71, "x" * 72, ""],
        ["x" * 73],
        131009,
        TOO_LONG.format("Row description", 72),
    ),
    of("list", "action.sections.0.rows.0", [], [{**ROW, "icon": "x"}], 100, 'Unexpected key "icon"'),
]

PARAMETERS = "interactive['action']['parameters']"
LINKS = [
    of(
        "cta_url",
        "action.parameters.display_text",
        ["x", "x" * 20],
        ["x" * 21],
        131009,
        LENGTH.format("Button display text", 1, 20),
    ),
    of(
        "cta_url",
        "action.parameters.display_text",
        [],
        ["", ABSENT],
        100,
        REQUIRED.format(PARAMETERS + "['display_text']"),
    ),
    of(
        "cta_url",
        "action.parameters.url",
        ["http://example.com", "https://example.com/?a=1#b"],
        ["example.com", "javascript:1", "https://", "tel:15550001234"],
        131009,
        "must begin with http:// or https://",
    ),
    of("cta_url", "action.parameters", [], [ABSENT], 100, REQUIRED.format(PARAMETERS)),
    of(
        "cta_url",
        "action.name",
        [],
        ["url"],
        100,
        "Param interactive['action']['name'] must be one of {CTA_URL}",
    ),
    of("cta_url", "action.parameters.id", [], ["1"], 100, 'Unexpected key "id"'),
]

ASKED = [
    of("location_request_message", "action.name", [], ["send"], 100, "must be one of {SEND_LOCATION}"),
    of("location_request_message", "action.parameters", [{}], ["x"], 100, "must be a JSON object"),
    of("request_contact_info", "action.name", [], ["x"], 100, "must be one of {REQUEST_CONTACT_INFO}"),
    of("call_permission_request", "action.name", [], ["x"], 100, "must be one of {CALL_PERMISSION_REQUEST}"),
    of("address_message", "action.parameters.country", ["IN"], ["US", "SG"], 100, "must be one of {IN}"),
    of(
        "address_message",
        "action.parameters.country",
        [],
        [ABSENT],
        100,
        REQUIRED.format(PARAMETERS + "['country']"),
    ),
    of(
        "address_message",
        "action.parameters.values.in_pin_code",
        ["4" * 5, "4" * 6],
        ["4" * 7],
        131009,
        TOO_LONG.format("Pin code", 6),
    ),
    of("address_message", "action.parameters.values.street", [], ["x"], 100, 'Unexpected key "street"'),
    of("address_message", "action.parameters.values.city", [], [7], 100, "must be a string."),
    of(
        "address_message",
        "action.parameters.saved_addresses",
        [],
        [[{"value": ADDRESS}]],
        100,
        "['id'] is required.",
    ),
    of(
        "address_message",
        "action.parameters.validation_errors",
        [{}],
        [{"zip": "x"}],
        100,
        'Unexpected key "zip"',
    ),
]

COMMERCE = [
    of(
        "product",
        "action.catalog_id",
        [],
        [ABSENT, ""],
        100,
        REQUIRED.format("interactive['action']['catalog_id']"),
    ),
    of("product", "action.product_retailer_id", [], [ABSENT], 100, "['product_retailer_id'] is required."),
    of(
        "product_list",
        "action.sections",
        [products(10)],
        [products(11), []],
        131009,
        COUNT.format("sections", 1, 10),
    ),
    of(
        "product_list",
        "action.sections",
        [products(1, 29), products(1, 30), products(10, 3)],
        [products(1, 31), products(2, 16)],
        131009,
        "Total product count exceed max allowed count: 30",
    ),
    of(
        "product_list",
        "action.sections.0.title",
        ["x" * 24],
        ["x" * 25],
        131009,
        TOO_LONG.format("Section title", 24),
    ),
    of("product_list", "action.sections.0.product_items", [], [[]], 100, "must have at least 1 elements"),
    of("catalog_message", "action.name", [], ["catalog"], 100, "must be one of {CATALOG_MESSAGE}"),
    of("catalog_message", "action.parameters", [{}, None], ["x"], 100, "must be a JSON object."),
]

FLOWS = [
    Limit(MESSAGES["flow, full"], f"interactive.action.parameters.{path}", taken, refused, code, words)
    for path, taken, refused, code, words in (
        ("flow_message_version", ["3", 3], ["2", 3.0, 4, True], 100, "must be one of {3}"),
        ("flow_message_version", [], [ABSENT], 100, "is required."),
        ("flow_name", [], ["also"], 100, "needs exactly one of flow_id and flow_name."),
        ("flow_id", [], [ABSENT], 100, "needs exactly one of flow_id and flow_name."),
        ("flow_cta", ["x", "x" * 30], ["x" * 31], 131009, LENGTH.format("Flow CTA", 1, 30)),
        ("flow_cta", ["Größe 1"], ["Go 👍", "Go ❤️", "1️⃣"], 131009, "Flow CTA must not contain emoji."),
        ("mode", ["draft", "published"], ["live"], 100, "must be one of {DRAFT, PUBLISHED}"),
        ("flow_action", ["navigate"], ["open"], 100, "must be one of {DATA_EXCHANGE, NAVIGATE}"),
        ("flow_action", [], ["data_exchange"], 131009, "only allowed when flow_action is navigate"),
        ("flow_action_payload", [{"screen": "A"}, None], [{"data": {}}], 131009, "data must not be empty."),
        ("flow_action_payload", [], [{"page": "A"}], 100, 'Unexpected key "page"'),
        ("flow_token", ["t"], ["", 7], 100, "flow_token"),
    )
]


def media_cards(count: int, **more: Any) -> list[dict[str, Any]]:
    return [media_card(n % 10, **more) for n in range(count)]


VIDEO = {"type": "video", "video": {"id": "1"}}
CAROUSEL = carousel(media_card(0, body={"text": "One"}), media_card(1))
CAROUSELS = [
    Limit(CAROUSEL, f"interactive.action.cards{path}", taken, refused, code, words)
    for path, taken, refused, code, words in (
        (
            "",
            [media_cards(2), media_cards(10)],
            [media_cards(1), media_cards(11), []],
            131009,
            COUNT.format("cards", 2, 10),
        ),
        (".0.card_index", [0, 9, "0"], [-1, 10, 1.5, "x", True], 100, "must be an integer between 0 and 9."),
        (".0.card_index", [], [1], 131009, "Duplicate card index: 1"),
        (".0.type", [], ["reply"], 100, "must be one of {CTA_URL, PRODUCT}"),
        ("", [], [[media_card(0), product_card(1)]], 131009, "All cards must be of the same type."),
        (".0.header", [], [ABSENT], 100, "['header'] is required."),
        (
            ".0.header",
            [],
            [HEADERS["document"], {"type": "text", "text": "x"}],
            100,
            "must be one of {IMAGE, VIDEO}",
        ),
        (".0.header", [], [VIDEO], 131009, "All cards must have the same header type."),
        (".0.body.text", ["x" * 160, "a\nb\nc"], ["x" * 161], 131009, TOO_LONG.format("Card body text", 160)),
        (".0.body.text", [], ["a\n\nb\n"], 131009, "too many line breaks"),
        (
            ".0.action.parameters.display_text",
            ["x" * 20],
            ["x" * 21],
            131009,
            LENGTH.format("Button display text", 1, 20),
        ),
        (
            ".0.action",
            [],
            [quick_replies("a")],
            131009,
            "All cards must have the same type and number of buttons.",
        ),
        (".0.footer", [], [FOOTER], 100, 'Unexpected key "footer"'),
        (
            "",
            [[media_card(0, quick_replies("a", "b", "c")), media_card(1, quick_replies("d", "e", "f"))]],
            [[media_card(n, quick_replies("a", "b", "c", "d")) for n in (0, 1)]],
            131009,
            COUNT.format("buttons", 1, 3),
        ),
        (
            "",
            [[product_card(n) for n in range(10)]],
            [[product_card(0), product_card(1, "2")]],
            131009,
            "All cards must show products of the same catalog.",
        ),
        ("", [], [[product_card(0), {**product_card(1), "header": VIDEO}]], 100, 'Unexpected key "header"'),
    )
]

CALLS = [
    of(
        "voice_call",
        "action.parameters.ttl_minutes",
        [1, 43_200, "60"],
        [0, 43_201, 1.5, True, "soon"],
        100,
        "must be an integer between 1 and 43200.",
    ),
    of(
        "voice_call",
        "action.parameters.display_text",
        ["x" * 20],
        ["x" * 21],
        131009,
        LENGTH.format("Button display text", 1, 20),
    ),
    of("voice_call", "action.parameters.payload", ["x" * 512], ["x" * 513], 100, "at most 512 characters"),
]

LIMITS = [*BUTTONS, *LISTS, *LINKS, *ASKED, *COMMERCE, *FLOWS, *CAROUSELS, *CALLS]


@pytest.mark.parametrize("limit", LIMITS, ids=names(LIMITS))
def test_a_limit_holds_at_it_and_bites_beyond_it(shared: Identity, limit: Limit) -> None:
    check_limit(shared, limit)


def test_reply_buttons_are_never_mixed_with_links_outside_of_direct_send(shared: Identity) -> None:
    link = {"type": "cta_url", "cta_url": {"display_text": "Go", "url": LINK}}
    body = interactive("button", {"buttons": [link, REPLY]})
    check_limit(shared, Limit(body, "", [{"category": "utility"}], [{}], 100, "must be one of {REPLY}"))
