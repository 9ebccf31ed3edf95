"""Templates that every sandbox begins with, and those of the template library.

`hello_world` is the one that Meta gives to every new account; the texts here are ours.
"""

from typing import Any, NamedTuple

from trunkline.sandbox.templates.authentication import words_of
from trunkline.sandbox.templates.definition import OTP_URL, Component

_HANDLE = ["4::c2FuZGJveA=="]
_SHOP = "https://shop.example"


class Sample(NamedTuple):
    name: str
    category: str
    components: list[Component]
    language: str = "en_US"


def _body(text: str, *examples: str) -> Component:
    body: Component = {"type": "BODY", "text": text}
    return body | ({"example": {"body_text": [list(examples)]}} if examples else {})


def _media(format_: str) -> Component:
    return {"type": "HEADER", "format": format_, "example": {"header_handle": _HANDLE}}


def _buttons(*buttons: dict[str, Any]) -> Component:
    return {"type": "BUTTONS", "buttons": list(buttons)}


def _url(text: str, path: str, example: str) -> dict[str, Any]:
    url = f"{_SHOP}/{path}{{{{1}}}}"
    return {"type": "URL", "text": text, "url": url, "example": [f"{_SHOP}/{path}{example}"]}


def _reply(text: str) -> dict[str, Any]:
    return {"type": "QUICK_REPLY", "text": text}


def _card(text: str) -> dict[str, Any]:
    return {
        "components": [
            _media("IMAGE"),
            _body(text),
            _buttons(_reply("More like this"), _url("Buy", "p/", "17")),
        ]
    }


def _login_code() -> list[Component]:
    words = words_of("en_US")
    query = f"{OTP_URL}COPY_CODE&code_expiration_minutes=10&code=otp"
    button = {"type": "URL", "text": words.copy, "url": query + "{{1}}", "example": [f"{query}123456"]}
    body = {"add_security_recommendation": True, **_body(words.body + words.advice, "123456")}
    footer = {"type": "FOOTER", "text": words.footer.format(10), "code_expiration_minutes": 10}
    return [body, footer, _buttons(button)]


SAMPLES = (
    Sample(
        "hello_world",
        "UTILITY",
        [
            {"type": "HEADER", "format": "TEXT", "text": "Hello World"},
            _body("Welcome, and congratulations! The Cloud API reaches a phone from here."),
            {"type": "FOOTER", "text": "WhatsApp Business Platform sample message"},
        ],
    ),
    Sample(
        "sample_order_update",
        "UTILITY",
        [
            _media("DOCUMENT"),
            _body("Hi {{1}}, your order {{2}} is on its way. The invoice is attached.", "Ada", "A-1001"),
            _buttons(_url("Track order", "orders/", "A-1001")),
        ],
    ),
    Sample(
        "sample_new_arrival",
        "MARKETING",
        [
            _media("IMAGE"),
            _body("Hello {{1}}, something new has arrived in our shop that you may like.", "Ada"),
            {"type": "FOOTER", "text": "Reply STOP to hear no more of us"},
            _buttons(_url("See it", "new/", "lamp"), _reply("Tell me more"), _reply("Not now")),
        ],
    ),
    Sample("sample_login_code", "AUTHENTICATION", _login_code()),
    Sample(
        "sample_carousel",
        "MARKETING",
        [
            _body("Two favourites of the season, {{1}}, picked for you.", "Ada"),
            {
                "type": "CAROUSEL",
                "cards": [_card("A lamp for long evenings."), _card("A chair for slow mornings.")],
            },
        ],
    ),
    Sample(
        "sample_limited_offer",
        "MARKETING",
        [
            _media("IMAGE"),
            {
                "type": "LIMITED_TIME_OFFER",
                "limited_time_offer": {"text": "Ends soon", "has_expiration": True},
            },
            _body("Good news, {{1}}: take a quarter off all lamps this week with the code below.", "Ada"),
            _buttons(
                {"type": "COPY_CODE", "text": "Copy offer code", "example": ["LAMP25"]},
                _url("Shop now", "offers?code=", "LAMP25"),
            ),
        ],
    ),
)

LIBRARY = (
    Sample(
        "delivery_update_1",
        "UTILITY",
        [
            {"type": "HEADER", "format": "TEXT", "text": "Your order is on its way"},
            _body(
                "Hi {{1}}, your order {{2}} was handed to the carrier and should reach you soon.",
                "Ada",
                "A-1001",
            ),
            _buttons(_url("Track delivery", "track/", "A-1001")),
        ],
    ),
    Sample(
        "payment_reminder_1",
        "UTILITY",
        [
            _body(
                "Hello {{1}}, this is a reminder that {{2}} are due on {{3}} for your account with us.",
                "Ada",
                "$20",
                "1 May",
            ),
            _buttons({"type": "PHONE_NUMBER", "text": "Call us", "phone_number": "+15550001234"}),
        ],
    ),
)
