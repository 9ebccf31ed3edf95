"""Why Meta may reject a template, or put it into another category: warnings, each with its rule. Pure.

In comes a draft without problems, so what it has can be taken for granted. The words that are suspected are
in `lint_words.py`. Each rule says in its sentence which of Meta's pages it comes from:

    categorization  …/templates/template-categorization      review  …/templates/template-review
    components      …/templates/components                   policy  https://business.whatsapp.com/policy
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from trunkline.channels.template_contract import TemplateDraft
from trunkline.channels.whatsapp_cloud.members import objects
from trunkline.channels.whatsapp_cloud.templates.check_texts import count_emoji
from trunkline.channels.whatsapp_cloud.templates.definition import (
    BODY_BESIDE_OTHERS,
    Button,
    Definition,
    Part,
    Wording,
    read,
    sample_of,
)
from trunkline.channels.whatsapp_cloud.templates.lint_words import (
    found_in,
    is_placeholder,
    knows_opt_out,
    shortener_in,
    whatsapp_link_in,
)
from trunkline.channels.whatsapp_cloud.templates.scripts import foreign_script, script_of, width_of
from trunkline.channels.whatsapp_cloud.templates.variables import gaps_of, without_gaps
from trunkline.errors import Problem, shorten

_MOST_EMOJI = 10
_MOST_EXCLAMATIONS = 3
_LONG_ON_A_PHONE = 700  # widths of a Latin letter: about a screenful
_WIDE_BUTTON = 20
_ROOM_PER_GAP = 20  # characters that a name, an amount or a date may need
_FEW_LETTERS = 20
_SINGLE_BRACES = re.compile(r"(?<!\{)\{[A-Za-z0-9_ ]{1,40}\}(?!\})")


class _Text(NamedTuple):
    """A text of the template and where it stands."""

    what: str
    at: str
    wording: Wording


class _Subject(NamedTuple):
    draft: TemplateDraft
    reading: Definition
    texts: tuple[_Text, ...]
    buttons: tuple[tuple[str, Button], ...]

    @property
    def body_at(self) -> str:
        return next((text.at for text in self.texts if text.what == "body"), "/components")


Found = Iterator[Problem]


def lint(draft: TemplateDraft) -> tuple[Problem, ...]:
    components = objects(draft.definition.get("components"))
    reading = read(draft.definition)
    texts, buttons = tuple(_texts(components, reading)), tuple(_buttons(components, reading))
    subject = _Subject(draft, reading, texts, buttons)
    return tuple(problem for rule in _RULES for problem in rule(subject))


def _texts(components: Any, reading: Definition) -> Iterator[_Text]:
    for place, component in enumerate(components):
        at = f"/components/{place}"
        yield from _texts_of(component, reading, at)
        for index, (card, part) in enumerate(zip(_cards(component), reading.cards, strict=False)):
            for inner, one in enumerate(objects(card.get("components"))):
                yield from _texts_of(one, part, f"{at}/cards/{index}/components/{inner}")


def _texts_of(component: Mapping[str, Any], part: Part, at: str) -> Iterator[_Text]:
    type_ = component.get("type")
    if "text" not in component or not isinstance(type_, str):
        return
    wordings = {"HEADER": part.header, "BODY": part.body, "FOOTER": Wording(part.footer, ())}
    if type_ in wordings:
        yield _Text(type_.lower(), f"{at}/text", wordings[type_])


def _buttons(components: Any, reading: Definition) -> Iterator[tuple[str, Button]]:
    for place, component in enumerate(components):
        if component.get("type") == "BUTTONS":
            for index, button in enumerate(reading.buttons):
                yield f"/components/{place}/buttons/{index}", button
        for index, (card, part) in enumerate(zip(_cards(component), reading.cards, strict=False)):
            parts = objects(card.get("components"))
            inner = next((at for at, one in enumerate(parts) if one.get("type") == "BUTTONS"), 0)
            for number, button in enumerate(part.buttons):
                yield f"/components/{place}/cards/{index}/components/{inner}/buttons/{number}", button


def _cards(component: Mapping[str, Any]) -> list[dict[str, Any]]:
    return objects(component.get("cards"))


def _promotional(subject: _Subject) -> Found:
    if subject.draft.category != "UTILITY":
        return
    said = [(text.at, text.wording.text) for text in subject.texts]
    said += [(f"{at}/text", button.text) for at, button in subject.buttons]
    for at, text in said:
        if words := found_in(text, "promotional", subject.draft.language):
            detail = (
                f"“{words}” sounds like an offer. A utility template is about what the person did or asked "
                "for, and is not promotional; Meta makes this one a marketing template, or rejects it "
                "(categorization)."
            )
            yield Problem(at, "category_marketing", detail, shorten(text), "MARKETING, or no such words")
    for at, button in subject.buttons:
        if button.type in ("CATALOG", "MPM", "SPM", "COPY_CODE"):
            detail = (
                f"A button {button.type} offers something: such a template is marketing (categorization)."
            )
            yield Problem(f"{at}/type", "category_marketing", detail, button.type, "MARKETING")


def _one_time_code(subject: _Subject) -> Found:
    if subject.draft.category == "AUTHENTICATION":
        return
    for text in subject.texts:
        words = found_in(text.wording.text, "code", subject.draft.language)
        if words and text.what == "body" and text.wording.names:
            detail = (
                f"“{words}” sounds like a one-time code. Codes to prove who somebody is are sent with "
                "authentication templates only (categorization)."
            )
            yield Problem(
                text.at, "category_authentication", detail, shorten(text.wording.text), "AUTHENTICATION"
            )


def _opt_out(subject: _Subject) -> Found:
    if subject.draft.category != "MARKETING" or not knows_opt_out(subject.draft.language):
        return
    said = [
        subject.reading.footer,
        subject.reading.body.text,
        *(button.text for _, button in subject.buttons),
    ]
    if not any(found_in(text, "opt_out", subject.draft.language) for text in said):
        detail = (
            "Nothing here tells how to get no more of this. People who see no way out block the number, and "
            "Meta pauses what is blocked too often (policy: opt-out requests)."
        )
        expected = "a quick reply such as “Stop promotions”, or a footer such as “Reply STOP to opt out”"
        yield Problem("/components", "opt_out_missing", detail, None, expected)


def _links(subject: _Subject) -> Found:
    said = [(text.at, text.wording.text) for text in subject.texts]
    said += [(f"{at}/url", button.url) for at, button in subject.buttons if button.type == "URL"]
    for at, text in said:
        if host := shortener_in(text):
            detail = f"{host} hides where the link leads; reviewers reject shortened links (review)."
            yield Problem(at, "short_link", detail, shorten(text), "the full address on a domain of yours")
        if host := whatsapp_link_in(text):
            detail = f"{host} leads into WhatsApp itself; Meta takes no such links in templates (review)."
            yield Problem(at, "whatsapp_link", detail, shorten(text), "a quick reply, or an address of yours")


def _addresses(subject: _Subject) -> Found:
    for at, button in subject.buttons:
        gaps = gaps_of(button.url) if button.type == "URL" else []
        if not gaps:
            continue
        base = button.url[: gaps[0].start]
        if base.count("/") < 3:
            detail = "The variable begins in the name of the host, so the link may lead anywhere (review)."
            yield Problem(f"{at}/url", "link_host", detail, shorten(button.url), "https://shop.example/{{1}}")
        sample = sample_of(button)
        if sample is not None and not sample.startswith(("http://", "https://")):
            detail = "The sample is the whole address, which reviewers open (components)."
            yield Problem(f"{at}/example", "link_sample", detail, shorten(sample), f"{base}{sample}")


def _shouting(subject: _Subject) -> Found:
    for text in subject.texts:
        plain = without_gaps(text.wording.text)
        cased = [letter for letter in plain if letter.isupper() or letter.islower()]
        if len(cased) >= _FEW_LETTERS and sum(map(str.isupper, cased)) > 0.7 * len(cased):
            yield Problem(
                text.at, "capitals", "Nearly all letters are capitals, which reads as spam (review)."
            )
        marks = sum(plain.count(mark) for mark in "!\uff01")
        if marks > _MOST_EXCLAMATIONS or "!!" in plain or "\uff01\uff01" in plain:
            detail = f"{marks} exclamation marks read as spam (review)."
            yield Problem(text.at, "exclamations", detail, shorten(text.wording.text), "one, if any")
        emoji = count_emoji(plain)
        if emoji > _MOST_EMOJI:
            detail = (
                f"There are {emoji} emoji; Meta rejects bodies with more than {_MOST_EMOJI} (components)."
            )
            yield Problem(text.at, "emoji", detail, str(emoji), f"at most {_MOST_EMOJI}")


def _samples(subject: _Subject) -> Found:
    for text in subject.texts:
        for name, sample in text.wording.samples.items():
            if is_placeholder(sample):
                detail = (
                    f"The sample of {{{{{name}}}}} is a placeholder; reviewers judge the text with it, and "
                    "reject what they can not understand (review)."
                )
                at = text.at.removesuffix("/text") + "/example"
                yield Problem(at, "sample_placeholder", detail, shorten(sample), "such as what will be sent")


def _length(subject: _Subject) -> Found:
    for text in subject.texts:
        if text.what != "body":
            continue
        width = width_of(text.wording.text)
        if width > _LONG_ON_A_PHONE:
            wide = " letters of this script count twice;" if width > 1.5 * len(text.wording.text) else ""
            detail = (
                f"This text is {width} letters wide;{wide} about {_LONG_ON_A_PHONE} fill the screen of a "
                "phone, and the rest stands behind “Read more” (components)."
            )
            yield Problem(text.at, "long_for_phones", detail, str(len(text.wording.text)))
    reading = subject.reading
    names, room = reading.body.names, BODY_BESIDE_OTHERS - len(without_gaps(reading.body.text))
    if names and reading.longest_body == BODY_BESIDE_OTHERS and room < _ROOM_PER_GAP * len(names):
        detail = (
            f"Only {max(room, 0)} characters are left for {len(names)} variables: filled in, a body has at "
            f"most {BODY_BESIDE_OTHERS} (components)."
        )
        yield Problem(subject.body_at, "little_room", detail, None, "a shorter text")
    for at, button in subject.buttons:
        if width_of(button.text) > _WIDE_BUTTON:
            detail = (
                f"Many phones cut the text of a button after {_WIDE_BUTTON} letters (half as many wide ones)."
            )
            yield Problem(f"{at}/text", "wide_button", detail, button.text)


def _language(subject: _Subject) -> Found:
    """Scripts only: they are certain, words are not."""
    for text in subject.texts:
        plain = without_gaps(text.wording.text)
        script = foreign_script(plain, subject.draft.language)
        if script is not None and subject.draft.category != "AUTHENTICATION":
            detail = (
                f"The letters are {script}, and the language is {subject.draft.language}; Meta rejects a "
                "text that is not in its language (review: TAG_CONTENT_MISMATCH)."
            )
            wanted = script_of(subject.draft.language) or ""
            yield Problem(
                text.at, "language_mismatch", detail, shorten(text.wording.text), wanted.capitalize()
            )


def _sensitive(subject: _Subject) -> Found:
    for text in subject.texts:
        if words := found_in(text.wording.text, "sensitive", subject.draft.language):
            detail = (
                f"“{words}”: a business may not ask for payment cards, passwords or numbers of documents in "
                "WhatsApp; reviewers reject what reads like that (policy)."
            )
            yield Problem(text.at, "sensitive_data", detail, shorten(text.wording.text))


def _single_braces(subject: _Subject) -> Found:
    for text in subject.texts:
        if found := _SINGLE_BRACES.search(text.wording.text):
            detail = (
                f"{found[0]} is no variable and would be shown so; variables have two braces (components)."
            )
            yield Problem(text.at, "single_braces", detail, shorten(text.wording.text), f"{{{found[0]}}}")


def _header_alone(subject: _Subject) -> Found:
    for text in subject.texts:
        if text.what == "header" and not without_gaps(text.wording.text).strip():
            detail = (
                "The header is nothing but a variable; reviewers can not tell what will stand there (review)."
            )
            yield Problem(text.at, "variable_alone", detail, text.wording.text, "a word beside it")


def _authentication(subject: _Subject) -> Found:
    if subject.draft.category != "AUTHENTICATION":
        return
    components = objects(subject.draft.definition.get("components"))
    for place, component in enumerate(components):
        if component.get("type") == "BODY" and component.get("add_security_recommendation") is not True:
            detail = "Meta advises to add the sentence against sharing the code (authentication templates)."
            at = f"/components/{place}/add_security_recommendation"
            yield Problem(at, "no_security_advice", detail, None, "true")
    if not any("code_expiration_minutes" in component for component in components):
        detail = "Nothing tells when the code expires (authentication templates)."
        expected = '{"type": "FOOTER", "code_expiration_minutes": 10}'
        yield Problem("/components", "no_expiration", detail, None, expected)


_RULES: tuple[Callable[[_Subject], Found], ...] = (
    *(_promotional, _one_time_code, _opt_out, _links, _addresses, _shouting, _samples),
    *(_length, _language, _sensitive, _single_braces, _header_alone, _authentication),
)
