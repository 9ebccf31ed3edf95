"""Which kind of file it is, where that can be told from its bytes; those that are not taken are named."""

import zipfile
from pathlib import Path

from trunkline.table_files.found import TableError

_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_LOOKED_THROUGH = 64 * 1024 * 1024
_CHUNK = 1024 * 1024
_SAVE_AS = "Save it as XLSX or CSV."
_MOST_PARTS = 10_000
_OTHERS = (
    (b"%PDF-", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "packed with gzip"),
    (b"7z\xbc\xaf\x27\x1c", "packed with 7z"),
    (b"Rar!", "packed with RAR"),
    (b"SQLite format 3\x00", "a database"),
    (b"PAR1", "Parquet"),
    (b"{\\rtf", "rich text"),
)
_MARKUP = (b"<!doctype html", b"<html", b"<table", b"<?xml", b"<meta", b"<head", b"<div")
_MARKS = b"\xef\xbb\xbf \t\r\n"


def is_workbook(path: Path, head: bytes) -> bool:
    """False: text, for all that is known."""
    if not head.strip(_MARKS):
        raise TableError("empty", "The file is empty.")
    if head.startswith(_OLD_OFFICE):
        raise _old_office(path)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        _require_workbook(path)
        return True
    for magic, name in _OTHERS:
        if head.startswith(magic):
            raise TableError("not_a_table", f"The file is {name}. CSV and XLSX are taken.")
    if head.lstrip(_MARKS)[:20].lower().startswith(_MARKUP):
        raise TableError("markup", f"The file is a web page or XML, whatever its name says. {_SAVE_AS}")
    return False


def _old_office(path: Path) -> TableError:
    """An encrypted workbook is wrapped in the format that XLS has, too."""
    with path.open("rb") as file:
        tail = b""
        for _ in range(_LOOKED_THROUGH // _CHUNK):
            data = file.read(_CHUNK)
            if _ENCRYPTED in tail + data:
                return TableError(
                    "encrypted", "The workbook is protected by a password. Save it without one."
                )
            if not data:
                break
            tail = data[-len(_ENCRYPTED) :]
    return TableError("xls", f"The file is in the old format of Excel (XLS). {_SAVE_AS}")


def _require_workbook(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            if len(archive.filelist) > _MOST_PARTS:
                raise TableError("broken", "The file has more parts than any workbook.")
            names = {info.filename for info in archive.filelist}
            kind = archive.open("mimetype").read(100) if "mimetype" in names else b""
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise TableError("broken", "The file begins as XLSX and is damaged or not whole.") from error
    if b"opendocument" in kind:
        raise TableError("ods", f"The file is an OpenDocument file (ODS). {_SAVE_AS}")
    if "xl/workbook.bin" in names:
        raise TableError("xlsb", f"The file is a binary workbook (XLSB). {_SAVE_AS}")
    if "Index/Document.iwa" in names:
        raise TableError("numbers", f"The file is of Numbers by Apple. {_SAVE_AS}")
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise TableError("not_a_table", "The file is an archive, and no workbook. CSV and XLSX are taken.")
