"""Whether a message fits its template: all of it that does not, in words of the template. Pure.

In come a definition and content in the normal form of `content.check`; out go problems whose pointers are
of the caller's request. `match_texts.py` fills gaps, `match_buttons.py` looks at buttons; cards of a
carousel are templates in small.
"""

from collections.abc import Mapping
from typing import Any

from trunkline.channels.whatsapp_cloud.templates.definition import Definition, Part, card_of, reading_of
from trunkline.channels.whatsapp_cloud.templates.match_buttons import match_buttons
from trunkline.channels.whatsapp_cloud.templates.match_texts import match_wording
from trunkline.channels.whatsapp_cloud.templates.sent import Sent, sent_of
from trunkline.channels.whatsapp_cloud.templates.variables import shown
from trunkline.errors import Problem
from trunkline.shape import Findings

_LONGEST_HEADER = 60
_MOST_PRODUCT_CARDS = 10
_FORMATS = frozenset({"IMAGE", "VIDEO", "GIF", "DOCUMENT", "LOCATION", "PRODUCT"})
_TEXTS = frozenset({"text", "currency", "date_time"})
_KINDS = {
    "IMAGE": "an image",
    "VIDEO": "a video",
    "GIF": "a moving picture",
    "DOCUMENT": "a document",
    "LOCATION": "a location",
    "PRODUCT": "a product",
    "TEXT": "text",
    "CURRENCY": "an amount of money",
    "DATE_TIME": "a date",
}


def match(definition: Mapping[str, Any], content: Mapping[str, Any]) -> tuple[Problem, ...]:
    reading, findings = reading_of(definition), Findings()
    if not reading.types:  # one of Meta's library, say, which is not read yet
        return ()
    at = "/template/components"
    sent = sent_of(content["template"].get("components", ()), at, findings)
    _match_part(reading, sent, findings, is_named=reading.is_named)
    if "limited_time_offer" in sent.by_type or reading.offer_expires:
        _match_offer(reading, sent, findings)
    if "carousel" in sent.by_type or reading.has_carousel:
        _match_cards(reading, sent, findings)
    return tuple(findings.problems)


def _match_part(part: Part, sent: Sent, findings: Findings, *, is_named: bool) -> None:
    _match_header(part, sent, findings, is_named=is_named)
    match_wording("body", part.body, sent, findings, is_named=is_named, longest=part.longest_body)
    match_buttons(part, sent, findings)


def _match_header(part: Part, sent: Sent, findings: Findings, *, is_named: bool) -> None:
    parameters = sent.parameters("header")
    kind = part.header_format
    if kind is None:
        if parameters:
            detail = f"{sent.whole} has no header."
            findings.refuse(sent.pointer("header"), "no_header", detail, expected="no header component")
    elif kind == "TEXT":
        if parameters and parameters[0]["type"] not in _TEXTS:
            _wrong_header(kind, sent, findings)
        else:
            longest = _LONGEST_HEADER
            match_wording("header", part.header, sent, findings, is_named=is_named, longest=longest)
    elif kind not in _FORMATS:  # one of which nobody here has heard: the provider decides
        return
    elif not parameters:
        if kind != "PRODUCT":  # of a product the catalog's own sample is shown
            _missing_header(kind, sent, findings)
    elif parameters[0]["type"] != kind.lower():
        _wrong_header(kind, sent, findings)
    elif len(parameters) > 1:
        detail = f"A header takes one parameter; {len(parameters)} are given."
        findings.refuse(f"{sent.pointer('header')}/parameters/1", "extra_parameter", detail)


def _missing_header(kind: str, sent: Sent, findings: Findings) -> None:
    what = _KINDS.get(kind, kind.lower())
    detail = (
        f"{sent.whole} begins with {what}, which is not given. Each send has to give one: the sample of the "
        "approval is not sent."
    )
    word = kind.lower()
    expected = f'{{"type": "header", "parameters": [{{"type": "{word}", "{word}": …}}]}}'
    findings.refuse(sent.pointer("header"), "missing_header", detail, expected=expected)


def _wrong_header(kind: str, sent: Sent, findings: Findings) -> None:
    given = sent.parameters("header")[0]["type"]
    what, found = _KINDS.get(kind, kind.lower()), _KINDS.get(given.upper(), given)
    detail = f"The header of {sent.lower_whole} is {what}; the message gives {found}."
    at = f"{sent.pointer('header')}/parameters/0/type"
    findings.refuse(at, "header_kind", detail, found=given, expected=kind.lower())


def _match_offer(reading: Definition, sent: Sent, findings: Findings) -> None:
    parameters = sent.parameters("limited_time_offer")
    at = sent.pointer("limited_time_offer")
    if parameters and "LIMITED_TIME_OFFER" not in reading.types:
        findings.refuse(
            at, "no_offer", "The template has no limited-time offer.", expected="no such component"
        )
    elif not parameters and reading.offer_expires:
        detail = f"The offer “{shown(reading.offer or '')}” ends at a moment that the message has to give."
        expected = 'a component limited_time_offer with "expiration_time_ms"'
        findings.refuse(at, "missing_expiration", detail, expected=expected)


def _match_cards(reading: Definition, sent: Sent, findings: Findings) -> None:
    cards, at = sent.cards(), sent.pointer("carousel")
    if not reading.has_carousel:
        findings.refuse(at, "no_carousel", "The template has no carousel.", expected="no carousel component")
        return
    if not reading.cards:  # not told, or in a way of which nobody here has heard
        return
    few, most = _bounds(reading)
    if not few <= len(cards) <= most:
        bound = f"{few}" if few == most else f"{few} to {most}"
        detail = f"The carousel of the template has {bound} cards; the message gives {len(cards)}."
        findings.refuse(at, "card_count", detail, found=len(cards), expected=f"{bound} cards")
    seen: set[int] = set()
    for place, card in enumerate(cards):
        here, index = f"{at}/cards/{place}", card["card_index"]
        if index in seen:
            detail = f"Card {index} is given twice."
            findings.refuse(f"{here}/card_index", "duplicate", detail, found=index)
        elif index >= most:
            detail = f"There is no card {index}: the cards of this template are 0 to {most - 1}."
            findings.refuse(f"{here}/card_index", "no_such_card", detail, found=index)
        elif part := card_of(reading, index):
            whole = f"Card {index}"
            inner = sent_of(card.get("components", ()), f"{here}/components", findings, whole=whole)
            _match_part(part, inner, findings, is_named=reading.is_named)
        seen.add(index)


def _bounds(reading: Definition) -> tuple[int, int]:
    """A carousel of products shows as many as the message names; one of media all its cards."""
    defined = len(reading.cards)
    return (1, _MOST_PRODUCT_CARDS) if reading.has_product_cards else (defined, defined)
