"""The linter: what reviewers reject, each with its rule; and no word about what is well."""

import pytest

from tests.channels.whatsapp_cloud.templates.kinds import (
    CODE,
    KINDS,
    REPLY,
    SHOP,
    TRACK,
    Json,
    body,
    buttons,
    draft,
    drafted,
    login,
    text_header,
    warnings,
)
from trunkline.channels.whatsapp_cloud.templates.lint import lint

SALE = {"category": "MARKETING"}
TEXT = "/components/0/text"
BUTTON = "/components/1/buttons/0"
CODE_BODY = "Your verification code is {{1}}, please keep it to yourself."


def utility(text: str, *samples: str) -> Json:
    return draft(body(text, *samples))


def linked(url: str, example: str = "") -> Json:
    sample = {"example": [example]} if example else {}
    return draft(body(), buttons({"type": "URL", "text": "Open", "url": url, **sample}))


# Case → a template, and what is told of it.
FOUND: dict[str, tuple[Json, tuple[str, str]]] = {
    "an offer": (utility("Your order has come. Enjoy 20% off the next one."), (TEXT, "category_marketing")),
    "an offer in German": (
        draft(body("Danke! Hier ist Ihr Gutschein für den nächsten Kauf."), language="de"),
        (TEXT, "category_marketing"),
    ),
    "an offer on a button": (
        draft(body(), buttons(SHOP | {"text": "Shop now"})),
        (f"{BUTTON}/text", "category_marketing"),
    ),
    "a coupon": (draft(body(), buttons(CODE)), (f"{BUTTON}/type", "category_marketing")),
    "a code": (utility(CODE_BODY, "123456"), (TEXT, "category_authentication")),
    "no way out": (
        draft(body("Two lamps of the season are here."), **SALE),
        ("/components", "opt_out_missing"),
    ),
    "a short link": (linked("https://bit.ly/3abc"), (f"{BUTTON}/url", "short_link")),
    "a short link in a text": (utility("Read more at https://tinyurl.com/abc today."), (TEXT, "short_link")),
    "a link into WhatsApp": (linked("https://wa.me/15550001234"), (f"{BUTTON}/url", "whatsapp_link")),
    "a variable as the host": (
        linked("https://{{1}}", "https://shop.example/"),
        (f"{BUTTON}/url", "link_host"),
    ),
    "half a sample": (linked("https://shop.example/{{1}}", "A-1"), (f"{BUTTON}/example", "link_sample")),
    "capitals": (utility("YOUR ORDER IS ON ITS WAY TO YOU NOW"), (TEXT, "capitals")),
    "exclamations": (utility("Your order is on its way!! Look forward to it."), (TEXT, "exclamations")),
    "emoji": (utility("Your order is on its way " + "\N{PARTY POPPER}" * 11 + " to you"), (TEXT, "emoji")),
    "a placeholder": (
        utility("Hello {{1}}, your order is on its way.", "test"),
        ("/components/0/example", "sample_placeholder"),
    ),
    "a long text": (utility("Your order is on its way. " * 30), (TEXT, "long_for_phones")),
    "a long text of wide letters": (
        draft(body("您的订单已发货。" * 45), language="zh_CN"),
        (TEXT, "long_for_phones"),
    ),
    "little room": (
        draft(body("a" * 1000 + " {{1}} or it", "Ada"), buttons(REPLY)),
        (TEXT, "little_room"),
    ),
    "a wide button": (
        draft(body(), buttons(REPLY | {"text": "Stop all these promotions"})),
        (f"{BUTTON}/text", "wide_button"),
    ),
    "another script": (
        draft(body("Your order is on its way to you now."), language="ar"),
        (TEXT, "language_mismatch"),
    ),
    "another script, the other way": (
        draft(body("Ваш заказ уже в пути и будет завтра."), language="en_US"),
        (TEXT, "language_mismatch"),
    ),
    "Japanese as Chinese": (
        draft(body("ごちゅうもんのしなをおとどけします。"), language="zh_CN"),
        (TEXT, "language_mismatch"),
    ),
    "just enough letters to tell": (
        draft(body("Ваш заказ ужеу."), language="en_US"),
        (TEXT, "language_mismatch"),
    ),
    "a card's number": (utility("Please send us your card number to go on."), (TEXT, "sensitive_data")),
    "one brace": (utility("Hello {name}, your order is on its way."), (TEXT, "single_braces")),
    "nothing but a variable": (draft(text_header("{{1}}", "Ada"), body()), (TEXT, "variable_alone")),
    "no advice": (
        draft({"type": "BODY"}, *login()["components"][1:], category="AUTHENTICATION"),
        ("/components/0/add_security_recommendation", "no_security_advice"),
    ),
    "no expiration": (
        draft(login()["components"][0], login()["components"][2], category="AUTHENTICATION"),
        ("/components", "no_expiration"),
    ),
}


@pytest.mark.parametrize("case", FOUND)
def test_what_reviewers_reject_is_told_with_its_rule(case: str) -> None:
    template, expected = FOUND[case]
    also = {"long_for_phones"} - {expected[1]}  # what leaves little room is long
    assert [found for found in warnings(template) if found[1] not in also] == [expected]


# Near to what is told above, and well.
WELL: dict[str, Json] = {
    "an offer where it belongs": draft(body("Enjoy 20% off. Reply STOP to opt out."), **SALE),
    "a way out on a button": draft(body("Two lamps of the season are here."), buttons(REPLY), **SALE),
    "a way out in German": draft(
        body("Zwei neue Lampen sind da."),
        {"type": "FOOTER", "text": "Zum Abmelden STOPP senden"},
        language="de",
        **SALE,
    ),
    "a language whose words are not known": draft(body("Dvě nové lampy jsou tady."), language="cs", **SALE),
    "a discount on an order": utility("Your order {{1}} was changed as you asked, and is on its way.", "A-1"),
    "a host that begins alike": linked("https://t.company.example/a"),
    "a path that looks like a host": linked("https://shop.example/best.com/x"),
    "a few capitals": utility("Your TV from ACME is on its way to you."),
    "one exclamation": utility("Your order is on its way!"),
    "some emoji": utility("Your order is on its way \N{PARTY POPPER} to you"),
    "a sample that begins alike": utility("Hello {{1}}, your order is on its way.", "Testa"),
    "Japanese with Chinese letters only": draft(body("御注文品発送済配達予定明日午前"), language="ja"),
    "Japanese": draft(body("ごちゅうもんのしなをおとどけします。"), language="ja"),
    "too few letters to tell": draft(body("Ваш заказ уже."), language="en_US"),
    "brands in another script": draft(body("Ваш iPhone уже в пути и будет завтра."), language="ru"),
    "two scripts by right": draft(body("Vaša porudžbina je na putu do vas."), language="sr"),
    "a whole sample": draft(body(), buttons(TRACK)),
    "a login": login(),
}


@pytest.mark.parametrize("case", WELL)
def test_what_is_well_is_not_told(case: str) -> None:
    assert warnings(WELL[case]) == []


def test_each_warning_names_the_page_of_its_rule() -> None:
    pages = ("categorization", "review", "components", "policy", "authentication templates", "phones")
    for template, _ in FOUND.values():
        for warning in lint(drafted(template)):
            assert any(page in warning.detail for page in pages), warning


def test_templates_of_every_kind_have_no_more_than_advice_on_opting_out() -> None:
    told = {kind: warnings(body_) for kind, (body_, _) in KINDS.items()}
    assert {rule for warned in told.values() for _, rule in warned} <= {"opt_out_missing"}, told
