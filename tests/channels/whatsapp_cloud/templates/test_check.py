"""What Meta would not take of a template is told before, all at once and each at its place."""

import copy
from typing import Any

import msgspec
import pytest

from tests.channels.whatsapp_cloud.templates.kinds import (
    APP,
    CALL,
    CODE,
    FLOW,
    KINDS,
    NAMED_BODY,
    OFFER,
    OTP,
    REPLY,
    TRACK,
    Json,
    body,
    buttons,
    card,
    draft,
    drafted,
    login,
    media_header,
    problems,
    product_card,
    provided,
    text_header,
    warnings,
)
from trunkline.channels.template_contract import ProviderTemplate
from trunkline.channels.whatsapp_cloud.templates import check
from trunkline.channels.whatsapp_cloud.templates.edit import check_edit
from trunkline.channels.whatsapp_cloud.templates.languages import LANGUAGES
from trunkline.channels.whatsapp_cloud.templates.samples import samples_of, with_samples
from trunkline.sandbox.templates.languages import LANGUAGES as LANGUAGES_THERE

SALE = {"category": "MARKETING"}
TEXT = "/components/0/text"
BUTTONS = "/components/1/buttons"


def footer(text: str) -> Json:
    return {"type": "FOOTER", "text": text}


def named(**members: Any) -> Json:
    return draft(NAMED_BODY | members, parameter_format="NAMED")


def carousel(*cards: Json) -> Json:
    return draft(body(), {"type": "CAROUSEL", "cards": list(cards)}, **SALE)


def offer(*components: Json, **members: Any) -> Json:
    return draft(OFFER, *components, **(SALE | members))


def otp(**members: Any) -> Json:
    return login(OTP | members)


SMALL = "hello, your order is on its way"

# Case → the template, and where what is told of it.
WRONG: dict[str, tuple[Any, list[tuple[str, str]]]] = {
    "no object": ([], [("", "type")]),
    "nothing": (
        {},
        [
            ("/name", "required"),
            ("/language", "required"),
            ("/category", "required"),
            ("/components", "required"),
        ],
    ),
    "a name with capitals": (draft(body(), name="Order"), [("/name", "format")]),
    "a long name": (draft(body(), name="a" * 513), [("/name", "too_long")]),
    "a language that is none": (draft(body(), language="en-US"), [("/language", "language")]),
    "a category that is none": (draft(body(), category="SERVICE"), [("/category", "one_of")]),
    "an unknown member": (draft(body(), namespace="a"), [("/namespace", "unknown_member")]),
    "an unknown component": (draft(body(), {"type": "TAIL"}), [("/components/1/type", "one_of")]),
    "no body": (draft(text_header()), [("/components", "required")]),
    "two bodies": (draft(body(), body()), [("/components/1", "duplicate")]),
    "a long body": (draft(body("a" * 1025)), [(TEXT, "too_long")]),
    "a variable first": (draft(body("{{1}}, your order is on its way", "Ada")), [(TEXT, "variable_at_edge")]),
    "a variable last": (draft(body("the number of your order: {{1}} ", "Ada")), [(TEXT, "variable_at_edge")]),
    "variables side by side": (
        draft(body(f"{SMALL} {{{{1}}}} {{{{2}}}} now", "a", "b")),
        [(TEXT, "variables_adjacent")],
    ),
    "variables without words": (draft(body("hi {{1}} and {{2}} bye", "a", "b")), [(TEXT, "variables_dense")]),
    "a number left out": (
        draft(body(f"{SMALL} {{{{1}}}} and {{{{3}}}} now", "a", "b")),
        [(TEXT, "variable_order")],
    ),
    "an open brace": (
        draft(body(f"{SMALL} {{{{1 now")),
        [(TEXT, "variable_braces"), ("/components/0/example", "")],
    ),
    "a space in braces": (draft(body(f"{SMALL} {{{{ 1 }}}} now", "a")), [(TEXT, "variable_form")]),
    "a name in a numbered one": (draft(body(f"{SMALL} {{{{name}}}} now", "a")), [(TEXT, "variable_form")]),
    "a bad name": (
        named(
            text=f"{SMALL} {{{{First}}}} now",
            example={"body_text_named_params": [{"param_name": "First", "example": "a"}]},
        ),
        [(TEXT, "variable_form")],
    ),
    "two empty lines": (draft(body(f"{SMALL}\n\n\nbye")), [(TEXT, "blank_lines")]),
    "no sample": (
        draft({"type": "BODY", "text": body()["text"]}),
        [("/components/0/example", "sample_missing")],
    ),
    "a sample too few": (
        draft(body(body()["text"], "a", "b")),
        [("/components/0/example/body_text", "sample_count")],
    ),
    "an empty sample": (
        draft(body(body()["text"], "a", "", "c")),
        [("/components/0/example/body_text/0/1", "sample_form")],
    ),
    "a named sample too few": (
        named(example={"body_text_named_params": [{"param_name": "first_name", "example": "Ada"}]}),
        [("/components/0/example/body_text_named_params", "sample_missing")],
    ),
    "a sample of nothing": (
        named(
            example={
                "body_text_named_params": [
                    *NAMED_BODY["example"]["body_text_named_params"],
                    {"param_name": "x", "example": "a"},
                ]
            }
        ),
        [("/components/0/example/body_text_named_params/2/param_name", "sample_name")],
    ),
    "a long header": (draft(text_header("a" * 61), body()), [(TEXT, "too_long")]),
    "two variables in a header": (
        draft(text_header("a {{1}} b {{2}}", "a", "b"), body()),
        [(TEXT, "too_many_variables")],
    ),
    "an emoji in a header": (
        draft(text_header("Yes \N{PARTY POPPER}"), body()),
        [(TEXT, "header_characters")],
    ),
    "a header without text": (draft({"type": "HEADER", "format": "TEXT"}, body()), [(TEXT, "required")]),
    "an image with a text": (draft(media_header() | {"text": "a"}, body()), [(TEXT, "misplaced_member")]),
    "an image without a sample": (
        draft({"type": "HEADER", "format": "IMAGE"}, body()),
        [("/components/0/example/header_handle", "sample_missing")],
    ),
    "a GIF for utility": (draft(media_header("GIF"), body()), [("/components/0/format", "category")]),
    "a long footer": (draft(body(), footer("a" * 61)), [("/components/1/text", "too_long")]),
    "a variable in a footer": (
        draft(body(), footer("a {{1}} b")),
        [("/components/1/text", "variable_not_allowed")],
    ),
    "a line break in a footer": (draft(body(), footer("a\nb")), [("/components/1/text", "line_break")]),
    "no buttons": (draft(body(), buttons()), [(BUTTONS, "too_few")]),
    "eleven buttons": (draft(body(), buttons(*[REPLY] * 11)), [(BUTTONS, "too_many")]),
    "a long button": (
        draft(body(), buttons(REPLY | {"text": "a" * 26})),
        [(f"{BUTTONS}/0/text", "too_long")],
    ),
    "an emoji on a button": (
        draft(body(), buttons(REPLY | {"text": "Yes \N{PARTY POPPER}"})),
        [(f"{BUTTONS}/0/text", "button_characters")],
    ),
    "replies apart": (draft(body(), buttons(REPLY, TRACK, REPLY)), [(f"{BUTTONS}/2", "button_order")]),
    "three links": (draft(body(), buttons(TRACK, TRACK, TRACK)), [(BUTTONS, "too_many")]),
    "two phone numbers": (draft(body(), buttons(CALL, CALL)), [(BUTTONS, "too_many")]),
    "a long link": (
        draft(body(), buttons(TRACK | {"url": f"https://a.example/{'a' * 2000}"})),
        [(f"{BUTTONS}/0/url", "too_long")],
    ),
    "no address": (draft(body(), buttons(TRACK | {"url": "shop.example"})), [(f"{BUTTONS}/0/url", "link")]),
    "a variable amid a link": (
        draft(body(), buttons(TRACK | {"url": "https://a.example/{{1}}/b"})),
        [(f"{BUTTONS}/0/url", "variable_place")],
    ),
    "a named variable in a link": (
        draft(body(), buttons(TRACK | {"url": "https://a.example/{{id}}"})),
        [(f"{BUTTONS}/0/url", "variable_place")],
    ),
    "a link without a sample": (
        draft(body(), buttons({name: TRACK[name] for name in ("type", "text", "url")})),
        [(f"{BUTTONS}/0/example", "sample_missing")],
    ),
    "a long phone number": (
        draft(body(), buttons(CALL | {"phone_number": "1" * 21})),
        [(f"{BUTTONS}/0/phone_number", "format")],
    ),
    "a long code": (
        draft(body(), buttons(CODE | {"example": "a" * 21}), **SALE),
        [(f"{BUTTONS}/0/example", "too_long")],
    ),
    "a flow twice": (draft(body(), buttons(FLOW | {"flow_name": "a"})), [(f"{BUTTONS}/0", "exactly_one")]),
    "a link's member on a reply": (
        draft(body(), buttons(REPLY | {"url": "https://a.example"})),
        [(f"{BUTTONS}/0/url", "misplaced_member")],
    ),
    "one card": (carousel(card()), [("/components/1/cards", "too_few")]),
    "eleven cards": (carousel(*[card()] * 11), [("/components/1/cards", "too_many")]),
    "cards that differ": (carousel(card(), product_card()), [("/components/1/cards/1", "cards_differ")]),
    "a long card": (
        carousel(card("a" * 161), card()),
        [("/components/1/cards/0/components/1/text", "too_long")],
    ),
    "three buttons on a card": (
        carousel(card("a lamp", REPLY, TRACK, CALL), card("a chair", REPLY, TRACK, CALL)),
        [(f"/components/1/cards/{n}/components/2/buttons", "too_many") for n in (0, 1)],
    ),
    "a card without a header": (
        carousel({"components": card()["components"][1:]}, {"components": card()["components"][1:]}),
        [(f"/components/1/cards/{n}/components", "required") for n in (0, 1)],
    ),
    "a carousel and a footer": (
        draft(*carousel(card(), card())["components"], footer("a"), **SALE),
        [("/components/2", "misplaced_component")],
    ),
    "an offer for utility": (
        offer(body(), buttons(CODE), category="UTILITY"),
        [("/components/0", "category")],
    ),
    "an offer without a button": (offer(body()), [("/components/0", "required")]),
    "an offer and a footer": (
        offer(body(), footer("a"), buttons(CODE)),
        [("/components/2", "misplaced_component")],
    ),
    "an offer below a document": (
        offer(media_header("DOCUMENT"), body(), buttons(CODE)),
        [("/components/1/format", "header_kind")],
    ),
    "an offer with a long text": (
        offer(body("a" * 601), buttons(CODE)),
        [("/components/1/text", "too_long")],
    ),
    "a login without a button": (
        draft({"type": "BODY"}, category="AUTHENTICATION"),
        [("/components", "required")],
    ),
    "a login with two buttons": (login(OTP, OTP), [("/components/2/buttons", "too_many")]),
    "a login with an image": (
        draft(media_header(), *login()["components"], category="AUTHENTICATION"),
        [("/components/0/type", "one_of")],
    ),
    "a one-tap login without an app": (
        otp(otp_type="ONE_TAP"),
        [("/components/2/buttons/0/supported_apps", "required")],
    ),
    "a short signature": (
        otp(otp_type="ONE_TAP", supported_apps=[APP | {"signature_hash": "a"}]),
        [("/components/2/buttons/0/supported_apps/0/signature_hash", "format")],
    ),
    "a zero-tap login without terms": (
        otp(otp_type="ZERO_TAP", supported_apps=[APP]),
        [("/components/2/buttons/0/zero_tap_terms_accepted", "required")],
    ),
    "too many minutes": (
        draft(
            {"type": "BODY"},
            {"type": "FOOTER", "code_expiration_minutes": 91},
            buttons(OTP),
            category="AUTHENTICATION",
        ),
        [("/components/1/code_expiration_minutes", "out_of_range")],
    ),
    "a long life": (
        draft(body(), message_send_ttl_seconds=43_201),
        [("/message_send_ttl_seconds", "out_of_range")],
    ),
    "a short life of marketing": (
        draft(body(), message_send_ttl_seconds=600, **SALE),
        [("/message_send_ttl_seconds", "out_of_range")],
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_meta_would_not_take_is_told_at_its_place(case: str) -> None:
    template, expected = WRONG[case]
    found = problems(copy.deepcopy(template))
    wanted = [one for one in expected if one[1]]
    assert found[: len(wanted)] == wanted, found


@pytest.mark.parametrize("kind", KINDS)
def test_the_normal_form_of_a_template_is_itself(kind: str) -> None:
    once = drafted(KINDS[kind][0])
    again = {"name": once.name, "language": once.language, "category": once.category, **once.definition}
    assert drafted(again) == once


def test_small_letters_and_short_forms_become_what_meta_gives_back() -> None:
    parts = [
        {"type": "header", "format": "image", "example": {"header_handle": "4::aa"}},
        {"type": "body", "text": "Hi {{1}}, your order is on its way.", "example": {"body_text": ["Ada"]}},
        {
            "type": "buttons",
            "buttons": [{"type": "copy_code", "example": "A1"}, {"type": "flow", "text": "Go", "flow_id": 7}],
        },
    ]
    definition = drafted(draft(*parts, category="marketing")).definition
    assert definition == {
        "parameter_format": "POSITIONAL",
        "components": [
            {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::aa"]}},
            {
                "type": "BODY",
                "text": "Hi {{1}}, your order is on its way.",
                "example": {"body_text": [["Ada"]]},
            },
            {
                "type": "BUTTONS",
                "buttons": [
                    {"type": "COPY_CODE", "example": ["A1"]},
                    {"type": "FLOW", "text": "Go", "flow_id": "7", "flow_action": "NAVIGATE"},
                ],
            },
        ],
    }


def test_an_authentication_template_that_was_read_from_meta_can_be_handed_in_again() -> None:
    for kind in ("login", "one tap"):
        read = provided(KINDS["login"][0])
        again = {"name": "other", "language": "de", "category": "AUTHENTICATION", **read.definition}
        (button,) = drafted(again).definition["components"][2]["buttons"]
        assert button == {"type": "OTP", "otp_type": "COPY_CODE", "text": "Copy code"}, kind


def test_an_app_may_stand_beside_the_button_as_it_once_did() -> None:
    (button,) = drafted(otp(otp_type="ONE_TAP", **APP)).definition["components"][2]["buttons"]
    assert button == {"type": "OTP", "otp_type": "ONE_TAP", "supported_apps": [APP]}
    half = otp(otp_type="ONE_TAP", package_name=APP["package_name"])
    assert problems(half) == [("/components/2/buttons/0/supported_apps", "required")]


def test_samples_are_named_by_our_ids_or_links_and_replaced_by_handles() -> None:
    ours, link = "med_01h455vb4pex5vsknk084sn02q", "https://shop.example/a.jpg"
    head = media_header() | {"example": {"header_handle": ours}}
    linked = {
        "components": [media_header() | {"example": {"header_handle": [link]}}, *card()["components"][1:]]
    }
    body_ = draft(head, body(), {"type": "CAROUSEL", "cards": [linked, card()]}, **SALE)
    definition = {"components": body_["components"]}
    assert samples_of(definition) == (ours, link)
    replaced = with_samples(definition, {ours: "4::one", link: "4::two"})
    assert samples_of(replaced) == ()
    assert replaced["components"][0]["example"] == {"header_handle": ["4::one"]}
    assert replaced["components"][2]["cards"][0]["components"][0]["example"] == {"header_handle": ["4::two"]}
    assert definition["components"][0]["example"] == {"header_handle": ours}


def known(status: str = "APPROVED") -> ProviderTemplate:
    template = provided(KINDS["numbered"][0])
    return ProviderTemplate(
        provider_id="1",
        name=template.name,
        language=template.language,
        category=template.category,
        status=status,
        definition=template.definition,
    )


def edited(template: ProviderTemplate, change: Any) -> list[tuple[str, str]]:
    return [(problem.pointer, problem.rule) for problem in check_edit(template, change).problems]


def test_an_edit_takes_components_and_leaves_what_it_does_not_name() -> None:
    checked = check_edit(known(), {"components": [body(SMALL)]})
    assert checked.draft is not None, checked.problems
    assert checked.draft.name == "order_update"
    assert checked.draft.definition["components"] == [{"type": "BODY", "text": SMALL}]
    life = check_edit(known(), {"message_send_ttl_seconds": 60})
    assert life.draft is not None
    assert life.draft.definition == known().definition | {"message_send_ttl_seconds": 60}
    alone = {"message_send_ttl_seconds": 60}
    assert with_samples(alone, {}) == alone


def test_an_edit_is_not_refused_for_what_meta_has_already() -> None:
    parts = [body(), buttons({"type": "APP", "text": "Open"}) | {"unheard_of": 1}]
    theirs = msgspec.structs.replace(known(), definition={"components": parts}, language="xx")
    assert edited(theirs, {"message_send_ttl_seconds": 7}) == [("/message_send_ttl_seconds", "out_of_range")]
    for change in ({"message_send_ttl_seconds": 60}, {"components": [body(SMALL), parts[1]]}):
        draft = check_edit(theirs, change).draft
        assert draft is not None
        assert draft.definition == theirs.definition | change
    assert edited(theirs, {"components": [body("{{1}}"), parts[1]]}) != []


def test_an_edit_may_repeat_what_can_not_be_changed() -> None:
    whole = KINDS["numbered"][0] | {"components": [body(SMALL)]}
    assert edited(known(), whole) == []


def test_an_edit_of_what_can_not_be_changed_is_refused() -> None:
    given = {
        "name": "other",
        "language": "de",
        "category": "MARKETING",
        "parameter_format": "NAMED",
        "components": [body()],
    }
    assert edited(known(), given) == [
        ("/name", "fixed"),
        ("/language", "fixed"),
        ("/parameter_format", "fixed"),
        ("/category", "fixed"),
    ]
    assert edited(known("REJECTED"), {"category": "MARKETING"}) == []
    assert edited(known("PENDING"), {"components": [body()]}) == [("", "status")]
    assert edited(known(), {}) == [("", "required")]
    assert edited(known(), []) == [("", "type")]
    assert edited(known(), {"components": [text_header()]}) == [("/components", "required")]


def test_both_sides_know_the_same_languages() -> None:
    assert LANGUAGES == LANGUAGES_THERE


def test_a_template_of_metas_library_is_named_and_not_written() -> None:
    asked = draft(library_template_name="delivery_update_1", name="mine")
    assert drafted(asked).definition == {
        "library_template_name": "delivery_update_1",
        "parameter_format": "POSITIONAL",
    }
    both = draft(body(SMALL), library_template_name="delivery_update_1")
    assert ("/library_template_name", "ignored") in warnings(both)


@pytest.mark.parametrize("odd", [None, 7, "x", [], {"components": {}}, {"components": [[]], "category": []}])
def test_whatever_comes_an_answer_comes(odd: Any) -> None:
    assert check.check(odd).draft is None
