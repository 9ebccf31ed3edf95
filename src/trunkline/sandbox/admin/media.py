"""Routes for files: a person's photo on its way into a message, and whatever a chat shows."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.sandbox.admin.problems import as_json
from trunkline.sandbox.media.library import Library

_MOST_BYTES = 100 * 1024 * 1024
_SHOWN = ("image/", "video/", "audio/")
_ACTIVE = ("image/svg",)
"""Can run code where a browser opens it by itself."""


def media_routes(media: Library) -> list[Route]:
    async def store(request: Request) -> Response:
        """The body is the file; its name may stand in `?filename=`."""
        data = bytearray()
        async for chunk in request.stream():
            data += chunk
            if len(data) > _MOST_BYTES:
                raise HTTPException(413, "a file may have 100 MB at most")
        if not data:
            raise HTTPException(400, "the body must be the file")
        mime_type = request.headers.get("content-type", "application/octet-stream")
        name = request.query_params.get("filename")
        return as_json({"id": await media.store_inbound(bytes(data), mime_type, name)}, 201)

    async def load(request: Request) -> Response:
        media_id = request.path_params["id"]
        data, mime_type = await media.bytes_of(media_id), media.mime_type_of(media_id)
        if data is None or mime_type is None:
            raise HTTPException(404, "there is no file of that id")
        shown = mime_type.startswith(_SHOWN) and not mime_type.startswith(_ACTIVE)
        headers = {"x-content-type-options": "nosniff", "cache-control": "private, max-age=3600"}
        headers["content-security-policy"] = "default-src 'none'; sandbox"
        if not shown:
            headers["content-disposition"] = "attachment"
        return Response(data, media_type=mime_type, headers=headers)

    return [
        Route("/_sandbox/media", store, methods=["POST"]),
        Route("/_sandbox/media/{id}", load),
    ]
