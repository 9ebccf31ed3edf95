"""What is refused, and where, beside the limits; and what is taken although it looks odd."""

import msgspec
import pytest

from tests.channels.whatsapp_cloud.messages import (
    NOW,
    a_list,
    body_text,
    buttons,
    check,
    contact,
    message,
    products,
    refused,
    rows,
    template,
    text,
    url_button,
    warned,
)

LINK = "https://example.com/a"
REPLY = {"type": "reply", "reply": {"id": "1", "title": "One"}}
QUICK = {"type": "button", "sub_type": "quick_reply", "index": 0}
ACTION = "/interactive/action"
BUTTON = "/template/components/0"
PRODUCT = {"catalog_id": "1", "product_retailer_id": "sku"}

REFUSED = {
    "no object at all": ([], ["  type"]),
    "an empty object": ({}, ["/type required", "/to required"]),
    "type missing": ({"to": "15550001234", "text": {"body": "Hi"}}, ["/type required"]),
    "type unknown": ({"to": "15550001234", "type": "fax"}, ["/type one_of"]),
    "type in capitals": (text() | {"type": "TEXT"}, ["/type one_of"]),
    "type not text": (text() | {"type": 5}, ["/type type"]),
    "content missing": ({"to": "15550001234", "type": "text"}, ["/text required"]),
    "content of another type": (
        {"to": "15550001234", "type": "text", "image": {"link": LINK}},
        ["/image misplaced_member", "/text required"],
    ),
    "two contents": (text(image={"id": "81"}), ["/image misplaced_member"]),
    "content null": (text() | {"text": None}, ["/text required"]),
    "no recipient": ({"type": "text", "text": {"body": "Hi"}}, ["/to required"]),
    "recipient null": (text() | {"to": None}, ["/to required"]),
    "recipient a number": (text() | {"to": 15550001234}, ["/to type"]),
    "phone too short": (text() | {"to": "1555"}, ["/to phone_too_short"]),
    "sender with letters": (text(**{"from": "1555CALLNOW"}), ["/from phone_characters"]),
    "user id in lower case": (text(recipient="us.123"), ["/recipient format"]),
    "unknown member": (text(prio=1), ["/prio unknown_member"]),
    "unknown member with odd name": (text(**{"a/b~c": 1}), ["/a~1b~0c unknown_member"]),
    "product other than whatsapp": (text(messaging_product="sms"), ["/messaging_product one_of"]),
    "to a group": (text(recipient_type="group"), ["/recipient_type one_of"]),
    "context without id": (text(context={}), ["/context/message_id required"]),
    "context with spaces": (text(context={"message_id": "a b"}), ["/context/message_id format"]),
    "send_at passed": (text(send_at=NOW // 1000), ["/send_at in_the_past"]),
    "send_at without offset": (text(send_at="2026-12-24T18:00:00"), ["/send_at format"]),
    "send_at no day": (text(send_at="2026-02-30T18:00:00Z"), ["/send_at format"]),
    "send_at with another script's digits": (
        text(send_at="\N{FULLWIDTH DIGIT TWO}026-12-24T18:00:00Z"),
        ["/send_at format"],
    ),
    "send_at in milliseconds": (text(send_at=NOW + 60_000), ["/send_at too_far_ahead"]),
    "send_at a fraction": (text(send_at=1795366900.5), ["/send_at type"]),
    "send_at true": (text(send_at=True), ["/send_at type"]),
    "preview in quotes": (message("text", {"body": "x", "preview_url": "true"}), ["/text/preview_url type"]),
    "neither id nor link": (message("image", {"caption": "x"}), ["/image exactly_one"]),
    "a piece of an id of ours": (message("image", {"id": "med_01k0"}), ["/image/id media_id"]),
    "id and link": (message("sticker", {"id": "81", "link": LINK}), ["/sticker exactly_one"]),
    "audio with caption": (
        message("audio", {"id": "81", "caption": "x"}),
        ["/audio/caption misplaced_member"],
    ),
    "sticker with caption": (
        message("sticker", {"id": "81", "caption": "x"}),
        ["/sticker/caption misplaced_member"],
    ),
    "image with file name": (
        message("image", {"id": "81", "filename": "x"}),
        ["/image/filename misplaced_member"],
    ),
    "id a number": (message("image", {"id": 81}), ["/image/id type"]),
    "latitude missing": (message("location", {"longitude": 0}), ["/location/latitude required"]),
    "latitude no number": (
        message("location", {"latitude": "north", "longitude": 0}),
        ["/location/latitude type"],
    ),
    "latitude in digits of another script": (
        message("location", {"latitude": "\N{ARABIC-INDIC DIGIT FIVE}", "longitude": 0}),
        ["/location/latitude type"],
    ),
    "latitude out of range as text": (
        message("location", {"latitude": "90.1", "longitude": 0}),
        ["/location/latitude out_of_range"],
    ),
    "latitude true": (message("location", {"latitude": True, "longitude": 0}), ["/location/latitude type"]),
    "contact without name": (message("contacts", [{}]), ["/contacts/0/name required"]),
    "contact with one name": (
        message("contacts", [{"name": {"formatted_name": "Ada"}}]),
        ["/contacts/0/name at_least_one"],
    ),
    "contact without full name": (
        message("contacts", [{"name": {"first_name": "Ada"}}]),
        ["/contacts/0/name/formatted_name required"],
    ),
    "birthday in another order": (contact(birthday="10.12.1990"), ["/contacts/0/birthday format"]),
    "birthday that never was": (contact(birthday="1990-02-30"), ["/contacts/0/birthday format"]),
    "phones no array": (contact(phones={"phone": "1"}), ["/contacts/0/phones type"]),
    "interactive kind unknown": (message("interactive", {"type": "poll"}), ["/interactive/type one_of"]),
    "buttons without body": (
        message("interactive", {"type": "button", "action": {"buttons": [REPLY]}}),
        ["/interactive/body required"],
    ),
    "button of another type": (
        buttons({"type": "url", "reply": REPLY["reply"]}),
        [f"{ACTION}/buttons/0/type one_of"],
    ),
    "button titles twice": (
        buttons(REPLY, {"type": "reply", "reply": {"id": "2", "title": "One"}}),
        [f"{ACTION}/buttons/1/reply/title duplicate"],
    ),
    "button titles twice, flat": (
        buttons(REPLY, {"type": "reply", "id": "2", "title": "One"}),
        [f"{ACTION}/buttons/1/title duplicate"],
    ),
    "button ids twice": (
        buttons(REPLY, {"type": "reply", "reply": {"id": "1", "title": "Two"}}),
        [f"{ACTION}/buttons/1/reply/id duplicate"],
    ),
    "button id with leading space": (
        buttons({"reply": {"id": " a", "title": "One"}}),
        [f"{ACTION}/buttons/0/reply/id format"],
    ),
    "button id with trailing space": (
        buttons({"id": "a ", "title": "One"}),
        [f"{ACTION}/buttons/0/id format"],
    ),
    "button flat and nested at once": (
        buttons({**REPLY, "title": "One"}),
        [f"{ACTION}/buttons/0/title misplaced_member"],
    ),
    "button no object": (buttons("Yes"), [f"{ACTION}/buttons/0 type"]),
    "buttons with a list's button": (
        message(
            "interactive",
            {"type": "button", "body": {"text": "x"}, "action": {"button": "Open", "buttons": [REPLY]}},
        ),
        [f"{ACTION}/button misplaced_member"],
    ),
    "header without type": (buttons(header={"text": "x"}), ["/interactive/header/type required"]),
    "header of another kind": (
        buttons(header={"type": "image", "text": "x"}),
        ["/interactive/header/text misplaced_member", "/interactive/header/image required"],
    ),
    "header audio": (buttons(header={"type": "audio"}), ["/interactive/header/type one_of"]),
    "header image with id and link": (
        buttons(header={"type": "image", "image": {"id": "81", "link": LINK}}),
        ["/interactive/header/image exactly_one"],
    ),
    "list with media header": (
        a_list(header={"type": "image", "image": {"id": "81"}}),
        [
            "/interactive/header/type one_of",
            "/interactive/header/image misplaced_member",
            "/interactive/header/text required",
        ],
    ),
    "list with two sections and one title": (
        a_list({"title": "A", "rows": rows(1)}, {"rows": rows(1, 1)}),
        [f"{ACTION}/sections/1/title required"],
    ),
    "list with an empty second title": (
        a_list({"title": "A", "rows": rows(1)}, {"title": "", "rows": rows(1, 1)}),
        [f"{ACTION}/sections/1/title required"],
    ),
    "products with two sections and one title": (
        products(
            {"product_items": [{"product_retailer_id": "1"}]},
            {"title": "B", "product_items": [{"product_retailer_id": "1"}]},
        ),
        [f"{ACTION}/sections/0/title required"],
    ),
    "row ids twice in two sections": (
        a_list({"title": "A", "rows": rows(1)}, {"title": "B", "rows": rows(1)}),
        [f"{ACTION}/sections/1/rows/0/id duplicate"],
    ),
    "list with products": (
        a_list({"rows": rows(1), "product_items": [{"product_retailer_id": "1"}]}),
        [f"{ACTION}/sections/0/product_items unknown_member"],
    ),
    "product with header": (
        message(
            "interactive", {"type": "product", "action": PRODUCT, "header": {"type": "text", "text": "x"}}
        ),
        ["/interactive/header misplaced_member"],
    ),
    "product without product": (
        message("interactive", {"type": "product", "action": {"catalog_id": "1"}}),
        [f"{ACTION}/product_retailer_id required"],
    ),
    "products without header": (products(header=None), ["/interactive/header required"]),
    "products without body": (products(body=None), ["/interactive/body required"]),
    "products with media header": (
        products(header={"type": "video", "video": {"id": "81"}}),
        [
            "/interactive/header/type one_of",
            "/interactive/header/video misplaced_member",
            "/interactive/header/text required",
        ],
    ),
    "template without language": (
        message("template", {"name": "x"}),
        ["/template/language required"],
    ),
    "template without code": (template(language={}), ["/template/language/code required"]),
    "template in no other language": (
        template(language={"code": "en", "fallback": []}),
        ["/template/language/fallback too_few"],
    ),
    "template in eleven other languages": (
        template(language={"code": "en", "fallback": ["de"] * 11}),
        ["/template/language/fallback too_many"],
    ),
    "template in another language with hyphen": (
        template(language={"code": "en", "fallback": ["de", "en-US"]}),
        ["/template/language/fallback/1 format"],
    ),
    "template language with hyphen": (
        template(language={"code": "en-US"}),
        ["/template/language/code format"],
    ),
    "template policy unknown": (
        template(language={"code": "en", "policy": "fallback"}),
        ["/template/language/policy one_of"],
    ),
    "component without type": (template({"parameters": []}), [f"{BUTTON}/type required"]),
    "component of unknown type": (template({"type": "footer"}), [f"{BUTTON}/type one_of"]),
    "body with sub_type": (
        template({"type": "body", "sub_type": "url"}),
        [f"{BUTTON}/sub_type misplaced_member"],
    ),
    "body with image": (
        template({"type": "body", "parameters": [{"type": "image", "image": {"id": "81"}}]}),
        [f"{BUTTON}/parameters/0/type one_of", f"{BUTTON}/parameters/0/image unknown_member"],
    ),
    "text parameter null": (
        template({"type": "body", "parameters": [{"type": "text", "text": None}]}),
        [f"{BUTTON}/parameters/0/text required"],
    ),
    "text parameter empty": (template(body_text("")), [f"{BUTTON}/parameters/0/text empty"]),
    "currency without its parts": (
        template({"type": "body", "parameters": [{"type": "currency", "currency": {}}]}),
        [
            f"{BUTTON}/parameters/0/currency/{name} required"
            for name in ("fallback_value", "code", "amount_1000")
        ],
    ),
    "currency amount as text": (
        template(
            {
                "type": "body",
                "parameters": [
                    {
                        "type": "currency",
                        "currency": {"fallback_value": "x", "code": "usd", "amount_1000": "1"},
                    }
                ],
            }
        ),
        [f"{BUTTON}/parameters/0/currency/code format", f"{BUTTON}/parameters/0/currency/amount_1000 type"],
    ),
    "date without fallback": (
        template({"type": "body", "parameters": [{"type": "date_time", "date_time": {}}]}),
        [f"{BUTTON}/parameters/0/date_time/fallback_value required"],
    ),
    "button without its parts": (
        template({"type": "button"}),
        [f"{BUTTON}/{name} required" for name in ("sub_type", "index", "parameters")],
    ),
    "button of unknown kind": (
        template({**QUICK, "sub_type": "call", "parameters": [{"type": "payload", "payload": "x"}]}),
        [f"{BUTTON}/sub_type one_of"],
    ),
    "quick reply with text": (
        template({**QUICK, "parameters": [{"type": "text", "text": "x"}]}),
        [
            f"{BUTTON}/parameters/0/type one_of",
            f"{BUTTON}/parameters/0/text misplaced_member",
            f"{BUTTON}/parameters/0/payload required",
        ],
    ),
    "url button without text": (
        template(url_button(type="text", text=None)),
        [f"{BUTTON}/parameters/0/text required"],
    ),
    "url button with both": (
        template(url_button(type="text", text="a", payload="b")),
        [f"{BUTTON}/parameters/0 exactly_one"],
    ),
    "button index of another script": (
        template(url_button("\N{ARABIC-INDIC DIGIT TWO}")),
        [f"{BUTTON}/index type"],
    ),
    "reaction with a word": (
        message("reaction", {"message_id": "wamid.x", "emoji": "ok"}),
        ["/reaction/emoji emoji"],
    ),
    "reaction without emoji": (message("reaction", {"message_id": "wamid.x"}), ["/reaction/emoji required"]),
    "read mark of another status": ({"status": "seen", "message_id": "wamid.x"}, ["/status one_of"]),
    "read mark without message": ({"status": "read"}, ["/message_id required"]),
    "read mark with recipient": (
        {"status": "read", "message_id": "wamid.x", "to": "15550001234"},
        ["/to misplaced_member"],
    ),
    "message with status": (text(status="read"), ["/status misplaced_member"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_broken_rule_is_named_at_its_place(name: str) -> None:
    body, expected = REFUSED[name]
    assert [f"{pointer} {rule}" for pointer, rule in refused(body)] == [
        line.replace("  ", " ") for line in expected
    ]


@pytest.mark.parametrize(
    "link",
    [
        "http://example.com/a.jpg",
        "ftp://example.com/a.jpg",
        "example.com/a.jpg",
        "//example.com/a.jpg",
        "https://",
        "https:///a.jpg",
        "https://example.com/a b.jpg",
        "https://exa\nmple.com/a.jpg",
        "https://example.com\\a.jpg",
        "https://[::1/a.jpg",
        "https://example.com:port/a.jpg",
        "http://localhost/a.jpg",
        "javascript:alert(1)",
    ],
)
def test_a_link_that_is_no_https_link_is_refused(link: str) -> None:
    assert refused(message("image", {"link": link})) == [("/image/link", "link")]


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8080", "127.0.0.1", "127.8.9.1:1", "[::1]:99", "x.localhost"]
)
def test_http_goes_to_this_machine_where_the_operator_allows_it(host: str) -> None:
    assert refused(message("image", {"link": f"http://{host}/a.jpg"}), http_links=True) == []


@pytest.mark.parametrize(
    "host", ["example.com", "10.0.0.1", "localhost.example.com", "127.0.0.1.example.com"]
)
def test_http_to_elsewhere_is_refused_even_where_this_machine_is_allowed(host: str) -> None:
    body = message("image", {"link": f"http://{host}/a.jpg"})
    assert refused(body, http_links=True) == [("/image/link", "link")]


def test_all_problems_are_told_at_once() -> None:
    body = {
        "to": "1555",
        "type": "interactive",
        "prio": 1,
        "interactive": {
            "type": "button",
            "header": {"type": "text", "text": "x" * 61},
            "footer": {},
            "action": {"buttons": [REPLY, REPLY, {"reply": {"id": 5}}, REPLY]},
        },
    }
    assert refused(body) == [
        ("/to", "phone_too_short"),
        ("/prio", "unknown_member"),
        ("/interactive/header/text", "too_long"),
        ("/interactive/footer/text", "required"),
        (f"{ACTION}/buttons", "too_many"),
        (f"{ACTION}/buttons/2/reply/id", "type"),
        (f"{ACTION}/buttons/2/reply/title", "required"),
        (f"{ACTION}/buttons/1/reply/title", "duplicate"),
        (f"{ACTION}/buttons/1/reply/id", "duplicate"),
        ("/interactive/body", "required"),
    ]


def test_a_missing_type_is_guessed_from_what_is_there() -> None:
    [problem] = check({"to": "15550001234", "image": {"link": LINK}}).problems
    assert problem.expected == '"type": "image"'


def test_an_unknown_type_is_told_the_types_there_are() -> None:
    [problem] = check({"to": "15550001234", "type": "imgae", "image": {"link": LINK}}).problems
    assert "Did you mean `image`?" in problem.detail
    assert problem.expected is not None and "sticker" in problem.expected and "reaction" in problem.expected


@pytest.mark.parametrize(
    ("wrong", "right"), [("previewUrl", "preview_url"), ("Body", "body"), ("preveiw_url", "preview_url")]
)
def test_an_unknown_member_is_told_the_nearest_name(wrong: str, right: str) -> None:
    problems = check(message("text", {"body": "Hi", wrong: True})).problems
    assert [f"Did you mean `{right}`?" in problem.detail for problem in problems] == [True]


def test_ten_thousand_problems_do_not_make_a_huge_answer() -> None:
    problems = check(text(**{f"member{n}": n for n in range(10_000)})).problems
    assert len(problems) == 101
    assert problems[-1].rule == "more"


def test_formatting_hints_and_standard_values_are_never_refusals() -> None:
    odd = contact(phones=[{"phone": "ask", "type": "SHIP"}], emails=[{"email": "no", "type": "OLD"}])
    assert refused(odd) == []
    assert refused(buttons({"id": "1", "title": "*One*"}, header={"type": "text", "text": "_x_"})) == []


@pytest.mark.parametrize("types", ["HOME", ["HOME"], ["HOME", "WORK"], [], {"a": 1}, 5, "", None])
def test_the_types_of_an_address_are_tolerated_in_every_form(types: object) -> None:
    draft = check(contact(addresses=[{"city": "London", "types": types}])).draft
    assert draft is not None
    [address] = draft.content["contacts"][0]["addresses"]
    assert address in ({"city": "London"}, {"city": "London", "type": "HOME"})
    assert ("type" in address) == ("HOME" in (types if isinstance(types, str | list) else ()))


def test_a_problem_says_what_was_found_and_what_would_be_right() -> None:
    body = buttons([REPLY] * 4) | {"image": {"id": "81"}}
    for problem in check(body).problems:
        assert problem.found and problem.expected, problem


def test_a_send_time_is_kept_in_milliseconds_in_either_form() -> None:
    as_text = check(text(send_at="2026-11-22T18:00:01.5+01:00")).draft
    as_number = check(text(send_at=NOW // 1000 + 1)).draft
    assert as_text is not None and as_text.send_at == NOW + 1500
    assert as_number is not None and as_number.send_at == NOW + 1000


def test_a_draft_says_who_to_whom_and_in_reply_to_what() -> None:
    draft = check(
        text(
            **{
                "from": "+1 555 000 9999",
                "context": {"message_id": "wamid.x"},
                "biz_opaque_callback_data": "81",
            }
        )
    ).draft
    assert draft is not None
    assert (draft.sender, draft.recipient, draft.recipient_kind) == ("15550009999", "15550001234", "phone")
    assert (draft.type, draft.content) == ("text", {"text": {"body": "Hi"}})
    assert (draft.context_id, draft.callback_data, draft.send_at) == ("wamid.x", "81", None)


def test_a_reaction_keeps_its_message_where_all_keep_it() -> None:
    draft = check(message("reaction", {"message_id": "wamid.x", "emoji": "\N{THUMBS UP SIGN}"})).draft
    assert draft is not None
    assert (draft.context_id, draft.content) == ("wamid.x", {"reaction": {"emoji": "\N{THUMBS UP SIGN}"}})


def test_a_read_mark_is_addressed_to_a_message() -> None:
    draft = check({"status": "read", "message_id": "wamid.x", "from": "15550009999"}).draft
    assert draft is not None
    assert (draft.type, draft.recipient_kind, draft.recipient) == ("read", "none", "wamid.x")
    assert (draft.sender, draft.context_id) == ("15550009999", "wamid.x")


def test_a_number_outside_the_known_ranges_is_doubted_and_not_refused() -> None:
    assert [warning.rule for warning in check(text()).warnings] == ["phone_doubtful"]
    assert warned(text()) == []


def test_the_caller_keeps_the_body_as_it_was() -> None:
    for body in (buttons({"id": "1", "title": "One"}), template(url_button(type="payload", payload="x"))):
        before = msgspec.json.encode(body)
        assert check(body).problems == ()
        assert msgspec.json.encode(body) == before
