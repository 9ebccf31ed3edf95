"""Where each value of a JSON text stands: path → first line and column, last line and column, from 1."""

import re
from bisect import bisect_right
from json.decoder import JSONDecoder

Place = tuple[int, int, int, int]

_SPACE = re.compile(r"[ \t\r\n]*")
_decode = JSONDecoder().raw_decode


def find_positions(text: str) -> dict[str, Place]:
    """Of valid JSON; a path is written `screens[0].id`. Empty where it is nested too deeply."""
    walk = _Walk(text)
    try:
        walk.value(_skip(text, 0), "")
    except (RecursionError, ValueError):
        return {}
    return walk.places


class _Walk:
    def __init__(self, text: str) -> None:
        self.places: dict[str, Place] = {}
        self._text = text
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]

    def value(self, start: int, path: str) -> int:
        """Note the value at `start` and all in it; answers where it ends."""
        opening = self._text[start : start + 1]
        if opening == "{":
            end = self._members(start, path)
        elif opening == "[":
            end = self._items(start, path)
        else:
            _, end = _decode(self._text, start)
        self.places[path] = (*self._line_and_column(start), *self._line_and_column(end - 1))
        return end

    def _members(self, start: int, path: str) -> int:
        place = _skip(self._text, start + 1)
        while self._text[place] != "}":
            name, place = _decode(self._text, place)
            place = _skip(self._text, _skip(self._text, place) + 1)
            place = _skip(self._text, self.value(place, f"{path}.{name}" if path else str(name)))
            place = _skip(self._text, place + 1) if self._text[place] == "," else place
        return place + 1

    def _items(self, start: int, path: str) -> int:
        place, count = _skip(self._text, start + 1), 0
        while self._text[place] != "]":
            place = _skip(self._text, self.value(place, f"{path}[{count}]"))
            place = _skip(self._text, place + 1) if self._text[place] == "," else place
            count += 1
        return place + 1

    def _line_and_column(self, place: int) -> tuple[int, int]:
        line = bisect_right(self._lines, place)
        return line, place - self._lines[line - 1] + 1


def _skip(text: str, place: int) -> int:
    match = _SPACE.match(text, place)
    return match.end() if match else place
