"""What is refused in the interactive kinds with a named action beside lengths, where, and in which words."""

from typing import Any

import pytest

from tests.channels.whatsapp_cloud.messages import (
    address,
    carousel,
    check,
    flow,
    interactive,
    link,
    media_card,
    money,
    order,
    order_details,
    order_status,
    product_card,
    quick_replies,
    refused,
    upstream,
)
from trunkline.channels.whatsapp_cloud.content.files import files_of, with_files
from trunkline.sandbox.content.messages import read_message
from trunkline.sandbox.errors import GraphError

ACTION = "/interactive/action"
PARAMETERS = f"{ACTION}/parameters"
CARDS = f"{ACTION}/cards"
ORDER = f"{PARAMETERS}/order"
HEADER: dict[str, Any] = {"type": "text", "text": "Above"}
FOOTER = {"text": "Below"}
VIDEO = {"type": "video", "video": {"id": "1"}}
ASKING = {"name": "send_location"}

REFUSED: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "link without address": (
        interactive("cta_url", {"name": "cta_url", "parameters": {"display_text": "Go"}}),
        [(f"{PARAMETERS}/url required", "`url` is missing.")],
    ),
    "link to a phone number": (
        interactive("cta_url", link(url="tel:15550001234")),
        [(f"{PARAMETERS}/url link", "does not start with https://")],
    ),
    "link with a space": (
        interactive("cta_url", link(url="https://example.com/a b")),
        [(f"{PARAMETERS}/url link", "has no spaces")],
    ),
    "link without a host": (
        interactive("cta_url", link(url="http:///a")),
        [(f"{PARAMETERS}/url link", "names no host")],
    ),
    "link under another action's name": (
        interactive("cta_url", {**link(), "name": "url"}),
        [(f"{ACTION}/name one_of", "not one of those allowed")],
    ),
    "link with an id": (
        interactive("cta_url", link(id="1")),
        [(f"{PARAMETERS}/id unknown_member", "no member of this name")],
    ),
    "link among reply buttons": (
        interactive("button", link()),
        [
            (f"{ACTION}/name unknown_member", "no member of this name"),
            (f"{ACTION}/parameters unknown_member", "no member of this name"),
            (f"{ACTION}/buttons required", "`buttons` is missing."),
        ],
    ),
    "location request with header and footer": (
        interactive("location_request_message", ASKING, header=HEADER, footer=FOOTER),
        [
            ("/interactive/header misplaced_member", "A request for the location has no header."),
            ("/interactive/footer misplaced_member", "A request for the location has no footer."),
        ],
    ),
    "location request with parameters": (
        interactive("location_request_message", {**ASKING, "parameters": {}}),
        [(f"{ACTION}/parameters unknown_member", "no member of this name")],
    ),
    "contact request with a footer": (
        interactive("request_contact_info", {"name": "request_contact_info"}, footer=FOOTER),
        [("/interactive/footer misplaced_member", "A request for the phone number has no footer.")],
    ),
    "call permission with a header": (
        interactive("call_permission_request", {"name": "call_permission_request"}, header=HEADER),
        [("/interactive/header misplaced_member", "A request to call has no header.")],
    ),
    "address of another country": (
        address(country="SG"),
        [(f"{PARAMETERS}/country one_of", "not one of those allowed")],
    ),
    "address with a field of another country": (
        address(values={"sg_post_code": "1"}),
        [(f"{PARAMETERS}/values/sg_post_code unknown_member", "no member of this name")],
    ),
    "saved address without id": (
        address(saved_addresses=[{"value": {"name": "Ada"}}]),
        [(f"{PARAMETERS}/saved_addresses/0/id required", "`id` is missing.")],
    ),
    "error of an unknown field": (
        address(validation_errors={"zip": "Unknown"}),
        [(f"{PARAMETERS}/validation_errors/zip unknown_member", "no member of this name")],
    ),
    "catalog with a header": (
        interactive("catalog_message", {"name": "catalog_message"}, header=HEADER),
        [("/interactive/header misplaced_member", "A catalog message has no header.")],
    ),
    "catalog with an empty thumbnail": (
        interactive(
            "catalog_message",
            {"name": "catalog_message", "parameters": {"thumbnail_product_retailer_id": ""}},
        ),
        [(f"{PARAMETERS}/thumbnail_product_retailer_id empty", "may not be empty")],
    ),
    "flow with id and name": (
        flow(flow_name="visit"),
        [(f"{PARAMETERS} exactly_one", "Both `flow_id` and `flow_name` are given.")],
    ),
    "flow without id and name": (
        flow(flow_id=None),
        [(f"{PARAMETERS} exactly_one", "The form is not named: neither is given.")],
    ),
    "flow of another version": (
        flow(flow_message_version="2"),
        [(f"{PARAMETERS}/flow_message_version one_of", "not one of those allowed")],
    ),
    "flow version a number": (
        flow(flow_message_version=3),
        [(f"{PARAMETERS}/flow_message_version type", "must be text, not a number")],
    ),
    **{
        f"flow button with {name}": (
            flow(flow_cta=label),
            [(f"{PARAMETERS}/flow_cta emoji", "The button of a form can not show emoji.")],
        )
        for name, label in {
            "a thumb": "Go \N{THUMBS UP SIGN}",
            "a heart": "Go \N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16}",
            "a keycap": "1\N{VARIATION SELECTOR-16}\N{COMBINING ENCLOSING KEYCAP}",
            "a flag": "\N{REGIONAL INDICATOR SYMBOL LETTER D}\N{REGIONAL INDICATOR SYMBOL LETTER E}",
            "a watch": "\N{WATCH}",
        }.items()
    },
    "flow in an unknown mode": (flow(mode="live"), [(f"{PARAMETERS}/mode one_of", "not one of those")]),
    "flow with a screen although its endpoint chooses": (
        flow(flow_action="data_exchange", flow_action_payload={"screen": "A"}),
        [(f"{PARAMETERS}/flow_action_payload misplaced_member", "the form's own endpoint says what comes")],
    ),
    "flow with empty data": (
        flow(flow_action_payload={"screen": "A", "data": {}}),
        [(f"{PARAMETERS}/flow_action_payload/data empty", "leave `data` out")],
    ),
    "flow with data as text": (
        flow(flow_action_payload={"data": "{}"}),
        [(f"{PARAMETERS}/flow_action_payload/data type", "must be an object, not text")],
    ),
    "carousel with a header": (
        {**carousel(media_card(0), media_card(1))}
        | {"interactive": {**carousel(media_card(0), media_card(1))["interactive"], "header": HEADER}},
        [("/interactive/header misplaced_member", "A carousel, beside its cards, has no header.")],
    ),
    "cards of one place": (
        carousel(media_card(0), media_card(0)),
        [(f"{CARDS}/1/card_index duplicate", f"This card_index stands at {CARDS}/0/card_index already.")],
    ),
    "cards of two kinds": (
        carousel(media_card(0), product_card(1)),
        [(f"{CARDS}/1/type not_alike", "All cards must have the same type; before it was cta_url.")],
    ),
    "card of an unknown kind": (
        carousel(media_card(0), {**media_card(1), "type": "reply"}),
        [(f"{CARDS}/1/type one_of", "not one of those allowed")],
    ),
    "card without picture": (
        carousel(media_card(0), media_card(1, header=None)),
        [(f"{CARDS}/1/header required", "`header` is required; null will not do.")],
    ),
    "card with a document": (
        carousel(media_card(0), media_card(1, header={"type": "document", "document": {"id": "1"}})),
        [
            (f"{CARDS}/1/header/type one_of", "not one of those allowed"),
            (f"{CARDS}/1/header/document unknown_member", "no member of this name"),
        ],
    ),
    "cards with picture and video": (
        carousel(media_card(0), media_card(1, header=VIDEO)),
        [(f"{CARDS}/1/header/type not_alike", "the same kind of header; before it was image")],
    ),
    "card with a footer": (
        carousel(media_card(0), media_card(1, footer=FOOTER)),
        [(f"{CARDS}/1/footer unknown_member", "no member of this name")],
    ),
    "cards with a link and with replies": (
        carousel(media_card(0), media_card(1, quick_replies(("1", "One")))),
        [(f"{CARDS}/1/action not_alike", "the same buttons; before it was one link")],
    ),
    "cards with one reply and with two": (
        carousel(
            media_card(0, quick_replies(("1", "One"))),
            media_card(1, quick_replies(("1", "One"), ("2", "Two"))),
        ),
        [(f"{CARDS}/1/action not_alike", "the same buttons; before it was quick replies, 1 of them")],
    ),
    "card with a link and replies": (
        carousel(*(media_card(n, {**quick_replies(("1", "One")), "name": "cta_url"}) for n in (0, 1))),
        [
            (f"{CARDS}/{n}/action/name misplaced_member", "quick replies or one link, not both")
            for n in (0, 1)
        ],
    ),
    "card with a reply twice": (
        carousel(*(media_card(n, quick_replies(("1", "One"), ("1", "One"))) for n in (0, 1))),
        [
            (f"{CARDS}/{n}/action/buttons/1/quick_reply/{name} duplicate", f"This {name} stands at ")
            for n in (0, 1)
            for name in ("title", "id")
        ],
    ),
    "cards with products of two catalogs": (
        carousel(product_card(0), product_card(1, "2")),
        [(f"{CARDS}/1/action/catalog_id not_alike", "the same catalog; before it was 1")],
    ),
    "product card with a picture": (
        carousel(product_card(0), {**product_card(1), "header": VIDEO}),
        [(f"{CARDS}/1/header misplaced_member", "belongs to type cta_url; here the type is product")],
    ),
    "order with an id of letters with marks": (
        order_details(reference_id="ä"),
        [(f"{PARAMETERS}/reference_id format", "wrong form")],
    ),
    "order of unknown goods": (order_details(type="goods"), [(f"{PARAMETERS}/type one_of", "not one of")]),
    "order in dollars": (order_details(currency="USD"), [(f"{PARAMETERS}/currency one_of", "not one of")]),
    "order with a video": (
        {**order_details(), "interactive": {**order_details()["interactive"], "header": VIDEO}},
        [
            ("/interactive/header/type one_of", "not one of those allowed"),
            ("/interactive/header/video unknown_member", "no member of this name"),
        ],
    ),
    "order with a total that is not its sum": (
        order_details(total_amount=money(1101)),
        [(f"{PARAMETERS}/total_amount/value sum", "subtotal, tax and shipping less discount make 1100.")],
    ),
    "order with a subtotal that is not its sum": (
        order_details(order=order(subtotal=money(900), tax=money(200))),
        [(f"{ORDER}/subtotal/value sum", "This says 900; the items cost 1000.")],
    ),
    "order in thousandths": (
        order_details(total_amount={"value": 1100, "offset": 1000}),
        [(f"{PARAMETERS}/total_amount/offset out_of_range", "out of range")],
    ),
    "order with a sum below nothing": (
        order_details(order=order(shipping=money(-5))),
        [
            (f"{ORDER}/shipping/value out_of_range", "out of range"),
            (f"{PARAMETERS}/total_amount/value sum", "make 1095"),
        ],
    ),
    "order without tax": (
        order_details(order={name: value for name, value in order().items() if name != "tax"}),
        [(f"{ORDER}/tax required", "`tax` is missing.")],
    ),
    "order of half an item": (
        order_details(
            order=order(items=[{"retailer_id": "a", "name": "Box", "amount": money(1), "quantity": 0.5}])
        ),
        [(f"{ORDER}/items/0/quantity type", "must be a whole number")],
    ),
    "order that was shipped before it is paid": (
        order_details(order=order(status="shipped")),
        [(f"{ORDER}/status one_of", "not one of those allowed")],
    ),
    "order that ends at no time": (
        order_details(order=order(expiration={"timestamp": "soon", "description": "Soon"})),
        [(f"{ORDER}/expiration/timestamp type", "must be a whole number, not text")],
    ),
    "payment setting without a type": (
        order_details(payment_settings=[{}]),
        [(f"{PARAMETERS}/payment_settings/0/type required", "says its `type`")],
    ),
    "payment setting without what its type says": (
        order_details(payment_settings=[{"type": "boleto", "pix": {}}]),
        [(f"{PARAMETERS}/payment_settings/0 payment_setting", "one object, named as the type says")],
    ),
    "status of nothing": (
        order_status(order=None),
        [(f"{PARAMETERS} at_least_one", "neither how the order fares nor how the payment does")],
    ),
    "status that no order has": (
        order_status(order={"status": "lost"}),
        [(f"{ORDER}/status one_of", "not one of")],
    ),
    "status that no payment has": (
        order_status(payment={"status": "paid"}),
        [(f"{PARAMETERS}/payment/status one_of", "not one of")],
    ),
}
STRICTER_THAN_META = {
    "flow button with a watch": "the sandbox looks for fewer of them",
    "link with a space": "a browser would not open it",
    "location request with parameters": "Meta ignores them",
    "flow version a number": "only text is documented",
    "payment setting without what its type says": "the sandbox knows no payment service",
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_broken_rule_is_named_at_its_place_in_its_own_words(name: str) -> None:
    body, expected = REFUSED[name]
    problems = check(body).problems
    assert [f"{problem.pointer} {problem.rule}" for problem in problems] == [line for line, _ in expected]
    for problem, (_, words) in zip(problems, expected, strict=True):
        assert words in problem.detail
        assert problem.expected


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_nothing_that_the_sandbox_takes(name: str) -> None:
    sent = {"messaging_product": "whatsapp", **REFUSED[name][0]}
    if name in STRICTER_THAN_META:
        read_message(sent)
    else:
        with pytest.raises(GraphError):
            read_message(sent)


@pytest.mark.parametrize(
    "url", ["http://example.com", "https://example.com:8443/?a=1#b", "https://bücher.example/ä"]
)
def test_a_browser_opens_any_address_of_the_web(url: str) -> None:
    assert refused(interactive("cta_url", link(url=url))) == []


@pytest.mark.parametrize(
    "label", ["Größe 1", "予約する", "Start \N{COPYRIGHT SIGN}", "3 \N{RIGHTWARDS ARROW} 4", "1#"]
)
def test_the_button_of_a_form_takes_the_words_of_any_language(label: str) -> None:
    draft = check(flow(flow_cta=label)).draft
    assert draft is not None
    read_message(upstream(draft))


MEDIA = {"type": "image", "image": {"id": "81"}}
FILM = {"type": "video", "video": {"link": "https://example.com/a.mp4"}}


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (interactive("cta_url", link(), header=MEDIA), ["81"]),
        ({**flow(), "interactive": {**flow()["interactive"], "header": FILM}}, ["https://example.com/a.mp4"]),
        (interactive("voice_call", {"name": "voice_call"}, header=MEDIA), ["81"]),
        ({**order_details(), "interactive": {**order_details()["interactive"], "header": MEDIA}}, ["81"]),
        (
            carousel(
                media_card(0, header=FILM), media_card(1, header={"type": "video", "video": {"id": "82"}})
            ),
            ["https://example.com/a.mp4", "82"],
        ),
        (carousel(media_card(0, header=MEDIA), media_card(1, header=MEDIA)), ["81"]),
        (flow(flow_action_payload={"data": {"image": {"id": "81"}, "x": [{"video": {"link": 5}}]}}), []),
        (
            order_details(payment_settings=[{"type": "document", "document": {"id": "81"}}]),
            [],
        ),
    ],
    ids=["link", "form", "call", "order", "cards", "one file on two cards", "data of a form", "payment"],
)
def test_files_are_found_in_headers_and_on_cards_and_not_in_foreign_data(
    body: dict[str, Any], names: list[str]
) -> None:
    draft = check(body).draft
    assert draft is not None
    assert [file.name for file in files_of(draft.content)] == names
    named = with_files(draft.content, {name: f"given {name}" for name in names})
    assert [file.name for file in files_of(named)] == [f"given {name}" for name in names]
    assert with_files(draft.content, {}) == draft.content
