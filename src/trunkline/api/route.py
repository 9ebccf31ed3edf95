"""What a route is: one line of the table in `routes/`, whose parts stand together by what they are about."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import Enum, auto
from typing import Any

import msgspec

from trunkline.api.auth import Caller, Who
from trunkline.api.context import Api
from trunkline.api.gate import Sheds
from trunkline.api.http import Request, Response, Streamed
from trunkline.shape import Object

Handler = Callable[[Api, Request, Caller], Awaitable[Response | Streamed]]


class Takes(Enum):
    """What a route makes of a body."""

    NOTHING = auto()  # what comes is not looked at
    EMPTY = auto()  # nothing, or {}
    JSON = auto()
    LARGE_JSON = auto()
    BYTES = auto()  # as it is, whatever its type
    UPLOAD = auto()  # a form with a file, read as it comes; or JSON


class Route(msgspec.Struct, frozen=True, kw_only=True):
    method: str
    path: str
    """`{name}` is one part of the path, `{name:path}` may have slashes in it."""
    operation: str
    """The operation id; SDKs name their functions after it."""
    summary: str
    handler: Handler
    who: Who = Who.KEY
    takes: Takes = Takes.NOTHING
    body: Any = None
    """Schema of the request body, by name in `openapi.BODIES`, or the shape that checks it."""
    query: Object | None = None
    answers: Mapping[int, Any] = {}
    """Status → the type of the body or several, a content type for what is not JSON, or None for no body."""
    refusals: Sequence[str] = ()
    """Reasons of its own, beside those that come with its key and its body."""
    once: bool = False
    """Takes an Idempotency-Key."""
    resumes: bool = False
    """Takes a Last-Event-ID."""
    hot: bool = False
    sheds: Sheds = Sheds.NEVER
    """When it is refused under overload."""
    on_virtual_time: bool = False
    """Exists only on a server that was started with `--virtual-time`."""

    @property
    def accepts(self) -> bool:
        """Whether messages are born here, of which an account has a share in flight."""
        return self.sheds in (Sheds.ACCEPTS, Sheds.BATCHES)
