"""What passes between the front door and Graph's nodes: calls, answers, and who serves what."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from trunkline.sandbox.errors import invalid
from trunkline.sandbox.graph.fields import Field, parse_fields
from trunkline.sandbox.tokens import Holder


class File(msgspec.Struct, frozen=True):
    """A file of a multipart body."""

    name: str
    mime_type: str
    data: bytes


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A request that is not a send."""

    method: str
    node: str
    edge: str
    """What follows the node, without slashes at its ends; empty for the node itself."""
    params: dict[str, Any]
    """From the query and the body; the body wins."""
    files: dict[str, File] = {}
    raw: bytes = b""
    """The body as it came."""
    headers: dict[str, str] = {}
    """Names in lower case."""
    holder: Holder | None = None
    """Who calls."""

    @property
    def last(self) -> str:
        """The last part of the edge: `CODE` of `message_qrdls/CODE`."""
        return self.edge.rpartition("/")[2]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """For what is not the usual 200 with a JSON object."""

    body: bytes
    status: int = 200
    content_type: str = "application/json; charset=UTF-8"


Handler = Callable[[Call], Awaitable[dict[str, Any] | Answer]]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A group of nodes and edges that belong together; one module makes it, `parts.py` lists it."""

    kinds: dict[str, Callable[[str], bool]] = {}
    """Kind of a node → whether an id is of that kind."""
    routes: dict[tuple[str, str, str], Handler] = {}
    """(kind of the node, edge, method) → what serves it. The last part of an edge may be `*`."""
    fields: dict[tuple[str, str], Handler] = {}
    """(kind of the node, field) → what computes it from its arguments, when `?fields=` names it."""


def choose_fields(node: dict[str, Any], call: Call, default: tuple[str, ...] = ()) -> dict[str, Any]:
    """`?fields=a,b{c}`; the id is always there. A field that the node does not have is refused.

    Without `fields` the `default` ones are given, or all. A value that is None is left out, as Graph does.
    """
    asked = call.params.get("fields")
    if asked is None:
        names = (*default, "id") if default else node
        return {name: node[name] for name in names if node.get(name) is not None}
    if not isinstance(asked, str):
        raise invalid("Param fields must be a string.")
    fields = parse_fields(asked)
    for field in fields:
        if field.name not in node:
            raise invalid(f"Tried accessing nonexisting field ({field.name})")
    chosen = {field.name: _prune(node[field.name], field) for field in fields} | {"id": node.get("id")}
    return {name: value for name, value in chosen.items() if value is not None}


def _prune(value: Any, field: Field) -> Any:
    """Of an object or a list of objects: what stands in the braces."""
    if field.inner is None:
        return value
    if isinstance(value, list):
        return [_prune(item, field) for item in value]
    if not isinstance(value, dict):
        return value
    pruned = {inner.name: _prune(value[inner.name], inner) for inner in field.inner if inner.name in value}
    return pruned | {"id": value["id"]} if "id" in value else pruned
