"""A JSON object and the name that Graph gives it in its errors: `text['body']`, `contacts[0]['name']`.

The checks stop at the first thing wrong, as Graph does, and raise `GraphError`. A member that is null counts
as absent.
"""

from typing import Any

import msgspec

from trunkline.sandbox.errors import invalid

_HIGH = 10**6


class Param:
    """An object of the request. Only the reader decides which members it may have."""

    __slots__ = ("members", "name")

    def __init__(self, members: dict[str, Any], name: str) -> None:
        self.members = members
        self.name = name

    def path(self, key: str) -> str:
        return f"{self.name}['{key}']" if self.name else key

    def only(self, *keys: str) -> "Param":
        """Refuse members that Graph does not know here."""
        for key in self.members:
            if key not in keys:
                raise invalid(f'Unexpected key "{key}" on param "{self.name}".')
        return self

    def has(self, key: str) -> bool:
        return self.members.get(key) is not None

    def need(self, key: str) -> Any:
        value = self.members.get(key)
        if value is None:
            raise invalid(f"The parameter {self.path(key)} is required.")
        return value

    def text(self, key: str, longest: int = _HIGH, *, empty: bool = False) -> str:
        """A required string, not empty unless `empty`."""
        value = self.need(key)
        if not isinstance(value, str):
            raise invalid(f"Param {self.path(key)} must be a string.")
        if not value and not empty:
            raise invalid(f"The parameter {self.path(key)} is required.")
        if len(value) > longest:
            raise invalid(f"Param {self.path(key)} must be at most {longest} characters long.")
        return value

    def text_if_any(self, key: str, longest: int = _HIGH) -> str | None:
        return self.text(key, longest, empty=True) if self.has(key) else None

    def flag_if_any(self, key: str) -> None:
        """A boolean, or one of the words that Graph reads as one."""
        if self.has(key) and self.members[key] not in (True, False, "true", "false", "1", "0"):
            raise invalid(f"Param {self.path(key)} must be a boolean.")

    def word(self, key: str, words: tuple[str, ...]) -> str:
        """One of `words`, in either case; answers it in lower case."""
        value = self.need(key)
        word = value.lower() if isinstance(value, str) else value
        if word not in words:
            known = ", ".join(sorted(word.upper() for word in words))
            raise invalid(f'Param {self.path(key)} must be one of {{{known}}} - got "{value}".')
        return str(word)

    def object(self, key: str) -> "Param":
        value = unpack(self.need(key))
        if not isinstance(value, dict):
            raise invalid(f"Param {self.path(key)} must be a JSON object.")
        return Param(value, self.path(key))

    def object_if_any(self, key: str) -> "Param | None":
        return self.object(key) if self.has(key) else None

    def objects(self, key: str, fewest: int = 0, most: int = _HIGH) -> list["Param"]:
        """A list of objects, required when `fewest` is more than none."""
        if not fewest and not self.has(key):
            return []
        value = unpack(self.need(key))
        if not isinstance(value, list):
            raise invalid(f"Param {self.path(key)} must be an array.")
        if not fewest <= len(value) <= most:
            wanted = f"at least {fewest}" if len(value) < fewest else f"at most {most}"
            raise invalid(f"Param {self.path(key)} must have {wanted} elements.")
        for place, item in enumerate(value):
            if not isinstance(item, dict):
                raise invalid(f"Param {self.path(key)}[{place}] must be a JSON object.")
        return [Param(item, f"{self.path(key)}[{place}]") for place, item in enumerate(value)]


def unpack(value: Any) -> Any:
    """Graph takes a list or an object also as a string of JSON, as some clients write them."""
    if not isinstance(value, str) or value[:1] not in {"{", "["}:
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return value
