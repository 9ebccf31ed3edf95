"""Every limit of the interactive kinds with a named action: within it, at it and beyond it.

The sandbox, which shares no rule with the connector, is asked each time: it takes what is accepted, and what
is refused is nothing that it would have taken.
"""

import pytest

from tests.channels.whatsapp_cloud.limits import Limit, accepted_sizes, chars, refused_sizes
from tests.channels.whatsapp_cloud.messages import (
    address,
    carousel,
    check,
    flow,
    interactive,
    link,
    media_card,
    message,
    money,
    order,
    order_details,
    order_status,
    product_card,
    quick_replies,
    refused,
    upstream,
)
from trunkline.sandbox.content.messages import read_message
from trunkline.sandbox.errors import GraphError

# The least that each kind may have as its action.
ACTIONS = {
    "cta_url": link(),
    "flow": flow()["interactive"]["action"],
    "location_request_message": {"name": "send_location"},
    "request_contact_info": {"name": "request_contact_info"},
    "call_permission_request": {"name": "call_permission_request"},
    "address_message": address()["interactive"]["action"],
    "catalog_message": {"name": "catalog_message"},
    "carousel": carousel(media_card(0), media_card(1))["interactive"]["action"],
    "voice_call": {"name": "voice_call"},
    "order_details": order_details()["interactive"]["action"],
    "order_status": order_status()["interactive"]["action"],
}
WITH_FOOTER = (
    *("cta_url", "flow", "address_message", "catalog_message", "voice_call"),
    *("order_details", "order_status"),
)
PARAMETERS = "/interactive/action/parameters"
CARDS = "/interactive/action/cards"
CARD = f"{CARDS}/0"
ORDER = f"{PARAMETERS}/order"


def cards(count: int) -> dict[str, object]:
    return carousel(*(media_card(index) for index in range(count)))


def product_cards(count: int) -> dict[str, object]:
    return carousel(*(product_card(index) for index in range(count)))


def replies(count: int) -> dict[str, object]:
    action = quick_replies(*((f"{n}", f"Title {n}") for n in range(count)))
    return carousel(media_card(0, action), media_card(1, action))


def reply(id_: str, title: str) -> dict[str, object]:
    cards = media_card(0, quick_replies((id_, title))), media_card(1, quick_replies(("2", "Two")))
    return carousel(*cards)


def call(**parameters: object) -> dict[str, object]:
    return interactive("voice_call", {"name": "voice_call", "parameters": parameters})


def tax(**more: str) -> dict[str, object]:
    return order_details(order=order(tax=money(100, **more)))


def items(count: int) -> dict[str, object]:
    item = {"retailer_id": "a", "name": "Box", "amount": money(1), "quantity": 1}
    made = order(items=[item] * count, subtotal=money(min(count, 999)), tax=money(0))
    return order_details(order=made, total_amount=money(min(count, 999)))


def item(**members: object) -> dict[str, object]:
    made = {"retailer_id": "a", "name": "Box", "amount": money(500), "quantity": 2, **members}
    return order_details(order=order(items=[made]))


def until(words: str) -> dict[str, object]:
    return order_details(order=order(expiration={"timestamp": "1900000000", "description": words}))


LIMITS = [
    *(
        Limit(
            f"body of {kind}",
            1,
            1024,
            "/interactive/body/text",
            lambda n, kind=kind: interactive(kind, ACTIONS[kind], body={"text": chars(n)}),
        )
        for kind in ACTIONS
    ),
    *(
        Limit(
            f"footer of {kind}",
            1,
            60,
            "/interactive/footer/text",
            lambda n, kind=kind: interactive(kind, ACTIONS[kind], footer={"text": chars(n)}),
        )
        for kind in WITH_FOOTER
    ),
    *(
        Limit(
            f"header of {kind}",
            1,
            60,
            "/interactive/header/text",
            lambda n, kind=kind: interactive(kind, ACTIONS[kind], header={"type": "text", "text": chars(n)}),
        )
        for kind in ("cta_url", "flow", "voice_call", "address_message")
    ),
    Limit(
        "words of a link",
        1,
        20,
        f"{PARAMETERS}/display_text",
        lambda n: interactive("cta_url", link(display_text=chars(n))),
    ),
    Limit(
        "address of a link",
        None,
        2000,
        f"{PARAMETERS}/url",
        lambda n: interactive("cta_url", link(url="https://a/".ljust(n, "x"))),
    ),
    Limit("button of a form", 1, 30, f"{PARAMETERS}/flow_cta", lambda n: flow(flow_cta="ß" * n)),
    Limit("id of a form", 1, 200, f"{PARAMETERS}/flow_id", lambda n: flow(flow_id="1" * n)),
    Limit(
        "pin code",
        None,
        6,
        f"{PARAMETERS}/values/in_pin_code",
        lambda n: address(values={"in_pin_code": "4" * n}),
    ),
    Limit(
        "pin code of a saved address",
        None,
        6,
        f"{PARAMETERS}/saved_addresses/0/value/in_pin_code",
        lambda n: address(saved_addresses=[{"id": "home", "value": {"in_pin_code": "4" * n}}]),
    ),
    Limit("cards", 2, 10, CARDS, cards),
    Limit("cards with products", 2, 10, CARDS, product_cards),
    Limit(
        "place of a card",
        0,
        9,
        f"{CARD}/card_index",
        lambda n: carousel(media_card(n), media_card(5)),
    ),
    Limit(
        "text of a card",
        1,
        160,
        f"{CARD}/body/text",
        lambda n: carousel(media_card(0, body={"text": chars(n)}), media_card(1)),
    ),
    Limit(
        "line breaks of a card",
        None,
        2,
        f"{CARD}/body/text",
        lambda n: carousel(media_card(0, body={"text": "x\n" * n + "x"}), media_card(1)),
    ),
    Limit(
        "words of a card's link",
        1,
        20,
        f"{CARD}/action/parameters/display_text",
        lambda n: carousel(media_card(0, link(display_text=chars(n))), media_card(1)),
    ),
    Limit(
        "title of a quick reply",
        1,
        20,
        f"{CARD}/action/buttons/0/quick_reply/title",
        lambda n: reply("1", chars(n)),
    ),
    Limit(
        "id of a quick reply",
        1,
        256,
        f"{CARD}/action/buttons/0/quick_reply/id",
        lambda n: reply(chars(n), "One"),
    ),
    Limit(
        "words of a call button",
        None,
        20,
        f"{PARAMETERS}/display_text",
        lambda n: call(display_text=chars(n)),
    ),
    Limit("minutes of a call button", 1, 43_200, f"{PARAMETERS}/ttl_minutes", lambda n: call(ttl_minutes=n)),
    Limit("payload of a call button", None, 512, f"{PARAMETERS}/payload", lambda n: call(payload=chars(n))),
    Limit(
        "id of an order", 1, 35, f"{PARAMETERS}/reference_id", lambda n: order_details(reference_id="a" * n)
    ),
    Limit(
        "id of an order's status",
        1,
        35,
        f"{PARAMETERS}/reference_id",
        lambda n: order_status(reference_id="a" * n),
    ),
    Limit("name of an item", 1, 60, f"{ORDER}/items/0/name", lambda n: item(name=chars(n))),
    Limit("items of an order", 1, 999, f"{ORDER}/items", items),
    Limit("words about a tax", None, 60, f"{ORDER}/tax/description", lambda n: tax(description=chars(n))),
    Limit("words about an end", 1, 120, f"{ORDER}/expiration/description", lambda n: until(chars(n))),
    Limit(
        "words about a status",
        None,
        120,
        f"{ORDER}/description",
        lambda n: order_status(order={"status": "shipped", "description": chars(n)}),
    ),
]


@pytest.mark.parametrize(("limit", "size"), accepted_sizes(LIMITS))
def test_at_and_within_a_limit_it_is_accepted_and_the_sandbox_takes_it(limit: Limit, size: int) -> None:
    checked = check(limit.request(size))
    assert checked.problems == ()
    assert checked.draft is not None
    read_message(upstream(checked.draft))


@pytest.mark.parametrize(("limit", "size"), refused_sizes(LIMITS))
def test_beyond_a_limit_it_is_refused_there_and_the_sandbox_would_not_take_it(
    limit: Limit, size: int
) -> None:
    request = limit.request(size)
    assert [pointer for pointer, _ in refused(request)] == [limit.pointer]
    if size == 0 and limit.name.startswith("footer"):
        return  # the page wants a footer's text, Meta shows none
    with pytest.raises(GraphError):
        read_message({"messaging_product": "whatsapp", **request})


def test_quick_replies_of_a_card_are_one_to_three() -> None:
    for count in (1, 2, 3):
        assert refused(replies(count)) == []
    both = [f"{CARDS}/{index}/action/buttons" for index in (0, 1)]
    assert refused(replies(0)) == [(pointer, "too_few") for pointer in both]
    assert refused(replies(4)) == [(pointer, "too_many") for pointer in both]


@pytest.mark.parametrize("kind", sorted(set(ACTIONS) - {"call_permission_request"}))
def test_only_a_request_to_call_may_come_without_a_body(kind: str) -> None:
    bare = message("interactive", {"type": kind, "action": ACTIONS[kind]})
    assert refused(bare) == [("/interactive/body", "required")]


def test_here_is_every_kind_but_those_that_stand_in_the_other_limits() -> None:
    kinds = {"button", "list", "product", "product_list"}
    [problem] = check(message("interactive", {"type": "poll"})).problems
    assert problem.expected is not None
    assert set(problem.expected.replace(" or ", ", ").split(", ")) == kinds | set(ACTIONS)
