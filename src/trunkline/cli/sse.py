"""Server-sent events: bytes as they come → blocks. Pure.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

import codecs
import re
from collections.abc import Iterator
from typing import NamedTuple

_LINE = re.compile("(.*?)(\\r\\n|\\n|\\r(?=.))", re.DOTALL)


class Block(NamedTuple):
    """What stands between two empty lines. Without data it only says how far the stream is."""

    id: str
    event: str
    data: str


class Reader:
    """Of one connection. A block that the connection cut off never comes out of it."""

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8-sig")("replace").decode
        self._rest = ""
        self._id = self._event = ""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> Iterator[Block]:
        text = self._rest + self._decode(chunk)
        end = 0
        for line in _LINE.finditer(text):
            end = line.end()
            if line[1]:
                self._take(line[1])
            else:
                yield Block(self._id, self._event, "\n".join(self._data))
                self._event, self._data = "", []
        self._rest = text[end:]

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id = value
