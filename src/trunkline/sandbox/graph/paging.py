"""Graph's cursor paging: `limit`, `after` and `before` over a list that has ids."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from trunkline.sandbox.errors import GraphError, invalid
from trunkline.sandbox.graph.call import Call

_DEFAULT = 25
_MOST = 1000


def page_of(rows: Sequence[dict[str, Any]], call: Call, url: str, key: str = "id") -> dict[str, Any]:
    """`{"data", "paging"}` for the slice of `rows` that the call asks for; `url` is the sandbox's own.

    A cursor names the row it stands on by its `key`. One that names no row is refused with 131059.
    """
    limit = _limit(call)
    start, end = 0, len(rows)
    if (after := call.params.get("after")) is not None:
        start = _place(rows, key, after) + 1
    if (before := call.params.get("before")) is not None:
        end = _place(rows, key, before)
        start = max(start, end - limit)
    page = rows[start : min(end, start + limit)]
    if not page:
        return {"data": []}
    first, last = _cursor(page[0][key]), _cursor(page[-1][key])
    paging: dict[str, Any] = {"cursors": {"before": first, "after": last}}
    if start + len(page) < len(rows):
        paging["next"] = _link(call, url, {"after": last})
    if start > 0:
        paging["previous"] = _link(call, url, {"before": first})
    return {"data": list(page), "paging": paging}


def _limit(call: Call) -> int:
    given = call.params.get("limit", _DEFAULT)
    text = str(given)
    if not (text.isascii() and text.isdecimal() and int(text[:9]) > 0):
        raise invalid("Param limit must be an integer greater than 0.")
    return min(int(text[:9]), _MOST)


def _cursor(id_: object) -> str:
    return base64.urlsafe_b64encode(str(id_).encode()).decode().rstrip("=")


def _place(rows: Sequence[dict[str, Any]], key: str, cursor: object) -> int:
    try:
        wanted = base64.urlsafe_b64decode(f"{cursor}===").decode()
    except (binascii.Error, ValueError):
        wanted = ""
    for place, row in enumerate(rows):
        if str(row[key]) == wanted:
            return place
    raise GraphError(131059, details="The cursor is not valid, or what it stood on is gone.")


def _link(call: Call, url: str, cursor: dict[str, str]) -> str:
    kept = {name: value for name, value in call.params.items() if name not in ("after", "before")}
    query = {**{name: str(value) for name, value in kept.items() if isinstance(value, str | int)}, **cursor}
    return f"{url}/{call.node}/{call.edge}?{urlencode(query)}"
