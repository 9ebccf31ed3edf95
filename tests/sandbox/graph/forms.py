"""Multipart bodies as clients write them, and small real files."""

import struct
import zlib
from typing import Any

from pyreqwest.response import Response

from tests.sandbox.rig import Rig

BOUNDARY = "----sandbox"


def field(name: str, value: str) -> bytes:
    return f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode()


def file(data: bytes, mime_type: str | None, name: str = "file", disposition: str = 'filename="a"') -> bytes:
    kind = f"Content-Type: {mime_type}\r\n" if mime_type else ""
    return f'Content-Disposition: form-data; name="{name}"; {disposition}\r\n{kind}\r\n'.encode() + data


def form(*parts: bytes, boundary: str = BOUNDARY) -> bytes:
    line = f"--{boundary}".encode()
    return b"".join(line + b"\r\n" + part + b"\r\n" for part in parts) + line + b"--\r\n"


async def post_form(tools: Rig, path: str, *parts: bytes, content_type: str = "") -> Response:
    kind = content_type or f"multipart/form-data; boundary={BOUNDARY}"
    return await post_raw(tools, path, form(*parts), kind)


async def post_raw(
    tools: Rig, path: str, body: bytes, content_type: str, headers: dict[str, str] | None = None
) -> Response:
    building = (
        tools.client.post(tools.identity.url + path).body_bytes(body).header("content-type", content_type)
    )
    for name, value in {"authorization": f"Bearer {tools.identity.token}", **(headers or {})}.items():
        building = building.header(name, value)
    return await building.build().send()


async def upload(tools: Rig, data: bytes, mime_type: str, number: str = "") -> Response:
    path = f"/v25.0/{number or tools.identity.phone_number_id}/media"
    parts = (field("messaging_product", "whatsapp"), file(data, mime_type), field("type", mime_type))
    return await post_form(tools, path, *parts)


async def uploaded(tools: Rig, data: bytes, mime_type: str, number: str = "") -> str:
    response = await upload(tools, data, mime_type, number)
    answer = await response.json()
    assert response.status == 200, answer
    return str(answer["id"])


async def message_of(response: Response) -> str:
    return str((await response.json())["error"]["message"])


def png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0\1\2\3")) + chunk(b"IEND", b"")


def webp(size: int, *, animated: bool) -> bytes:
    flags = 2 if animated else 0
    head = b"RIFF" + struct.pack("<I", size - 8) + b"WEBPVP8X" + struct.pack("<IB", 10, flags)
    return head.ljust(size, b"\0")


def ogg(channels: int = 1) -> bytes:
    return b"OggS" + b"\0" * 24 + b"OpusHead" + bytes((1, channels)) + b"\0" * 100


def media_message(kind: str, **content: Any) -> dict[str, Any]:
    return {"type": kind, "text": None, kind: content}
