"""Workbooks made by hand, the same bytes each time: what a program would write, and what none should."""

import io
import zipfile
from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


class Cell(NamedTuple):
    """As the file says it: the text of `<v>`, the type, the number of the style, a formula."""

    value: str = ""
    type: str = "n"
    style: int | None = None
    formula: str | None = None
    inside: str = ""
    """More XML."""


Rows = Sequence[Sequence[Cell | str | float | None]]


class Page(NamedTuple):
    name: str
    rows: Rows
    state: str = "visible"
    merged: tuple[str, ...] = ()
    hidden_rows: tuple[int, ...] = ()
    before: str = ""
    """XML before the rows."""
    first: int = 1
    """The number of its first row."""


class Writer:
    """`shares`: texts are put aside, as Excel does; else each stands in its cell, as many programs write."""

    def __init__(self, *, shares: bool = True, places: bool = True, prefix: str = "") -> None:
        self._shares, self._places, self._prefix = shares, places, prefix
        self._texts: dict[str, int] = {}

    def sheet(self, page: Page) -> str:
        p = self._prefix
        rows = "".join(self._row(page, at, row) for at, row in enumerate(page.rows, page.first))
        merged = "".join(f"<{p}mergeCell ref={quoteattr(area)}/>" for area in page.merged)
        areas = f"<{p}mergeCells>{merged}</{p}mergeCells>" if merged else ""
        name = f"xmlns:{p[:-1]}" if p else "xmlns"
        body = f"{page.before}<{p}sheetData>{rows}</{p}sheetData>{areas}"
        return f'{_HEAD}<{p}worksheet {name}="{_MAIN}">{body}</{p}worksheet>'

    def texts(self) -> str:
        items = "".join(
            text if text.startswith("<si>") else f"<si><t>{escape(text)}</t></si>" for text in self._texts
        )
        return f'{_HEAD}<sst xmlns="{_MAIN}">{items}</sst>'

    def _row(self, page: Page, number: int, row: Sequence[Cell | str | float | None]) -> str:
        p = self._prefix
        hidden = ' hidden="1"' if number in page.hidden_rows else ""
        cells = "".join(self._cell(at, number, cell) for at, cell in enumerate(row) if cell is not None)
        place = f' r="{number}"' if self._places else ""
        return f"<{p}row{place}{hidden}>{cells}</{p}row>"

    def _cell(self, at: int, number: int, cell: Cell | str | float) -> str:
        p = self._prefix
        place = f' r="{chr(65 + at)}{number}"' if self._places else ""
        if isinstance(cell, str):
            if not self._shares:
                inside = f"<{p}is><{p}t>{escape(cell)}</{p}t></{p}is>"
                return f'<{p}c{place} t="inlineStr">{inside}</{p}c>'
            cell = Cell(str(self._texts.setdefault(cell, len(self._texts))), "s")
        elif not isinstance(cell, Cell):
            cell = Cell(repr(cell))
        style = "" if cell.style is None else f' s="{cell.style}"'
        formula = "" if cell.formula is None else f"<{p}f>{escape(cell.formula)}</{p}f>"
        value = f"<{p}v>{escape(cell.value)}</{p}v>" if cell.value else ""
        return f'<{p}c{place} t="{cell.type}"{style}>{formula}{value}{cell.inside}</{p}c>'


def workbook(
    *pages: Page,
    writer: Writer | None = None,
    formats: Sequence[str | int] = (),
    is_1904: bool = False,
    more: dict[str, bytes] | None = None,
) -> bytes:
    """`formats`: of styles 1, 2 and so on: a built-in number, or a code. `more` replaces parts."""
    writer = writer or Writer()
    parts = {f"xl/worksheets/sheet{at}.xml": writer.sheet(page) for at, page in enumerate(pages, 1)}
    links = "".join(
        _link(f"s{at}", "worksheet", f"worksheets/sheet{at}.xml") for at in range(1, len(pages) + 1)
    )
    links += _link("t", "sharedStrings", "sharedStrings.xml") + _link("f", "styles", "/xl/styles.xml")
    names = "".join(
        f'<sheet name={quoteattr(page.name)} sheetId="{at}" state="{page.state}" r:id="s{at}"/>'
        for at, page in enumerate(pages, 1)
    )
    spaces = f'xmlns="{_MAIN}" xmlns:r="{_LINKS}"'
    properties = f'<workbookPr date1904="{int(is_1904)}"/>'
    parts |= {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"/>',
        "_rels/.rels": _links(_link("w", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f"{_HEAD}<workbook {spaces}>{properties}<sheets>{names}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _links(links),
        "xl/sharedStrings.xml": writer.texts(),
        "xl/styles.xml": _styles(formats),
    }
    return archive({name: text.encode() for name, text in parts.items()} | (more or {}))


def archive(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in parts.items():
            packed.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _styles(formats: Sequence[str | int]) -> str:
    own = {code: 164 + at for at, code in enumerate(formats) if isinstance(code, str)}
    codes = "".join(
        f"<numFmt numFmtId='{number}' formatCode={quoteattr(code)}/>" for code, number in own.items()
    )
    cells = "".join(f'<xf numFmtId="{own[one] if isinstance(one, str) else one}"/>' for one in (0, *formats))
    inside = f"<numFmts>{codes}</numFmts><cellXfs>{cells}</cellXfs>"
    return f'{_HEAD}<styleSheet xmlns="{_MAIN}">{inside}</styleSheet>'


def _link(name: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{name}" Type="{_LINKS}/{kind}" Target="{target}"/>'


def _links(inside: str) -> str:
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{inside}</Relationships>'
