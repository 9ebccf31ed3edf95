"""Every limit of a template: at it a definition or a message passes, one beyond it does not."""

from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from tests.channels.whatsapp_cloud.templates.kinds import (
    APP,
    BODY,
    CALL,
    CODE,
    FILLED,
    KINDS,
    OFFER,
    OTP,
    REPLY,
    TRACK,
    Json,
    body,
    button,
    buttons,
    card,
    draft,
    login,
    mismatches,
    problems,
    text_header,
    texts,
)
from trunkline.channels.whatsapp_cloud.templates.check import TEMPLATE

SALE = {"category": "MARKETING"}
TRACKED = button("url", 2, "text", "A-17")
REST = len(BODY) - 3 * len("{{1}}") + len("Ada1")  # what stands around the parameter that varies


def a(count: int) -> str:
    """Each takes four bytes and two units of UTF-16."""
    return "\N{GOTHIC LETTER AHSA}" * count


def some(count: int) -> list[Json]:
    return [REPLY | {"text": f"Reply {place}"} for place in range(count)]


def minutes(count: int) -> Json:
    footer = {"type": "FOOTER", "code_expiration_minutes": count}
    return draft({"type": "BODY"}, footer, buttons(OTP), category="AUTHENTICATION")


def carousel(*cards: Json) -> Json:
    return draft(body(), {"type": "CAROUSEL", "cards": list(cards)}, **SALE)


def offer(text: str, below: str = "Two lamps.") -> Json:
    offered = OFFER | {"limited_time_offer": {"text": text}}
    return draft(offered, body(below), buttons(CODE), **SALE)


def apps(count: int) -> Json:
    return login(OTP | {"otp_type": "ONE_TAP", "supported_apps": [APP] * count})


# Limit → the greatest that is taken, and a template of that size.
MOST: dict[str, tuple[int, Callable[[int], Json]]] = {
    "name": (512, lambda n: draft(body(), name="a" * n)),
    "header": (60, lambda n: draft(text_header(a(n)), body())),
    "body": (1024, lambda n: draft(body(a(n)))),
    "footer": (60, lambda n: draft(body(), {"type": "FOOTER", "text": a(n)})),
    "buttons": (10, lambda n: draft(body(), buttons(*some(n)))),
    "button": (25, lambda n: draft(body(), buttons(REPLY | {"text": a(n)}))),
    "links": (2, lambda n: draft(body(), buttons(*[TRACK | {"text": f"{m}"} for m in range(n)]))),
    "phones": (1, lambda n: draft(body(), buttons(*[CALL] * n))),
    "address": (
        2000,
        lambda n: draft(body(), buttons(TRACK | {"url": f"https://a.example/{'b' * (n - 18)}"})),
    ),
    "phone": (20, lambda n: draft(body(), buttons(CALL | {"phone_number": "1" * n}))),
    "code": (20, lambda n: draft(body(), buttons(CODE | {"example": a(n)}), **SALE)),
    "cards": (10, lambda n: carousel(*[card()] * n)),
    "card": (160, lambda n: carousel(card(a(n)), card(a(n)))),
    "buttons of a card": (2, lambda n: carousel(*[card(a(9), *some(n))] * 2)),
    "offer": (16, lambda n: offer(a(n))),
    "body of an offer": (600, lambda n: offer("Soon", a(n))),
    "minutes": (90, minutes),
    "apps": (5, apps),
    "package": (
        224,
        lambda n: login(OTP | {"otp_type": "ONE_TAP", "supported_apps": [APP | {"package_name": "a" * n}]}),
    ),
    "life of a code": (900, lambda n: login(message_send_ttl_seconds=n)),
    "life of utility": (43_200, lambda n: draft(body(), message_send_ttl_seconds=n)),
    "life of marketing": (2_592_000, lambda n: draft(body(), message_send_ttl_seconds=n, **SALE)),
}
LEAST: dict[str, tuple[int, Callable[[int], Json]]] = {
    "cards": (2, lambda n: carousel(*[card()] * n)),
    "minutes": (1, minutes),
    "phone": (5, lambda n: draft(body(), buttons(CALL | {"phone_number": "1" * n}))),
    "life of a code": (30, lambda n: login(message_send_ttl_seconds=n)),
    "life of utility": (30, lambda n: draft(body(), message_send_ttl_seconds=n)),
    "life of marketing": (43_200, lambda n: draft(body(), message_send_ttl_seconds=n, **SALE)),
    "words beside a variable": (3, lambda n: draft(body("the " * (n - 1) + "{{1}} end", "Ada"))),
}


@pytest.mark.parametrize("limit", MOST)
def test_a_template_may_be_as_large_as_its_limit_and_no_larger(limit: str) -> None:
    most, of_size = MOST[limit]
    assert problems(of_size(most)) == []
    assert len(problems(of_size(most + 1))) >= 1


@pytest.mark.parametrize("limit", LEAST)
def test_a_template_may_be_as_small_as_its_limit_and_no_smaller(limit: str) -> None:
    least, of_size = LEAST[limit]
    assert problems(of_size(least)) == []
    assert len(problems(of_size(least - 1))) >= 1


def test_lives_without_end_are_for_codes_and_utility() -> None:
    assert problems(login(message_send_ttl_seconds=-1)) == []
    assert problems(draft(body(), message_send_ttl_seconds=-1)) == []
    assert problems(draft(body(), message_send_ttl_seconds=-1, **SALE)) != []


# Limit → the kind of template, the greatest that is sent, and components of that size.
FITS: dict[str, tuple[str, int, Callable[[int], list[Json]]]] = {
    "body beside others": ("buttons", 1024 - REST, lambda n: [texts("body", "Ada", a(n), "1"), TRACKED]),
    "body alone": ("numbered", 32_768 - REST, lambda n: [texts("body", "Ada", a(n), "1")]),
    "header": ("text header", 54, lambda n: [texts("header", a(n)), FILLED]),
    "one-time code": ("login", 15, lambda n: [texts("body", "1" * n), button("url", 0, "text", "1" * n)]),
    "spaces in a row": ("numbered", 4, lambda n: [texts("body", "Ada", f"A{' ' * n}1", "1")]),
}


@pytest.mark.parametrize("limit", FITS)
def test_what_is_filled_in_may_be_as_long_as_its_limit_and_no_longer(limit: str) -> None:
    kind, most, of_size = FITS[limit]
    assert mismatches(kind, of_size(most)) == ()
    assert len(mismatches(kind, of_size(most + 1))) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_takes_every_kind(kind: str) -> None:
    jsonschema.validate(KINDS[kind][0], SCHEMA, cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize("odd", [[], {}, draft(body(), category="NONE"), draft(body(), more=1)])
def test_the_schema_refuses_what_is_no_template(odd: Any) -> None:
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(odd)


SCHEMA = TEMPLATE.schema()
