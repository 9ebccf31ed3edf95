"""GUESS what each column is for, from its name and from what stands in it; people may say otherwise.

Comes in: the names of the columns and some rows. Goes out: per column a field of a contact, or an attribute
of its own name, with the reason. The words are data, in `header_words.toml`. Pure.
"""

import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

Field = Literal[
    "phone",
    "user_id",
    "name",
    "first_name",
    "language",
    "time_zone",
    "tags",
    "consent",
    "attribute",
    "ignore",
]


class ColumnGuess(msgspec.Struct, frozen=True):
    field: Field
    reason: str
    """For people."""
    attribute: str | None = None
    """The name to keep it under, where it is one."""


_PHONE = re.compile(r"(?:\+|00)?[1-9][0-9]{7,14}|0[0-9]{7,13}")
_LAYOUT = str.maketrans("", "", " -.()/\u00a0'")
_USER_ID = re.compile(r"[A-Z]{2}\.[0-9A-Za-z]{8,128}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z]{2,4})?")
_TIME_ZONE = re.compile(
    r"(?:Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)/[A-Za-z_/+-]+"
)
_COMMON_LANGUAGES = re.compile(
    "ar|bn|de|en|es|fa|fr|he|hi|id|it|ja|ko|ms|nl|pl|pt|ru|sv|sw|ta|te|th|tr|uk|ur|vi|zh"
)


def guess_mapping(headers: Sequence[str], sample: Sequence[Sequence[str]]) -> dict[str, ColumnGuess]:
    """Each field is given to one column only, by name before by content; tags may come from several.

    What our own export tells beside is left out.
    """
    guesses: dict[str, ColumnGuess] = {}
    taken: set[str] = set()
    for header in headers:
        field = _field_by_name().get(spelled_plainly(header))
        if field is not None and (field not in taken or field in {"tags", "ignore"}):
            taken.add(field)
            guesses[header] = ColumnGuess(field, _named(header, field))
    for at, header in enumerate(headers):
        if header not in guesses:
            guesses[header] = _by_content(
                [row[at] for row in sample if at < len(row) and row[at]], taken, header
            )
    return {header: guesses[header] for header in headers}


def _named(header: str, field: Field) -> str:
    return "Our own exports have it." if field == "ignore" else f"“{header}” is a usual name for it."


def is_known_word(header: str) -> bool:
    return spelled_plainly(header) in _field_by_name()


def spelled_plainly(header: str) -> str:
    """`Téléphone (mobile)`, `TELEPHONE_MOBILE` and `telephone mobile` are one."""
    flat = unicodedata.normalize("NFKD", header.casefold())
    letters = "".join(letter for letter in flat if not unicodedata.combining(letter) or letter > "\u0900")
    return " ".join(re.sub(r"[\W_]+", " ", unicodedata.normalize("NFC", letters)).split())


def _by_content(cells: Sequence[str], taken: set[str], header: str) -> ColumnGuess:
    for field, fits in _TELLING.items():
        if field not in taken and cells and sum(map(fits, cells)) >= 0.8 * len(cells):
            taken.add(field)
            return ColumnGuess(field, _LOOKS[field])
    known = _field_by_name().get(spelled_plainly(header))
    why = "Another column is taken for that already." if known in taken else "Kept under its own name."
    return ColumnGuess("attribute", why, attribute=_attribute_name(header))


def _attribute_name(header: str) -> str:
    """Words joined by `_`; marks belong to their letters, as vowels do in many scripts."""
    kept = (
        letter if letter.isalnum() or unicodedata.category(letter)[0] == "M" else " " for letter in header
    )
    return "_".join("".join(kept).casefold().split()) or "column"


def _is_language(cell: str) -> bool:
    return _LANGUAGE.fullmatch(cell) is not None and _COMMON_LANGUAGES.match(cell) is not None


_TELLING: Mapping[Field, Callable[[str], bool]] = {
    "phone": lambda cell: _PHONE.fullmatch(cell.translate(_LAYOUT)) is not None,
    "user_id": lambda cell: _USER_ID.fullmatch(cell) is not None,
    "time_zone": lambda cell: _TIME_ZONE.fullmatch(cell) is not None,
    "language": _is_language,
}
_LOOKS: Mapping[Field, str] = {
    "phone": "Its cells look like phone numbers.",
    "user_id": "Its cells look like user ids of WhatsApp.",
    "time_zone": "Its cells are names of time zones.",
    "language": "Its cells are codes of languages.",
}


@cache
def _field_by_name() -> Mapping[str, Field]:
    words = tomllib.loads(files(__package__).joinpath("header_words.toml").read_text("utf-8"))
    table = msgspec.convert(words, dict[Field, dict[str, list[str]]])
    return {
        spelled_plainly(word): field
        for field, languages in table.items()
        for names in languages.values()
        for word in names
    }
