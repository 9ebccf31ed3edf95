"""Every limit: below it and at it a request is accepted, beyond it refused at the very place.

Lengths are counted in code points, so the filler is a character that takes four bytes and two UTF-16 units.
"""

from typing import Any

import pytest

from tests.channels.whatsapp_cloud.limits import Limit, accepted_sizes, chars, refused_sizes
from tests.channels.whatsapp_cloud.messages import (
    NOW,
    a_list,
    body_text,
    buttons,
    check,
    contact,
    items,
    message,
    products,
    refused,
    rows,
    template,
    text,
    url_button,
)


def media(type_: str, count: int) -> dict[str, Any]:
    return message(type_, {"id": "81", "caption": chars(count)})


def row(**members: Any) -> dict[str, Any]:
    return a_list({"rows": [{"id": "1", "title": "One", **members}]})


def button(**reply: Any) -> dict[str, Any]:
    return buttons({"type": "reply", "reply": {"id": "1", "title": "One", **reply}})


def flat_button(**members: Any) -> dict[str, Any]:
    return buttons({"type": "reply", "id": "1", "title": "One", **members})


def some_buttons(count: int) -> dict[str, Any]:
    every = [{"type": "reply", "reply": {"id": f"{n}", "title": f"Title {n}"}} for n in range(count)]
    rest = {"type": "button", "body": {"text": "Well?"}, "action": {"buttons": every}}
    return message("interactive", rest)


def header(kind: str, count: int) -> dict[str, Any]:
    head = {"type": "text", "text": chars(count)}
    return {"button": buttons, "list": a_list, "product_list": products}[kind](header=head)


def text_of(part: str, kind: str, count: int) -> dict[str, Any]:
    given = {part: {"text": chars(count)}}
    if kind == "product":
        action = {"catalog_id": "1", "product_retailer_id": "sku"}
        return message("interactive", {"type": "product", "action": action, **given})
    return {"button": buttons, "list": a_list, "product_list": products}[kind](**given)


def sections(count: int) -> dict[str, Any]:
    every = [{"title": f"Section {n}", "rows": rows(1, n)} for n in range(count)]
    action = {"button": "Open", "sections": every}
    return message("interactive", {"type": "list", "body": {"text": "Well?"}, "action": action})


def product_sections(count: int) -> dict[str, Any]:
    every = [{"title": f"Section {n}", "product_items": items(1)} for n in range(count)]
    request = products()
    request["interactive"]["action"]["sections"] = every
    return request


def rows_in_two_sections(count: int) -> dict[str, Any]:
    return a_list({"title": "A", "rows": rows(4)}, {"title": "B", "rows": rows(count - 4, 4)})


def items_in_two_sections(count: int) -> dict[str, Any]:
    return products(
        {"title": "A", "product_items": items(20)}, {"title": "B", "product_items": items(count - 20)}
    )


def location(member: str, degrees: int) -> dict[str, Any]:
    return message("location", {"latitude": 0, "longitude": 0, member: degrees})


def header_parameter(count: int) -> dict[str, Any]:
    return template({"type": "header", "parameters": [{"type": "text", "text": chars(count)}]})


def contacts(count: int) -> dict[str, Any]:
    request = contact()
    request["contacts"] *= count
    return request


def products_button(**action: Any) -> dict[str, Any]:
    given = {"sections": [{"product_items": items(1)}], **action}
    parameter = {"type": "action", "action": given}
    return template({"type": "button", "sub_type": "mpm", "index": 0, "parameters": [parameter]})


def carousel(*cards: dict[str, Any]) -> dict[str, Any]:
    return template({"type": "carousel", "cards": list(cards)})


ACTION = "/interactive/action"
MPM = "/template/components/0/parameters/0/action/sections"
CARDS = "/template/components/0/cards"
PARAMETER = "/template/components/0/parameters/0"
LIMITS = [
    Limit("text", 1, 4096, "/text/body", lambda n: text(chars(n))),
    Limit("image caption", None, 1024, "/image/caption", lambda n: media("image", n)),
    Limit("video caption", None, 1024, "/video/caption", lambda n: media("video", n)),
    Limit("document caption", None, 1024, "/document/caption", lambda n: media("document", n)),
    Limit("media id", 1, 512, "/image/id", lambda n: message("image", {"id": "1" * n})),
    Limit("latitude", -90, 90, "/location/latitude", lambda n: location("latitude", n)),
    Limit("longitude", -180, 180, "/location/longitude", lambda n: location("longitude", n)),
    Limit("button body", 1, 1024, "/interactive/body/text", lambda n: text_of("body", "button", n)),
    Limit("list body", 1, 4096, "/interactive/body/text", lambda n: text_of("body", "list", n)),
    Limit("product body", 1, 1024, "/interactive/body/text", lambda n: text_of("body", "product", n)),
    Limit("products body", 1, 1024, "/interactive/body/text", lambda n: text_of("body", "product_list", n)),
    Limit("button footer", 1, 60, "/interactive/footer/text", lambda n: text_of("footer", "button", n)),
    Limit("list footer", 1, 60, "/interactive/footer/text", lambda n: text_of("footer", "list", n)),
    Limit("product footer", 1, 60, "/interactive/footer/text", lambda n: text_of("footer", "product", n)),
    Limit(
        "products footer", 1, 60, "/interactive/footer/text", lambda n: text_of("footer", "product_list", n)
    ),
    Limit("button header", 1, 60, "/interactive/header/text", lambda n: header("button", n)),
    Limit("list header", 1, 60, "/interactive/header/text", lambda n: header("list", n)),
    Limit("products header", 1, 60, "/interactive/header/text", lambda n: header("product_list", n)),
    Limit("list button", 1, 20, f"{ACTION}/button", lambda n: a_list(button=chars(n))),
    Limit("number of buttons", 1, 3, f"{ACTION}/buttons", some_buttons),
    Limit("button title", 1, 20, f"{ACTION}/buttons/0/reply/title", lambda n: button(title=chars(n))),
    Limit("button id", 1, 256, f"{ACTION}/buttons/0/reply/id", lambda n: button(id=chars(n))),
    Limit("flat title", 1, 20, f"{ACTION}/buttons/0/title", lambda n: flat_button(title=chars(n))),
    Limit("flat id", 1, 256, f"{ACTION}/buttons/0/id", lambda n: flat_button(id=chars(n))),
    Limit("list sections", 1, 10, f"{ACTION}/sections", sections),
    Limit("product sections", 1, 10, f"{ACTION}/sections", product_sections),
    Limit(
        "list section title",
        None,
        24,
        f"{ACTION}/sections/0/title",
        lambda n: a_list({"title": chars(n), "rows": rows(1)}),
    ),
    Limit(
        "product section title",
        None,
        24,
        f"{ACTION}/sections/0/title",
        lambda n: products({"title": chars(n), "product_items": items(1)}),
    ),
    Limit("rows of one section", 1, 10, f"{ACTION}/sections/0/rows", lambda n: a_list({"rows": rows(n)})),
    Limit("rows of two sections", None, 10, f"{ACTION}/sections", rows_in_two_sections),
    Limit("row id", 1, 200, f"{ACTION}/sections/0/rows/0/id", lambda n: row(id=chars(n))),
    Limit("row title", 1, 24, f"{ACTION}/sections/0/rows/0/title", lambda n: row(title=chars(n))),
    Limit(
        "row description",
        None,
        72,
        f"{ACTION}/sections/0/rows/0/description",
        lambda n: row(description=chars(n)),
    ),
    Limit(
        "products of one section",
        1,
        30,
        f"{ACTION}/sections/0/product_items",
        lambda n: products({"product_items": items(n)}),
    ),
    Limit("products of two sections", None, 30, f"{ACTION}/sections", items_in_two_sections),
    Limit("template header text", 1, 60, f"{PARAMETER}/text", header_parameter),
    Limit("template body alone", 1, 32768, f"{PARAMETER}/text", lambda n: template(body_text(chars(n)))),
    Limit(
        "template body beside a button",
        1,
        1024,
        f"{PARAMETER}/text",
        lambda n: template(body_text(chars(n)), url_button()),
    ),
    Limit("button index", 0, 9, "/template/components/0/index", lambda n: template(url_button(n))),
    Limit(
        "button index as text", 0, 9, "/template/components/0/index", lambda n: template(url_button(str(n)))
    ),
    Limit(
        "parameters of a button",
        1,
        None,
        "/template/components/0/parameters",
        lambda n: template(url_button() | {"parameters": [{"type": "text", "text": "x"}] * n}),
    ),
    Limit(
        "coupon code",
        1,
        20,
        f"{PARAMETER}/coupon_code",
        lambda n: template(
            {
                "type": "button",
                "sub_type": "copy_code",
                "index": 0,
                "parameters": [{"type": "coupon_code", "coupon_code": "X" * n}],
            }
        ),
    ),
    Limit(
        "country code",
        2,
        2,
        "/contacts/0/addresses/0/country_code",
        lambda n: contact(addresses=[{"country_code": "U" * n}]),
    ),
    Limit("template name", 1, 512, "/template/name", lambda n: template(name="x" * n)),
    Limit("components", None, 20, "/template/components", lambda n: template(*[body_text("x")] * n)),
    Limit(
        "sections behind a button",
        1,
        10,
        MPM,
        lambda n: products_button(sections=[{"product_items": items(1)}] * n),
    ),
    Limit(
        "products behind a button",
        1,
        30,
        f"{MPM}/0/product_items",
        lambda n: products_button(sections=[{"product_items": items(n)}]),
    ),
    Limit(
        "title behind a button",
        1,
        24,
        f"{MPM}/0/title",
        lambda n: products_button(sections=[{"title": chars(n), "product_items": items(1)}]),
    ),
    Limit("cards", 1, 10, CARDS, lambda n: carousel(*[{"card_index": 0, "components": []}] * n)),
    Limit("card", 0, 9, f"{CARDS}/0/card_index", lambda n: carousel({"card_index": n, "components": []})),
    Limit(
        "components of a card",
        None,
        12,
        f"{CARDS}/0/components",
        lambda n: carousel({"card_index": 0, "components": [body_text("x")] * n}),
    ),
    Limit("message id", 1, 512, "/context/message_id", lambda n: text(context={"message_id": "x" * n})),
    Limit(
        "emoji",
        None,
        32,
        "/reaction/emoji",
        lambda n: message("reaction", {"message_id": "x", "emoji": chars(n)}),
    ),
    Limit(
        "link", None, 8192, "/image/link", lambda n: message("image", {"link": "https://a/" + "x" * (n - 10)})
    ),
    Limit("contacts", 1, 257, "/contacts", contacts),
    Limit(
        "callback data",
        None,
        512,
        "/biz_opaque_callback_data",
        lambda n: text(biz_opaque_callback_data=chars(n)),
    ),
    Limit("user id", 1, 128, "/recipient", lambda n: user_id("US." + "a" * n)),
    Limit("parent user id", 1, 128, "/recipient", lambda n: user_id("US.ENT." + "1" * n)),
    Limit("send_at in seconds", 1, 366 * 86400, "/send_at", lambda n: text(send_at=NOW // 1000 + n)),
]


def user_id(given: str) -> dict[str, Any]:
    return {"recipient": given, "type": "text", "text": {"body": "Hi"}}


@pytest.mark.parametrize(("limit", "size"), accepted_sizes(LIMITS))
def test_at_and_within_a_limit_it_is_accepted(limit: Limit, size: int) -> None:
    assert check(limit.request(size)).problems == ()


@pytest.mark.parametrize(("limit", "size"), refused_sizes(LIMITS))
def test_beyond_a_limit_it_is_refused_there_and_only_there(limit: Limit, size: int) -> None:
    assert [pointer for pointer, _ in refused(limit.request(size))] == [limit.pointer]


def test_a_problem_with_a_length_says_what_was_found_and_what_is_allowed() -> None:
    [problem] = check(text("x" * 4097)).problems
    assert problem.rule == "too_long"
    assert "4097" in problem.detail
    assert problem.expected is not None and "4096" in problem.expected
    assert problem.found is not None and len(problem.found) == 60
