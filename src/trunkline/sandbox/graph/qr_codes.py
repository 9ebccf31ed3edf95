"""QR codes of a number: short links that open a chat with a prefilled text, and their images.

An image is drawn when it is asked for; its address needs no token, as Meta's are on a host of their own.
"""

import io
import re
import secrets
from typing import Any

import msgspec
import segno

from trunkline.sandbox.errors import GraphError, invalid
from trunkline.sandbox.graph.call import Answer, Call, Part, choose_fields
from trunkline.sandbox.graph.paging import page_of
from trunkline.sandbox.params import Param
from trunkline.sandbox.runtime import Runtime
from trunkline.sandbox.shelf import Shelf

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_IMAGE = re.compile(r"([A-Z2-7]{14})\.(png|svg)", re.ASCII)
_FIELD_FORMAT = re.compile(r"qr_image_url(?:\.format\((\w+)\))?")
_MOST = 2000
_LONGEST = 140


class QrCode(msgspec.Struct, frozen=True, kw_only=True):
    """On the shelf by its code."""

    code: str
    phone_number_id: str
    prefilled_message: str


def part(runtime: Runtime) -> Part:
    edges = _QrCodes(runtime)
    return Part(
        kinds={"public": lambda node: node == "cdn"},
        routes={
            ("number", "message_qrdls", "GET"): edges.list_codes,
            ("number", "message_qrdls", "POST"): edges.write,
            ("number", "message_qrdls/*", "GET"): edges.get,
            ("number", "message_qrdls/*", "POST"): edges.change,
            ("number", "message_qrdls/*", "DELETE"): edges.delete,
            ("public", "qr/*", "GET"): edges.draw,
        },
    )


class _QrCodes:
    def __init__(self, runtime: Runtime) -> None:
        self._shelf = Shelf(runtime.database, "qr_code", QrCode)
        self._url = runtime.identity.url

    async def list_codes(self, call: Call) -> dict[str, Any]:
        rows = [
            choose_fields(self._describe(row, _asked_format(call)), call, _DEFAULT)
            for row in self._of(call.node)
        ]
        return page_of(rows, call, self._url, "code")

    async def get(self, call: Call) -> dict[str, Any]:
        row = self._find(call.node, call.last)
        return {"data": [choose_fields(self._describe(row, _asked_format(call)), call, _DEFAULT)]}

    async def write(self, call: Call) -> dict[str, Any]:
        """A new one, or with `code` a new text for one that there is."""
        params = Param(call.params, "")
        text = params.text("prefilled_message", _LONGEST)
        image = params.word("generate_qr_image", ("png", "svg")) if params.has("generate_qr_image") else None
        if params.has("code"):
            row = self._find(call.node, params.text("code"))
            row = msgspec.structs.replace(row, prefilled_message=text)
        else:
            self._check_room(call.node)
            code = "".join(secrets.choice(_ALPHABET) for _ in range(14))
            row = QrCode(code=code, phone_number_id=call.node, prefilled_message=text)
        await self._shelf.put(row.code, row)
        answer = self._describe(row, image)
        return {name: value for name, value in answer.items() if value is not None and name != "id"}

    async def change(self, call: Call) -> dict[str, Any]:
        """The older way to name the code: in the path."""
        return await self.write(msgspec.structs.replace(call, params={**call.params, "code": call.last}))

    async def delete(self, call: Call) -> dict[str, Any]:
        await self._shelf.remove(self._find(call.node, call.last).code)
        return {"success": True}

    async def draw(self, call: Call) -> Answer:
        match = _IMAGE.fullmatch(call.last)
        row = self._shelf.get(match[1]) if match else None
        if match is None or row is None:
            return Answer(body=b"", status=404, content_type="text/plain")
        drawn = io.BytesIO()
        segno.make(_deep_link(row.code), micro=False).save(drawn, kind=match[2], scale=8)
        content_type = "image/png" if match[2] == "png" else "image/svg+xml"
        return Answer(body=drawn.getvalue(), content_type=content_type)

    def _of(self, phone_number_id: str) -> list[QrCode]:
        return [row for row in self._shelf.values() if row.phone_number_id == phone_number_id]

    def _find(self, phone_number_id: str, code: str) -> QrCode:
        row = self._shelf.get(code)
        if row is None or row.phone_number_id != phone_number_id:
            raise GraphError(100, "(#100) Invalid parameter", details=f"There is no QR code {code:.40}.")
        return row

    def _check_room(self, phone_number_id: str) -> None:
        if len(self._of(phone_number_id)) >= _MOST:
            raise invalid(f"A phone number can have at most {_MOST} QR codes.")

    def _describe(self, row: QrCode, image: str | None) -> dict[str, Any]:
        return {
            "code": row.code,
            "prefilled_message": row.prefilled_message,
            "deep_link_url": _deep_link(row.code),
            "qr_image_url": f"{self._url}/cdn/qr/{row.code}.{image}" if image else None,
        }


_DEFAULT = ("code", "prefilled_message", "deep_link_url")


def _deep_link(code: str) -> str:
    return f"https://wa.me/message/{code}"


def _asked_format(call: Call) -> str | None:
    """Of the image: `fields=code,qr_image_url.format(PNG)`."""
    match = _FIELD_FORMAT.search(str(call.params.get("fields", "")))
    return None if match is None else "png" if (match[1] or "").lower() == "png" else "svg"
