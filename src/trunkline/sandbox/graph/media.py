"""Media: uploads of a number, look-up and deletion by id, and the download that a look-up points to."""

from typing import Any

from trunkline.sandbox.content.messages import check_product
from trunkline.sandbox.errors import unknown_node
from trunkline.sandbox.graph.call import Answer, Call, Part, choose_fields
from trunkline.sandbox.media.library import MediaFile
from trunkline.sandbox.media.rules import check_upload, type_of
from trunkline.sandbox.params import Param
from trunkline.sandbox.runtime import Runtime

_DOWNLOADS = "whatsapp_business"


def part(runtime: Runtime) -> Part:
    nodes = _Media(runtime)
    return Part(
        kinds={"media": lambda node: node == _DOWNLOADS or runtime.media.find(node) is not None},
        routes={
            ("number", "media", "POST"): nodes.upload,
            ("media", "", "GET"): nodes.get,
            ("media", "", "DELETE"): nodes.delete,
            ("media", "attachments", "GET"): nodes.download,
        },
    )


class _Media:
    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._library = runtime.media

    async def upload(self, call: Call) -> dict[str, Any]:
        """Odd clients name the file by another field: the only file of a body is the one that is meant."""
        params = Param(call.params, "")
        check_product(params)
        others = list(call.files.values())
        file = call.files.get("file") or (others[0] if len(others) == 1 else None)
        stated = params.text_if_any("type", 255)
        mime_type = type_of(file, stated) if file is not None else ""
        check_upload(file, mime_type)
        assert file is not None
        id_ = await self._library.store_upload(file.data, mime_type, file.name or None, call.node)
        return {"id": id_}

    async def get(self, call: Call) -> dict[str, Any]:
        return choose_fields(self._library.look_up(self._find(call)), call)

    async def delete(self, call: Call) -> dict[str, Any]:
        await self._library.delete(self._find(call).id)
        return {"success": True}

    async def download(self, call: Call) -> dict[str, Any] | Answer:
        """404 with nothing in it where the address is not good any more: ask for a new one."""
        asked = (str(call.params.get(name, "")) for name in ("mid", "ext", "hash"))
        file = self._library.find_by_url(*asked)
        data = await self._library.bytes_of(file.id) if file is not None else None
        if file is None or data is None:
            return Answer(body=b"", status=404, content_type="text/plain")
        return Answer(body=data, content_type=file.mime_type)

    def _find(self, call: Call) -> MediaFile:
        """Of the number that the call names, where it names one; files of handsets are of every number."""
        file = self._library.find(call.node)
        owner = call.params.get("phone_number_id")
        if file is None or (owner is not None and owner not in self._owners(file)):
            raise unknown_node(call.node, call.method)
        return file

    def _owners(self, file: MediaFile) -> list[str]:
        if file.phone_number_id is not None:
            return [file.phone_number_id]
        return [number.id for number in self._runtime.numbers.values()]
