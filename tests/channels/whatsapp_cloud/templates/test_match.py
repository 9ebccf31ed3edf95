"""A message that does not fit its template is told so: each mistake at its place and in its own words."""

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.channels.whatsapp_cloud.templates.kinds import (
    FILLED,
    KINDS,
    Json,
    button,
    cards,
    content_of,
    drafted,
    media,
    mismatches,
    stored,
    texts,
)
from trunkline.channels.whatsapp_cloud.templates import match

OF_BODY = "“Hi {{1}}, your order [{{2}}] is on its way to you and comes on {{3}} or later.”"


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_that_fits_has_no_problems(kind: str) -> None:
    assert mismatches(kind, KINDS[kind][1]) == ()


class Mistake(NamedTuple):
    kind: str
    change: Callable[[list[Json]], Any]
    """Of the components of the right message."""
    pointer: str
    rule: str
    words: str
    """Some of the detail."""


def to(components: list[Json]) -> Callable[[list[Json]], None]:
    def change(parts: list[Json]) -> None:
        parts[:] = components

    return change


def parameter(place: int, index: int, **members: Any) -> Callable[[list[Json]], None]:
    def change(parts: list[Json]) -> None:
        parts[place]["parameters"][index].update(members)

    return change


def member(place: int, **members: Any) -> Callable[[list[Json]], None]:
    return lambda parts: parts[place].update(members)


def drop(place: int) -> Callable[[list[Json]], None]:
    return lambda parts: parts.pop(place)


def add(component: Json) -> Callable[[list[Json]], None]:
    return lambda parts: parts.append(component)


AT = "/template/components"
MISTAKES: dict[str, Mistake] = {
    "no body at all": Mistake(
        "numbered", drop(0), AT, "missing_parameter", "{{1}} of the body (such as “Ada”)"
    ),
    "one too few": Mistake(
        "numbered",
        to([texts("body", "Ada", "A-17")]),
        f"{AT}/0/parameters",
        "missing_parameter",
        "comes on [{{3}}]",
    ),
    "one too many": Mistake(
        "numbered",
        to([texts("body", "a", "b", "c", "d", "e")]),
        f"{AT}/0/parameters/3",
        "extra_parameter",
        "has 3 gaps. The template says: “Hi {{1}},",
    ),
    "any for a text without gaps": Mistake(
        "plain",
        to([texts("body", "a")]),
        f"{AT}/0/parameters/0",
        "extra_parameter",
        "has no gap. The template says",
    ),
    "a line break": Mistake(
        "numbered", parameter(0, 1, text="A\n1"), f"{AT}/0/parameters/1/text", "parameter_line_break", OF_BODY
    ),
    "a tab": Mistake(
        "numbered", parameter(0, 1, text="A\t1"), f"{AT}/0/parameters/1/text", "parameter_tab", OF_BODY
    ),
    "five spaces": Mistake(
        "numbered",
        parameter(0, 1, text="A" + 5 * " " + "1"),
        f"{AT}/0/parameters/1/text",
        "parameter_spaces",
        "more than four spaces",
    ),
    "only spaces": Mistake(
        "numbered", parameter(0, 1, text="  "), f"{AT}/0/parameters/1/text", "parameter_empty", OF_BODY
    ),
    "too long together": Mistake(
        "buttons", parameter(0, 1, text="a" * 1000), f"{AT}/0/parameters", "filled_too_long", "at most 1024"
    ),
    "too long alone": Mistake(
        "numbered",
        parameter(0, 1, text="a" * 32_768),
        f"{AT}/0/parameters",
        "filled_too_long",
        "at most 32768",
    ),
    "a name in a numbered one": Mistake(
        "numbered",
        parameter(0, 0, parameter_name="first_name"),
        f"{AT}/0/parameters/0/parameter_name",
        "parameter_name",
        "have numbers, no names",
    ),
    "no name in a named one": Mistake(
        "named",
        to([texts("body", "Ada", "A-17")]),
        f"{AT}/0/parameters/0/parameter_name",
        "parameter_name",
        "names no gap",
    ),
    "a wrong name": Mistake(
        "named",
        parameter(0, 1, parameter_name="firstname"),
        f"{AT}/0/parameters/1/parameter_name",
        "parameter_name",
        "Did you mean `first_name`?",
    ),
    "a name twice": Mistake(
        "named",
        parameter(0, 1, parameter_name="order_id"),
        f"{AT}/0/parameters/1/parameter_name",
        "parameter_twice",
        "{{order_id}} is given twice",
    ),
    "the header's gap": Mistake("text header", drop(0), AT, "missing_parameter", "“Order [{{1}}]”"),
    "a long header": Mistake(
        "text header", parameter(0, 0, text="a" * 60), f"{AT}/0/parameters", "filled_too_long", "at most 60"
    ),
    "a parameter for a still header": Mistake(
        "still header", add(texts("header", "a")), f"{AT}/1/parameters/0", "extra_parameter", "“Your order”"
    ),
    "a header where there is none": Mistake(
        "numbered", add(media()), f"{AT}/1", "no_header", "has no header"
    ),
    "an image for a text": Mistake(
        "text header",
        member(0, **media()),
        f"{AT}/0/parameters/0/type",
        "header_kind",
        "is text; the message gives an image",
    ),
    "no image": Mistake("image", drop(0), AT, "missing_header", "begins with an image, which is not given"),
    "a video for an image": Mistake(
        "image",
        member(0, **media("video")),
        f"{AT}/0/parameters/0/type",
        "header_kind",
        "is an image; the message gives a video",
    ),
    "two images": Mistake(
        "image",
        lambda parts: parts[0]["parameters"].append(parts[0]["parameters"][0]),
        f"{AT}/0/parameters/1",
        "extra_parameter",
        "takes one parameter",
    ),
    "two bodies": Mistake("numbered", add(FILLED), f"{AT}/1", "duplicate", "two components of type body"),
    "no end of a link": Mistake(
        "buttons", drop(2), AT, "missing_button", "“https://shop.example/orders/[{{1}}]”"
    ),
    "an end for a still link": Mistake(
        "buttons",
        add(button("url", 3, "text", "a")),
        f"{AT}/3",
        "button_without_gap",
        "Button 3, “Shop”, always opens https://shop.example/",
    ),
    "something for a phone number": Mistake(
        "buttons", add(button("url", 4, "text", "a")), f"{AT}/3", "button_without_gap", "is a phone number"
    ),
    "a button that is not there": Mistake(
        "buttons",
        add(button("url", 7, "text", "a")),
        f"{AT}/3/index",
        "no_such_button",
        "no button 7: the template has 5 buttons, 0 to 4",
    ),
    "a button twice": Mistake(
        "buttons",
        member(1, index=2),
        f"{AT}/2/index",
        "duplicate",
        "Button 2 is given twice",
    ),
    "a link for a reply": Mistake(
        "buttons",
        add(button("url", 0, "text", "a")),
        f"{AT}/3/sub_type",
        "button_kind",
        "Button 0, “Stop promotions”, is of the kind quick_reply",
    ),
    "no coupon": Mistake("copy code", drop(1), AT, "missing_button", "needs the code that it copies"),
    "no products": Mistake("products", drop(1), AT, "missing_button", "needs the products that it shows"),
    "no end of the offer": Mistake(
        "offer", drop(2), AT, "missing_expiration", "“Ends soon” ends at a moment"
    ),
    "an end of no offer": Mistake(
        "numbered", add(KINDS["offer"][1][2]), f"{AT}/1", "no_offer", "no limited-time offer"
    ),
    "a long code": Mistake(
        "login",
        to([texts("body", "1" * 16), button("url", 0, "text", "1" * 16)]),
        f"{AT}/1/parameters/0/text",
        "code_too_long",
        "has 16 characters",
    ),
    "two codes": Mistake(
        "login", parameter(1, 0, text="654321"), f"{AT}/1/parameters/0/text", "codes_differ", "another code"
    ),
    "no code for the button": Mistake("login", drop(1), AT, "missing_button", "given twice"),
    "cards of no carousel": Mistake(
        "numbered", add(KINDS["carousel"][1][1]), f"{AT}/1", "no_carousel", "has no carousel"
    ),
    "no cards": Mistake("carousel", drop(1), AT, "card_count", "has 2 cards; the message gives 0"),
    "a card too few": Mistake(
        "carousel", lambda parts: parts[1]["cards"].pop(), f"{AT}/1", "card_count", "the message gives 1"
    ),
    "a card twice": Mistake(
        "carousel",
        lambda parts: parts[1]["cards"][1].update(card_index=0),
        f"{AT}/1/cards/1/card_index",
        "duplicate",
        "Card 0 is given twice",
    ),
    "a card that is not there": Mistake(
        "carousel",
        lambda parts: parts[1]["cards"][1].update(card_index=5),
        f"{AT}/1/cards/1/card_index",
        "no_such_card",
        "no card 5",
    ),
    "a card without its image": Mistake(
        "carousel",
        lambda parts: parts[1]["cards"][1]["components"].pop(0),
        f"{AT}/1/cards/1/components",
        "missing_header",
        "Card 1 begins with an image",
    ),
    "a card without its text": Mistake(
        "carousel",
        lambda parts: parts[1]["cards"][0]["components"].pop(1),
        f"{AT}/1/cards/0/components",
        "missing_parameter",
        "“A lamp for [{{1}}] and its long evenings.”",
    ),
    "a card without its link": Mistake(
        "carousel",
        lambda parts: parts[1]["cards"][0]["components"].pop(2),
        f"{AT}/1/cards/0/components",
        "missing_button",
        "Button 1, “Track order”,",
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_told_at_its_place_and_in_its_own_words(case: str) -> None:
    mistake = MISTAKES[case]
    components = copy.deepcopy(KINDS[mistake.kind][1])
    mistake.change(components)
    found = mismatches(mistake.kind, components)
    assert (mistake.pointer, mistake.rule) in [(problem.pointer, problem.rule) for problem in found]
    assert any(mistake.words in problem.detail for problem in found), found


def test_mistakes_are_told_all_at_once() -> None:
    message = [texts("body", "a\nb", "c"), button("url", 2, "text", "x"), button("url", 9, "text", "x")]
    rules = [problem.rule for problem in mismatches("buttons", message)]
    assert rules == ["parameter_line_break", "missing_parameter", "no_such_button"]


def test_a_long_text_is_shown_around_the_gap_only() -> None:
    long = "Hello there. " * 40
    definition = {"components": [{"type": "BODY", "text": f"{long}On {{{{1}}}} we come. {long}"}]}
    (problem,) = match.match(definition, content_of([]))
    assert "On [{{1}}] we come." in problem.detail
    assert len(problem.detail) < 250


def test_up_to_ten_product_cards_fit_a_carousel_that_was_defined_with_two() -> None:
    one = KINDS["product carousel"][1][1]["cards"][0]["components"]
    for count in (1, 10):
        assert mismatches("product carousel", [FILLED, cards(*[one] * count)]) == ()
    eleven = {"template": {"components": [FILLED, cards(*[one] * 11)]}}
    found = match.match(stored(KINDS["product carousel"][0]), eleven)
    assert [problem.rule for problem in found] == ["card_count", "no_such_card"]


@pytest.mark.parametrize("definition", [{"components": None}, {"components": [{}, 7, {"type": "NEW"}]}])
def test_a_definition_that_is_odd_is_no_crash(definition: Json) -> None:
    assert match.match(definition, content_of([])) == ()


@pytest.mark.parametrize(
    "definition", [{}, {"library_template_name": "delivery_update_1"}, {"components": []}]
)
def test_what_is_not_known_of_a_template_is_not_held_against_a_message(definition: Json) -> None:
    assert match.match(definition, content_of([FILLED])) == ()


MONEY = {"fallback_value": "$1", "code": "USD", "amount_1000": 1000}
ENDS: Json = {"type": "limited_time_offer", "limited_time_offer": {"expiration_time_ms": 4_000_000_000_000}}


@pytest.mark.parametrize(
    ("part", "given"),
    [
        ({"type": "HEADER", "format": "STICKER"}, []),
        ({"type": "BUTTONS", "buttons": [{"type": "APP", "text": "Open"}]}, [button("url", 0, "text", "x")]),
        ({"type": "CAROUSEL"}, [cards([], [])]),
        ({"type": "LIMITED_TIME_OFFER", "text": "Soon"}, [{"type": ENDS["type"], "parameters": [ENDS]}]),
        (
            {"type": "HEADER", "format": "TEXT", "text": "Pay {{1}}"},
            [{"type": "header", "parameters": [{"type": "currency", "currency": MONEY}]}],
        ),
    ],
    ids=["header", "button", "cards", "offer", "money"],
)
def test_what_nobody_here_has_heard_of_is_left_to_the_provider(part: Json, given: list[Json]) -> None:
    definition = {"components": [{"type": "BODY", "text": "Hi."}, part]}
    assert match.match(definition, content_of(given)) == ()


@pytest.mark.parametrize(
    "definition",
    [
        {"parameter_format": "NAMED", "components": [{"type": "BODY", "text": "Hi {{1}}."}]},
        {"parameter_format": "POSITIONAL", "components": [{"type": "BODY", "text": "{{me}}, {{1}}."}]},
        {"components": [{"type": "BODY", "text": "{{}} or {{1}}."}]},
    ],
)
def test_numbers_are_filled_by_place_and_other_braces_are_text(definition: Json) -> None:
    assert match.match(definition, content_of([texts("body", "a")])) == ()
    assert len(match.match(definition, content_of([]))) == 1


@pytest.mark.parametrize("kind", ["login", "one tap"])
def test_a_one_time_code_fits_before_meta_has_written_its_text(kind: str) -> None:
    authored = drafted(KINDS[kind][0]).definition
    assert match.match(authored, content_of(KINDS[kind][1])) == ()
    assert [problem.rule for problem in match.match(authored, content_of([]))] == [
        "missing_parameter",
        "missing_button",
    ]


def test_names_are_known_by_themselves_where_the_definition_does_not_say_so() -> None:
    definition = {"components": stored(KINDS["named"][0])["components"]}
    assert match.match(definition, content_of(KINDS["named"][1])) == ()


def test_what_is_known_of_a_definition_is_of_that_very_definition() -> None:
    one, other = stored(KINDS["plain"][0]), stored(KINDS["numbered"][0])
    for _ in range(2):
        assert match.match(one, content_of([])) == ()
        assert len(match.match(other, content_of([]))) == 3
