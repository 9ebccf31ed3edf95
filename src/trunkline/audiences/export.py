"""EXPORT of people as a table: everybody, or those with a tag, on a list or in a segment.

In comes which of them; out come lines of CSV in parts, in the order in which the contacts were made, with a
column for each attribute and for each column of the list's file. It is gone through twice, first for those
names. Our own import reads it back, and leaves out the columns in which `trunkline` stands.
"""

import io
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from functools import partial
from typing import Any

import msgspec

from trunkline.audiences import segments
from trunkline.audiences.segments import Part
from trunkline.clock import to_rfc3339
from trunkline.loops import until_kept
from trunkline.store import Store, Tx, lists, tags
from trunkline.store.contacts import Contact
from trunkline.table_files import TableWriter

COLUMNS = (
    *("trunkline_id", "phone", "user_id", "name", "trunkline_username"),
    *("language", "time_zone", "tags", "trunkline_created_at"),
)
"""Their `id` and `created_at` are for attributes of that name, which files often have."""
MOST_NAMES = 500
"""Attributes that get a column; there are hardly ever so many."""

_AT_ONCE = 250
"""Lines that are written in one go, in some milliseconds."""
_BOM = "\ufeff"
"""Without it spreadsheets take UTF-8 for something else."""

_texts = msgspec.json.Decoder(dict[str, str])


class Which(msgspec.Struct, frozen=True):
    """Whose people, on a list or as a rule has it."""

    account_id: str
    now: int
    list_id: str | None = None
    rule: Mapping[str, Any] = msgspec.field(default_factory=lambda: {"all": []})


class _Line(msgspec.Struct, frozen=True):
    contact: Contact
    columns: str
    tags: list[str] | None

    def texts(self) -> dict[str, str]:
        """What has columns of its own; of a name that means two things, the file's."""
        return _texts.decode(self.contact.attributes) | _texts.decode(self.columns)


async def as_csv(store: Store, which: Which) -> AsyncGenerator[bytes, None]:
    names = await _names(store, which)
    text = io.StringIO(newline="")
    text.write(_BOM)
    table = TableWriter(text, (*COLUMNS, *names))
    async for lines in _pages(store, which, with_tags=True):
        for line in lines:
            table.write(_cells(line, names))
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
    yield text.getvalue().encode()


async def _names(store: Store, which: Which) -> list[str]:
    found: dict[str, None] = {}
    async for lines in _pages(store, which, with_tags=False):
        for line in lines:
            if line.contact.attributes != "{}" or line.columns != "{}":
                found |= dict.fromkeys(line.texts())
        if len(found) >= MOST_NAMES:
            break
    return [name for name in list(found)[:MOST_NAMES] if name not in COLUMNS]


def _cells(line: _Line, names: list[str]) -> list[str | int | None]:
    contact, texts = line.contact, line.texts()
    return [
        contact.id,
        contact.phone and f"+{contact.phone}",
        contact.user_id,
        contact.name,
        contact.username,
        contact.language,
        contact.time_zone,
        ", ".join(line.tags or ()),
        to_rfc3339(contact.created_at),
        *(texts.get(name) for name in names),
    ]


async def _pages(store: Store, which: Which, *, with_tags: bool) -> AsyncIterator[list[_Line]]:
    after: str | None = ""
    while after is not None:
        part = Part(which.account_id, after, _AT_ONCE, which.now)
        page = partial(_page, which, part, with_tags)
        lines, after = await until_kept("an export", partial(store.read, page))
        yield lines


async def _page(which: Which, part: Part, with_tags: bool, tx: Tx) -> tuple[list[_Line], str | None]:
    if which.list_id is not None:
        rows = await lists.members(tx, part.account_id, which.list_id, part.after, part.count)
        last = rows[-1].contact.id if len(rows) == part.count else None
        people, columns = [row.contact for row in rows], [row.columns for row in rows]
    else:
        people, last, _ = await segments.page(tx, part, which.rule)
        columns = ["{}"] * len(people)
    tagged = await tags.of_contacts(tx, part.account_id, [one.id for one in people]) if with_tags else {}
    return [_Line(one, own, tagged.get(one.id)) for one, own in zip(people, columns, strict=True)], last
