"""Graph's nodes: finds what serves a call.

`server.py` calls `Graph.answer` with a verified token; refusals are raised as `GraphError`. What is served
stands in `parts.py`, so that a further node is a line there and a module.
"""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from trunkline.sandbox.errors import invalid, unknown_alias, unknown_node, unknown_path
from trunkline.sandbox.graph.call import Answer, Call, Handler, Part
from trunkline.sandbox.graph.fields import Field, parse_fields, write_fields
from trunkline.sandbox.graph.permissions import check_permission

_ALIAS = re.compile(r"[A-Za-z][A-Za-z0-9._]*", re.ASCII)
"""A node may also be named by a word, as pages are."""
_PLAIN_FIELDS = {"username"}
"""Names of edges that are also plain fields of their node."""


class Graph:
    """All parts as one table."""

    def __init__(self, parts: Iterable[Part]) -> None:
        self._kinds = [item for part in parts for item in part.kinds.items()]
        self._routes: dict[tuple[str, str, str], Handler] = {}
        self._fields: dict[tuple[str, str], Handler] = {}
        for part in parts:
            self._routes.update(part.routes)
            self._fields.update(part.fields)
        self._edges = {edge for _, edge, _ in self._routes} | {"messages"}

    async def answer(self, call: Call) -> dict[str, Any] | Answer:
        kind = self._kind_of(call.node)
        if kind is None:
            is_alias = call.method == "GET" and _ALIAS.fullmatch(call.node) is not None
            raise unknown_alias(call.node) if is_alias else unknown_node(call.node, call.method)
        check_permission(kind, call)
        stem, _, last = call.edge.rpartition("/")
        names = [call.edge, f"{stem}/*"] if stem and last else [call.edge]
        for name in names:
            route = self._routes.get((kind, name, call.method))
            if route is not None:
                return await self._expand(kind, call, route)
        if any(name in self._edges for name in names):
            raise unknown_node(call.node, call.method)
        raise unknown_path(f"/{call.edge}")

    async def _expand(self, kind: str, call: Call, route: Handler) -> dict[str, Any] | Answer:
        """Of a node that is read: ask for its own fields, then for each edge that was named among them."""
        asked = call.params.get("fields")
        if call.method != "GET" or not isinstance(asked, str):
            return await route(call)
        fields = parse_fields(asked)
        if call.edge:
            return await self._expand_rows(call, route, fields)
        followed = [
            (field, handler) for field in fields if (handler := self._follow(kind, field)) is not None
        ]
        if not followed:
            return await route(call)
        edges = {field.name for field, _ in followed}
        own = write_fields(tuple(field for field in fields if field.name not in edges)) or "id"
        node = await route(msgspec.structs.replace(call, params={**call.params, "fields": own}))
        if isinstance(node, Answer):
            return node
        for field, handler in followed:
            found = await handler(_call_for(call, field))
            if isinstance(found, dict) and found != {"data": []}:
                node[field.name] = found
        return node

    async def _expand_rows(
        self, call: Call, route: Handler, fields: tuple[Field, ...]
    ) -> dict[str, Any] | Answer:
        """Of a list: the rows with their own fields, and with those that are computed for each."""
        computed = [field for field in fields if any(name == field.name for _, name in self._fields)]
        if not computed:
            return await route(call)
        own = write_fields(tuple(field for field in fields if field not in computed)) or "id"
        page = await route(msgspec.structs.replace(call, params={**call.params, "fields": own}))
        if isinstance(page, Answer):
            return page
        for row in page.get("data", []):
            kind = self._kind_of(row["id"])
            for field in computed:
                handler = self._fields.get((kind or "", field.name))
                if handler is None:
                    raise invalid(f"Tried accessing nonexisting field ({field.name})")
                found = await handler(msgspec.structs.replace(_call_for(call, field), node=row["id"]))
                if isinstance(found, dict) and found != {"data": []}:
                    row[field.name] = found
        return page

    def _kind_of(self, node: str) -> str | None:
        return next((kind for kind, has in self._kinds if has(node)), None)

    def _follow(self, kind: str, field: Field) -> Handler | None:
        if field.name in _PLAIN_FIELDS:
            return None
        return self._fields.get((kind, field.name)) or self._routes.get((kind, field.name, "GET"))


def _call_for(call: Call, field: Field) -> Call:
    params: dict[str, Any] = dict(field.arguments)
    if field.inner is not None:
        params["fields"] = write_fields(field.inner)
    return msgspec.structs.replace(call, edge=field.name, params=params)
