"""Graph's field expansion: `id,phone_numbers.limit(2){id,verified_name}` as a tree.

`choose_fields` of `call.py` applies it to an object; `graph.py` follows what is an edge or is computed.
"""

import re

import msgspec

from trunkline.sandbox.errors import GraphError

_NAME = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*")
_DEEPEST = 8


class Field(msgspec.Struct, frozen=True):
    """A name with its `.argument(value)` and its `{inner fields}`."""

    name: str
    arguments: dict[str, str]
    inner: tuple["Field", ...] | None = None

    def write(self) -> str:
        arguments = "".join(f".{name}({value})" for name, value in self.arguments.items())
        return self.name + arguments + ("" if self.inner is None else "{" + write_fields(self.inner) + "}")


def write_fields(fields: tuple[Field, ...]) -> str:
    return ",".join(field.write() for field in fields)


def parse_fields(text: str) -> tuple[Field, ...]:
    """Raises Graph's code 2500 where the text cannot be read. Empty names, as in `a,,b`, do not count."""
    reader = _Reader(text)
    fields = reader.fields(0)
    if reader.place < len(text):
        raise reader.fault("end of string")
    return fields


class _Reader:
    """Where in the text we are."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0

    def fields(self, depth: int) -> tuple[Field, ...]:
        if depth > _DEEPEST:
            raise self.fault("fewer levels")
        found: dict[str, Field] = {}
        while True:
            if self._next() not in {",", "}", ""}:
                field = self._field(depth)
                found[field.name] = field
            if not self._take(","):
                return tuple(found.values())

    def fault(self, expected: str) -> GraphError:
        there = self.text[self.place : self.place + 1] or "end of string"
        return GraphError(
            2500,
            f'Syntax error "Expected {expected} instead of "{there}"." at character {self.place}',
            status=400,
        )

    def _field(self, depth: int) -> Field:
        name = self._name()
        arguments: dict[str, str] = {}
        while self._take("."):
            argument = self._name()
            arguments[argument] = self._argument()
        inner = None
        if self._take("{"):
            inner = self.fields(depth + 1)
            if not self._take("}"):
                raise self.fault('"}"')
        return Field(name, arguments, inner)

    def _name(self) -> str:
        match = _NAME.match(self.text, self.place)
        if match is None:
            raise self.fault("name")
        self.place = match.end()
        return match[1]

    def _argument(self) -> str:
        """What stands in parentheses: a closing one inside quotes does not end it."""
        if not self._take("("):
            raise self.fault('"("')
        start, quote = self.place, ""
        for place in range(start, len(self.text)):
            sign = self.text[place]
            if quote:
                quote = "" if sign == quote else quote
            elif sign in "\"'":
                quote = sign
            elif sign == ")":
                self.place = place + 1
                return self.text[start:place].strip()
        self.place = len(self.text)
        raise self.fault('")"')

    def _next(self) -> str:
        while self.text[self.place : self.place + 1].isspace():
            self.place += 1
        return self.text[self.place : self.place + 1]

    def _take(self, sign: str) -> bool:
        if self._next() != sign:
            return False
        self.place += 1
        return True
