"""The texts that the cells of a workbook share, kept on the disk: a million names would fill the memory.

They are asked for by number, mostly one behind the other; blocks of them that were lately used stay at hand.
"""

import re
import tempfile
import weakref
from array import array
from collections import OrderedDict
from typing import IO

from trunkline.table_files.parts import DEEPEST, Attributes, Book, Handlers, too_deep

_BLOCK = 64
_KEPT_LETTERS = 1_000_000
_END = "\x00"
"""No XML can hold it."""

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def unescape(text: str) -> str:
    """`_x000D_` stands for a letter that XML can not hold."""
    return _ESCAPED.sub(_letter, text) if "_x" in text else text


def _letter(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return "\N{REPLACEMENT CHARACTER}" if 0xD800 <= code <= 0xDFFF else chr(code)


class Strings:
    """Its file has no name and goes with it."""

    def __init__(self, longest: int) -> None:
        self._longest = longest + 1  # one more shows that it was cut
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        weakref.finalize(self, self._file.close)
        self._places = array("Q", [0])
        self._filling: list[str] = []
        self._blocks: OrderedDict[int, list[str]] = OrderedDict()
        self._letters = 0
        self._count = 0
        self._pieces: list[str] = []
        self._size = 0  # letters of the pieces
        self._is_text = False
        self._depth = 0
        self._aside = 0  # within how a text is pronounced

    def read(self, book: Book) -> None:
        if (name := book.named("sharedStrings")) is None:
            return
        handlers = Handlers(self._on_start, self._on_end, self._on_text)
        with book.archive() as archive:
            for _ in book.events(archive, name, handlers):
                pass
        self._store()

    def __getitem__(self, number: int) -> str:
        if not 0 <= number < self._count:
            raise IndexError(number)
        block, at = divmod(number, _BLOCK)
        if (texts := self._blocks.get(block)) is None:
            texts = self._load(block)
        return texts[at]

    def _load(self, block: int) -> list[str]:
        start, end = self._places[block], self._places[block + 1]
        self._file.seek(start)
        text = self._file.read(end - start).decode()
        self._letters += len(text)
        texts = self._blocks[block] = text.split(_END)
        while self._letters > _KEPT_LETTERS and len(self._blocks) > 1:
            _, old = self._blocks.popitem(last=False)
            self._letters -= sum(map(len, old)) + len(old) - 1
        return texts

    def _add(self, text: str) -> None:
        self._filling.append(unescape(text).replace(_END, "\N{REPLACEMENT CHARACTER}")[: self._longest])
        self._count += 1
        if len(self._filling) == _BLOCK:
            self._store()

    def _store(self) -> None:
        data = _END.join(self._filling).encode("utf-8", "replace")
        self._file.write(data)
        self._places.append(self._places[-1] + len(data))
        self._filling.clear()

    def _on_start(self, tag: str, _: Attributes) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise too_deep()
        if tag == "rPh":
            self._aside += 1
        self._is_text = tag == "t" and not self._aside

    def _on_text(self, text: str) -> None:
        if self._is_text and self._size < self._longest:
            self._pieces.append(text)
            self._size += len(text)

    def _on_end(self, tag: str) -> None:
        self._depth -= 1
        self._is_text = False
        if tag == "rPh":
            self._aside -= 1
        elif tag == "si":
            self._add("".join(self._pieces))
            self._pieces.clear()
            self._size = 0
