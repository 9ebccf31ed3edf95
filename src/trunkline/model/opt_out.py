"""Opt-out words: whether a message is nothing but the order to stop, or to start again, in any language.

In comes what a person wrote or chose; out goes an `Order`, or None. Only the whole text counts, never a part
of it. The words and what is answered are data, in `opt_out_words.toml`. Pure.
"""

import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum
from importlib.resources import files
from typing import Literal

import msgspec

from trunkline.model.message import Priority

ALL, MARKETING = "all", "marketing"
"""Scopes: what somebody does not want. They are the purposes of consents, too."""

_REFUSALS = {
    ALL: {
        "code": 0,
        "title": "The recipient has opted out",
        "cause": "The address is on the account's suppression list. WhatsApp was not asked.",
        "actor": "recipient",
        "remedy": "Do not write to them. They can write START, or you lift it with a proof of consent.",
    },
    MARKETING: {
        "code": 0,
        "title": "The recipient has opted out of marketing",
        "cause": "The address is on the account's suppression list for marketing. WhatsApp was not asked.",
        "actor": "recipient",
        "remedy": "Send no marketing to them. They can write START, or you lift it with a proof of consent.",
    },
}

_LONGEST = 80
"""Letters; longer texts are no orders, and need not be looked at closer."""

_ASIDE = str.maketrans({"\u0131": "i", "ł": "l", "ø": "o", "đ": "d"})
"""Letters that Unicode takes for letters of their own, typed without their stroke; i without its dot."""


class Order(StrEnum):
    STOP = "stop"
    STOP_MARKETING = "stop_marketing"
    START = "start"

    @property
    def scope(self) -> str:
        return MARKETING if self is Order.STOP_MARKETING else ALL


class Heard(msgspec.Struct, frozen=True):
    """An order, and in which languages its words say it."""

    order: Order
    languages: tuple[str, ...]


class _Language(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    stop: list[str]
    stop_marketing: list[str]
    start: list[str]
    codes: list[str]
    accents: Literal["optional", "required"]
    stopped: str
    stopped_marketing: str
    started: str

    def words(self, order: Order) -> list[str]:
        return {Order.STOP: self.stop, Order.STOP_MARKETING: self.stop_marketing, Order.START: self.start}[
            order
        ]


def _load() -> dict[str, _Language]:
    text = files(__package__).joinpath("opt_out_words.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, _Language])


LANGUAGES: Mapping[str, _Language] = _load()

_BY_CODE = {code: language for language, known in LANGUAGES.items() for code in known.codes}


class Vocabulary:
    """The words of the data file, with those that an operator adds or takes away."""

    def __init__(
        self, more_stop: Iterable[str] = (), more_start: Iterable[str] = (), ignored: Iterable[str] = ()
    ) -> None:
        self._exact: dict[str, Heard] = {}
        self._loose: dict[str, Heard] = {}
        for name, language in LANGUAGES.items():
            for order in Order:
                self._learn(language.words(order), order, (name,), language.accents == "optional")
        self._learn(more_stop, Order.STOP, (), is_loose=False)
        self._learn(more_start, Order.START, (), is_loose=False)
        for word in map(plain, ignored):
            self._exact.pop(word, None)
            self._loose.pop(_bare(word), None)

    def read(self, text: str | None) -> Heard | None:
        """The order that `text` is, if it is one and nothing else."""
        if text is None or len(text) > _LONGEST * 4:
            return None
        words = plain(text)
        if not words or len(words) > _LONGEST:
            return None
        return self._exact.get(words) or self._loose.get(_bare(words))

    def _learn(self, words: Iterable[str], order: Order, languages: tuple[str, ...], is_loose: bool) -> None:
        for word in map(plain, words):
            if word:
                _note(self._exact, word, order, languages)
                if is_loose:
                    _note(self._loose, _bare(word), order, languages)


def _note(known: dict[str, Heard], word: str, order: Order, languages: tuple[str, ...]) -> None:
    """The first order of a word stands: one that means both in two languages stops rather than starts."""
    heard = known.get(word)
    if heard is None:
        known[word] = Heard(order, languages)
    elif heard.order is order:
        known[word] = Heard(order, tuple(dict.fromkeys(heard.languages + languages)))
    elif heard.order is Order.START:
        known[word] = Heard(order, languages)


def plain(text: str) -> str:
    """`text` without what changes nothing: case, width, punctuation, emoji, invisible characters."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join("".join(map(_kept, folded)).split())


def _kept(letter: str) -> str:
    category = unicodedata.category(letter)
    if category in ("Cf", "Me") or "\ufe00" <= letter <= "\ufe0f":  # joiners, marks of emoji and of direction
        return ""
    if letter in "\u115f\u1160":  # letters of Hangul that show nothing
        return ""
    return letter if category[0] in "LMN" else " "


def _bare(words: str) -> str:
    """The same without accents."""
    parted = unicodedata.normalize("NFD", words)
    bare = "".join(letter for letter in parted if unicodedata.category(letter) != "Mn")
    return unicodedata.normalize("NFC", bare).translate(_ASIDE)


def stops(scope: str, purpose: str | None, priority: Priority) -> bool:
    """Whether a suppression of this scope stops such a message; the store's query says the same."""
    return scope == ALL or purpose == MARKETING or (purpose is None and priority is Priority.BULK)


def refusal(scope: str) -> str:
    """The error of a message that was stopped: JSON with the members of a `SendError`."""
    return msgspec.json.encode(_REFUSALS[scope]).decode()


REFUSED = frozenset(map(refusal, _REFUSALS))
"""All of these."""


def reply_to(heard: Heard, phone: str | None, default: str) -> str:
    """The text of the answer: in a language of the word, the person's own if it is one."""
    known = LANGUAGES[_language_of(heard.languages, phone, default)]
    texts = {
        Order.STOP: known.stopped,
        Order.STOP_MARKETING: known.stopped_marketing,
        Order.START: known.started,
    }
    return texts[heard.order]


def _language_of(languages: tuple[str, ...], phone: str | None, default: str) -> str:
    theirs = _spoken_at(phone)
    if theirs is not None and (theirs in languages or not languages):
        return theirs
    if default in languages or (not languages and default in LANGUAGES):
        return default
    return languages[0] if languages else "en"


def _spoken_at(phone: str | None) -> str | None:
    """By the calling code, the longest that is known."""
    digits = phone or ""
    return next((_BY_CODE[digits[:size]] for size in (3, 2, 1) if digits[:size] in _BY_CODE), None)
