"""The Resumable Upload API: a session of the app, pieces of the file, and the handle in the end."""

from typing import Any

from trunkline.sandbox.content.limits import whole_number
from trunkline.sandbox.errors import GraphError, invalid, unknown_node
from trunkline.sandbox.graph.call import Call, Part
from trunkline.sandbox.media.kinds import LARGEST
from trunkline.sandbox.media.uploads import Session
from trunkline.sandbox.params import Param
from trunkline.sandbox.runtime import Runtime

_TYPES = ("application/pdf", "image/jpeg", "image/jpg", "image/png", "video/mp4")


def part(runtime: Runtime) -> Part:
    edges = _Uploads(runtime)
    return Part(
        kinds={"upload": lambda node: runtime.uploads.find(node) is not None},
        routes={
            ("app", "uploads", "POST"): edges.begin,
            ("upload", "", "GET"): edges.get,
            ("upload", "", "POST"): edges.add,
        },
    )


class _Uploads:
    def __init__(self, runtime: Runtime) -> None:
        self._uploads = runtime.uploads

    async def begin(self, call: Call) -> dict[str, Any]:
        params = Param(call.params, "")
        length = whole_number(params, "file_length", 1, LARGEST)
        mime_type = params.word("file_type", _TYPES)
        name = params.text_if_any("file_name", 255) or "file"
        return {"id": await self._uploads.begin(length, mime_type, name)}

    async def get(self, call: Call) -> dict[str, Any]:
        session = self._find(call)
        return {"id": self._uploads.name_of(session.id), "file_offset": session.offset}

    async def add(self, call: Call) -> dict[str, Any]:
        """The piece is the body as it is; a client that wraps it into a form has one file in it."""
        session = self._find(call)
        data = next(iter(call.files.values())).data if call.files else call.raw
        result = await self._uploads.add(session, _offset(call), data)
        if result is None:
            raise GraphError(
                100,
                "(#100) Invalid parameter",
                details=f"The file has {session.length} bytes, of which {session.offset} were uploaded: the "
                "piece does not fit its file_offset.",
            )
        if isinstance(result, int):
            return {"id": self._uploads.name_of(session.id), "file_offset": result}
        return {"h": result}

    def _find(self, call: Call) -> Session:
        session = self._uploads.find(call.node)
        if session is None:
            raise unknown_node(call.node, call.method)
        return session


def _offset(call: Call) -> int:
    text = call.headers.get("file_offset") or call.headers.get("file-offset") or "0"
    if not (text.isascii() and text.isdecimal() and len(text) < 15):
        raise invalid("The header file_offset must be an integer.")
    return int(text)
