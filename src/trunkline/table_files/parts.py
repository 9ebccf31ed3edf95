"""The parts of a workbook: which sheets there are, where they lie, and each one as a stream of XML.

A workbook is a ZIP of XML. Its sizes are checked before anything is unpacked; what claims to be smaller than
it is ends where it claimed. It may bring no document types, and so no entities of its own.
"""

import errno
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from xml.parsers import expat

from trunkline.table_files.found import Limits, Sheet, TableError

CHUNK = 65_536
_SMALL = 64 * 1024 * 1024
_MOST_PACKED = 250
"""How many times smaller an honest part may be packed."""
_LONGEST_TAG = 4 * 1024 * 1024

_ROOT = 2_048
_PREFIX = re.compile(rb"<[A-Za-z_][\w.-]*:")

DEEPEST = 1_000
"""Elements within elements; workbooks have about ten."""

_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
    OverflowError,
    struct.error,
)

Attributes = dict[str, str]


class Part(NamedTuple):
    sheet: Sheet
    name: str


class Handlers(NamedTuple):
    """Names come without their prefix."""

    start: Callable[[str, Attributes], object]
    end: Callable[[str], object] | None = None
    text: Callable[[str], object] | None = None
    looks_at_links: bool = False
    """Attributes have prefixes, too."""


class Book:
    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self._limits = limits
        self._targets: dict[str, tuple[str, str]] = {}  # id -> kind, name
        self.parts: list[Part] = []
        self.counts_from_1904 = False
        with self.archive() as archive:
            main = self._main(archive)
            self._read_targets(archive, main)
            self._read_all(archive, main, Handlers(self._on_workbook, looks_at_links=True))
        if not self.parts:
            raise TableError("empty", "The workbook has no sheet.")

    def archive(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(self._path)
        except (zipfile.BadZipFile, ValueError) as error:
            raise _damaged() from error

    def named(self, kind: str) -> str | None:
        """The part of this kind, such as `styles`."""
        return next((name for its_kind, name in self._targets.values() if its_kind == kind), None)

    def events(self, archive: zipfile.ZipFile, name: str, handlers: Handlers) -> Iterator[None]:
        """A stop after each piece, in which what was handled may be taken away."""
        parser: expat.XMLParserType | None = None
        fed = 0
        try:
            for data in self.data(archive, name):
                if parser is None:  # the elements of nearly all workbooks have no prefix, which is quicker
                    has_prefixes = handlers.looks_at_links or _PREFIX.search(data[:_ROOT]) is not None
                    parser = _parser(handlers, has_prefixes=has_prefixes)
                parser.Parse(data, False)
                fed += len(data)
                if fed - parser.CurrentByteIndex > _LONGEST_TAG:
                    raise TableError("broken", "A part of the workbook is longer than any honest one.")
                yield
            if parser is None:
                raise _damaged()
            parser.Parse(b"", True)
        except (expat.ExpatError, LookupError, ValueError) as error:  # the latter two of unknown encodings
            raise TableError("broken", f"The workbook is damaged: {name} is no sound XML.") from error
        yield

    def data(self, archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
        try:
            self._check_size(archive.getinfo(name))
            with archive.open(name) as file:
                while data := file.read(CHUNK):
                    yield data
        except KeyError as error:
            raise TableError("broken", f"The workbook is damaged: it has no {name}.") from error
        except _FAULTS as error:
            raise _damaged() from error
        except OSError as error:
            if error.errno != errno.EINVAL:  # a place before the file's beginning, by a damaged directory
                raise
            raise _damaged() from error

    def _check_size(self, info: zipfile.ZipInfo) -> None:
        if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise _damaged()
        too_dense = info.file_size > _SMALL and info.file_size > info.compress_size * _MOST_PACKED
        if info.file_size > self._limits.unpacked_bytes or too_dense:
            detail = f"{info.filename} has {info.file_size:,} bytes unpacked, more than an honest one."
            raise TableError("too_large", detail)

    def _read_all(self, archive: zipfile.ZipFile, name: str, handlers: Handlers) -> None:
        for _ in self.events(archive, name, handlers):
            pass

    def _main(self, archive: zipfile.ZipFile) -> str:
        found: list[str] = []

        def on_start(tag: str, attributes: Attributes) -> None:
            if tag == "Relationship" and attributes.get("Type", "").endswith("/officeDocument"):
                found.append(attributes.get("Target", "").lstrip("/"))

        self._read_all(archive, "_rels/.rels", Handlers(on_start))
        return found[0] if found else "xl/workbook.xml"

    def _read_targets(self, archive: zipfile.ZipFile, main: str) -> None:
        folder, file = posixpath.split(main)

        def on_start(tag: str, attributes: Attributes) -> None:
            if tag == "Relationship" and attributes.get("TargetMode") != "External":
                target = attributes.get("Target", "")
                name = posixpath.normpath(posixpath.join("/" + folder, target)).lstrip("/")
                kind = attributes.get("Type", "").rpartition("/")[2]
                self._targets[attributes.get("Id", "")] = (kind, name)

        self._read_all(archive, f"{folder}/_rels/{file}.rels".lstrip("/"), Handlers(on_start))

    def _on_workbook(self, tag: str, attributes: Attributes) -> None:
        if tag == "workbookPr":
            self.counts_from_1904 = attributes.get("date1904") in {"1", "true"}
        elif tag == "sheet":
            kind, name = self._targets.get(attributes.get("id", ""), ("", ""))
            if kind == "worksheet":  # a sheet may also be a chart
                is_hidden = attributes.get("state", "visible") != "visible"
                self.parts.append(Part(Sheet(attributes.get("name", ""), is_hidden), name))


def _parser(handlers: Handlers, *, has_prefixes: bool) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    plain = not has_prefixes
    parser.StartElementHandler = handlers.start if plain else _without_prefix(handlers.start)
    if (on_end := handlers.end) is not None:
        parser.EndElementHandler = on_end if plain else lambda tag: on_end(tag.rpartition(":")[2])
    if handlers.text is not None:
        parser.CharacterDataHandler = handlers.text
    parser.StartDoctypeDeclHandler = _refuse_types
    return parser


def _without_prefix(start: Callable[[str, Attributes], object]) -> Callable[[str, Attributes], object]:
    def on_start(tag: str, attributes: Attributes) -> object:
        plain = {name.rpartition(":")[2]: value for name, value in attributes.items()}
        return start(tag.rpartition(":")[2], plain)

    return on_start


def too_deep() -> TableError:
    return TableError("broken", "The workbook has elements within elements as no honest one has.")


def _refuse_types(*_: object) -> None:
    raise TableError("broken", "The workbook brings document types of its own. That is no honest workbook.")


def _damaged() -> TableError:
    return TableError("broken", "The file begins as XLSX and is damaged or not whole.")
