"""The envelope and the plain types: every limit at it, below it and beyond it."""

import pytest

from tests.sandbox.content.bodies import LINK, MESSAGES
from tests.sandbox.content.limits import ABSENT, Limit, check_limit, names
from trunkline.sandbox import Identity

TEXT = MESSAGES["text"]
USER_ID = "US.13491208655302741918"
REQUIRED = "The parameter {} is required."
LONG = "Param {} must be at most {} characters long."
STRING = "Param {} must be a string."
OBJECT = "Param {} must be a JSON object."

ENVELOPE = [
    Limit(TEXT, "", [], [{"messaging_product": None}], 100, "(#100) " + REQUIRED.format("messaging_product")),
    Limit(
        TEXT,
        "",
        [],
        [{"messaging_product": "sms"}, {"messaging_product": 1}, {"messaging_product": ["whatsapp"]}],
        100,
        "(#100) Param messaging_product must be one of {WHATSAPP} - got ",
    ),
    Limit(TEXT, "", [], [{"to": None}, {"to": ""}], 100, "(#100) " + REQUIRED.format("to")),
    Limit(TEXT, "", [], [{"to": True}, {"to": ["1"]}, {"to": 1.5}], 100, STRING.format("to")),
    Limit(
        TEXT,
        "",
        [{"to": "+1 (555) 000-1234"}, {"to": 15550001234}, {"to": "1" * 15}, {"to": "1" * 7}],
        [
            {"to": "1" * 6},
            {"to": "1" * 16},
            {"to": "0555000123"},
            {"to": "+1555CALLME"},
            {"to": "١٥٥٥٠٠٠١٢٣٤"},
        ],
        131009,
        "Recipient phone number is malformed",
    ),
    Limit(
        TEXT,
        "",
        [{"to": None, "recipient": USER_ID}, {"to": None, "recipient": "US.ENT.1"}, {"recipient": USER_ID}],
        [
            {"to": None, "recipient": "13491"},
            {"to": None, "recipient": "US." + "1" * 129},
            {"recipient": "x"},
        ],
        131009,
        "Recipient is not a valid business-scoped user id.",
    ),
    Limit(TEXT, "", [], [{"to": None, "recipient": 7}, {"recipient": [1]}], 100, STRING.format("recipient")),
    Limit(TEXT, "", [{"recipient_type": "individual"}], [{"recipient_type": "group"}], 131005, "groups"),
    Limit(
        TEXT,
        "",
        [],
        [{"recipient_type": "crowd"}],
        100,
        'Param recipient_type must be one of {GROUP, INDIVIDUAL} - got "crowd".',
    ),
    Limit(
        TEXT,
        "",
        [{"type": "TEXT"}],
        [{"type": "fax"}],
        100,
        "(#100) Param type must be one of {AUDIO, CONTACTS, DOCUMENT, GIF, IMAGE, INTERACTIVE, LINK_PREVIEW, "
        'LOCATION, PIN, REACTION, STICKER, TEMPLATE, TEXT, VIDEO} - got "fax".',
    ),
    Limit(
        TEXT,
        "",
        [],
        [{"type": "pin"}, {"type": "gif"}, {"type": "link_preview"}],
        131051,
        "Message type is currently not supported.",
    ),
    Limit(
        TEXT,
        "",
        [{"context": {"message_id": "wamid.x"}}, {"context": None}],
        [{"context": {}}],
        100,
        REQUIRED.format("context['message_id']"),
    ),
    Limit(TEXT, "", [], [{"context": "wamid.x"}], 100, OBJECT.format("context")),
    Limit(
        TEXT,
        "",
        [{"biz_opaque_callback_data": "x" * 511}, {"biz_opaque_callback_data": "x" * 512}],
        [{"biz_opaque_callback_data": "x" * 513}],
        100,
        LONG.format("biz_opaque_callback_data", 512),
    ),
    Limit(
        TEXT,
        "",
        [{"recipient_identity_key_hash": "DF2lS5v2W6x="}],
        [{"recipient_identity_key_hash": 7}],
        100,
        STRING.format("recipient_identity_key_hash"),
    ),
]

TEXTS = [
    Limit(
        TEXT,
        "text.body",
        ["x" * 4095, "x" * 4096, "😀" * 4096],
        ["x" * 4097],
        100,
        "(#100) Param text['body'] must be at most 4096 characters long.",
    ),
    Limit(TEXT, "text.body", [], ["", None, ABSENT], 100, "(#100) The parameter text['body'] is required."),
    Limit(TEXT, "text", [], [ABSENT, {}], 100, "(#100) The parameter text['body'] is required."),
    Limit(TEXT, "text.body", [], [7, ["x"]], 100, "(#100) Param text['body'] must be a string."),
    Limit(TEXT, "text", [], ["x", ["x"]], 100, OBJECT.format("text")),
    Limit(
        TEXT,
        "text.preview_url",
        [True, False, "true"],
        ["maybe", 7, {}],
        100,
        "Param text['preview_url'] must be a boolean.",
    ),
    Limit(TEXT, "text.colour", [], ["red"], 100, '(#100) Unexpected key "colour" on param "text".'),
]

MEDIA = [
    limit
    for kind in ("image", "video", "audio", "document", "sticker")
    for limit in (
        Limit(
            MESSAGES[kind],
            kind,
            [{"id": "1"}, {"link": LINK}, {"id": 81}, {"link": "HTTP://example.com/a b"}],
            [{}, {"id": "1", "link": LINK}, {"id": None}],
            100,
            f"{kind} needs exactly one of id and link.",
        ),
        Limit(
            MESSAGES[kind],
            kind,
            [],
            [{"link": "ftp://example.com"}, {"link": "example.com/a"}, {"link": "https://"}],
            131009,
            "is not a valid URL",
        ),
        Limit(MESSAGES[kind], kind, [], [ABSENT], 100, REQUIRED.format(kind)),
    )
]
MEDIA += [
    Limit(
        MESSAGES[kind],
        f"{kind}.caption",
        ["c" * 1023, "c" * 1024, ""],
        ["c" * 1025],
        100,
        LONG.format(f"{kind}['caption']", 1024),
    )
    for kind in ("image", "video", "document")
]
MEDIA += [
    Limit(
        MESSAGES[kind],
        f"{kind}.{member}",
        [],
        ["x"],
        100,
        f'(#100) Unexpected key "{member}" on param "{kind}".',
    )
    for kind, member in (
        ("audio", "caption"),
        ("sticker", "caption"),
        ("image", "filename"),
        ("video", "filename"),
        ("audio", "filename"),
        ("image", "voice"),
    )
]
MEDIA += [
    Limit(
        MESSAGES["audio"],
        "audio.voice",
        [True, False],
        ["loud"],
        100,
        "Param audio['voice'] must be a boolean.",
    ),
    Limit(
        MESSAGES["document"],
        "document.filename",
        ["f" * 240],
        ["f" * 241],
        100,
        LONG.format("document['filename']", 240),
    ),
]

LOCATION = MESSAGES["location"]
PLACES = [
    Limit(
        LOCATION,
        f"location.{key}",
        [most, -most, str(most), 0, "1.5"],
        [most + 0.001, -most - 0.001, str(most + 1), "nan", "inf", 1e308],
        131009,
        f"{key.capitalize()} must be between -{most} and {most}.",
    )
    for key, most in (("latitude", 90), ("longitude", 180))
]
PLACES += [
    Limit(
        LOCATION,
        "location.latitude",
        [],
        [ABSENT, None],
        100,
        "(#100) " + REQUIRED.format("location['latitude']"),
    ),
    Limit(
        LOCATION,
        "location.longitude",
        [],
        ["east", "", [], {}, True],
        100,
        "Param location['longitude'] must be a number.",
    ),
    Limit(LOCATION, "location.name", ["n" * 1000], ["n" * 1001], 100, LONG.format("location['name']", 1000)),
    Limit(
        LOCATION,
        "location.address",
        ["a" * 1000],
        ["a" * 1001],
        100,
        LONG.format("location['address']", 1000),
    ),
]

REACTION = MESSAGES["reaction"]
REACTIONS = [
    Limit(
        REACTION,
        "reaction.emoji",
        ["", "👍", "👍🏽", "❤️", "❤", "🇮🇳", "1️⃣", "👨‍👩‍👧‍👦", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "☺️", "🫶", "🧑🏽‍💻", "🏳️‍🌈"],
        ["x", "👍👍", "👍 ", "ok", " ", "🇮🇳🇮🇳", "1", "\u0000"],
        131009,
        "Reaction must be exactly one emoji",
    ),
    Limit(REACTION, "reaction.emoji", [], [ABSENT, None], 100, REQUIRED.format("reaction['emoji']")),
    Limit(REACTION, "reaction.message_id", [], [ABSENT, ""], 100, REQUIRED.format("reaction['message_id']")),
]

CONTACTS = MESSAGES["contacts, full"]
ONE = CONTACTS["contacts"][0]
CARDS = [
    Limit(
        CONTACTS, "contacts", [[ONE] * 256, [ONE] * 257], [[ONE] * 258], 100, "must have at most 257 elements"
    ),
    Limit(CONTACTS, "contacts", [], [[]], 100, "must have at least 1 elements"),
    Limit(CONTACTS, "contacts", [], [ONE, "Ann"], 100, "Param contacts must be an array."),
    Limit(CONTACTS, "contacts", [], [[7]], 100, "Param contacts[0] must be a JSON object."),
    Limit(CONTACTS, "contacts.0.name", [], [ABSENT, None], 100, REQUIRED.format("contacts[0]['name']")),
    Limit(
        CONTACTS,
        "contacts.1.name.formatted_name",
        [],
        [ABSENT, ""],
        100,
        REQUIRED.format("contacts[1]['name']['formatted_name']"),
    ),
    Limit(
        CONTACTS,
        "contacts.0.name",
        [
            {"formatted_name": "A", part: "A"}
            for part in ("first_name", "last_name", "middle_name", "prefix", "suffix")
        ],
        [{"formatted_name": "A"}, {"formatted_name": "A", "first_name": ""}],
        131009,
        "needs one more part beside formatted_name",
    ),
    Limit(
        CONTACTS,
        "contacts.0.birthday",
        ["1990-01-31", "2000-02-29", ""],
        ["31.1.1990", "1990-02-30", "19900131", "1990-1-31", "1990-W01-1"],
        131009,
        "must be formatted as YYYY-MM-DD",
    ),
    Limit(
        CONTACTS,
        "contacts.0.phones.0.number",
        [],
        ["1"],
        100,
        'Unexpected key "number" on param "contacts[0][\'phones\'][0]".',
    ),
    Limit(CONTACTS, "contacts.0.org.company", [], [7], 100, STRING.format("contacts[0]['org']['company']")),
]

LIMITS = [*ENVELOPE, *TEXTS, *MEDIA, *PLACES, *REACTIONS, *CARDS]


@pytest.mark.parametrize("limit", LIMITS, ids=names(LIMITS))
def test_a_limit_holds_at_it_and_bites_beyond_it(shared: Identity, limit: Limit) -> None:
    check_limit(shared, limit)
