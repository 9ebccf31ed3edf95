"""QR codes of a number, and their images."""

import asyncio
import re
import zlib
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.rig import Rig, rig


async def make(tools: Rig, **members: Any) -> dict[str, Any]:
    body = {"prefilled_message": "Hello", **members}
    response = await tools.call("POST", f"/v25.0/{tools.identity.phone_number_id}/message_qrdls", body)
    answer = await response.json()
    assert response.status == 200, answer
    return answer


def test_a_code_is_made_listed_changed_and_deleted(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            edge = f"/{tools.identity.phone_number_id}/message_qrdls"
            made = await make(tools)
            assert re.fullmatch("[A-Z2-7]{14}", made["code"])
            link = f"https://wa.me/message/{made['code']}"
            assert made == {"code": made["code"], "prefilled_message": "Hello", "deep_link_url": link}
            assert (await make(tools, code=made["code"], prefilled_message="Bye"))["code"] == made["code"]
            (row,) = (await (await tools.call("GET", edge)).json())["data"]
            assert row == {**made, "prefilled_message": "Bye"}
            one = await (await tools.call("GET", f"{edge}/{made['code']}")).json()
            assert one == {"data": [row]}
            assert await (await tools.call("DELETE", f"{edge}/{made['code']}")).json() == {"success": True}
            assert await (await tools.call("GET", edge)).json() == {"data": []}
            for method in ("GET", "DELETE"):
                response = await tools.call(method, f"{edge}/{made['code']}")
                assert await tools.error_of(response) == (400, 100)

    asyncio.run(run())


def test_the_image_can_be_loaded_without_a_token(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            drawn = {}
            for kind in ("PNG", "SVG"):
                url = (await make(tools, generate_qr_image=kind))["qr_image_url"]
                path = url.removeprefix(tools.identity.url)
                response = await tools.call("GET", path, token=None)
                assert response.status == 200
                drawn[kind] = (response.get_header("content-type"), bytes(await response.bytes()))
                missing = path.replace(path.split("/")[-1][:14], "A" * 14)
                assert (await tools.call("GET", missing, token=None)).status == 404
            assert drawn["PNG"][0] == "image/png"
            assert _width_of(drawn["PNG"][1]) > 100
            assert drawn["SVG"][0] == "image/svg+xml"
            assert b"<svg" in drawn["SVG"][1]

    asyncio.run(run())


def test_the_list_has_images_where_they_are_asked_for_and_comes_in_pages(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            edge = f"/{tools.identity.phone_number_id}/message_qrdls"
            codes = [(await make(tools))["code"] for _ in range(3)]
            asked = await tools.call("GET", f"{edge}?fields=code,qr_image_url.format(PNG)&limit=2")
            page = await asked.json()
            assert [row["code"] for row in page["data"]] == codes[:2]
            assert page["data"][0]["qr_image_url"].endswith(f"{codes[0]}.png")
            after = page["paging"]["cursors"]["after"]
            rest = await (await tools.call("GET", f"{edge}?limit=2&after={after}")).json()
            assert [row["code"] for row in rest["data"]] == codes[2:]

    asyncio.run(run())


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"prefilled_message": ""},
        {"prefilled_message": "x" * 141},
        {"prefilled_message": 7},
        {"prefilled_message": "x", "generate_qr_image": "GIF"},
        {"prefilled_message": "x", "code": "A" * 14},
        {"prefilled_message": "x", "code": ["A"]},
    ],
)
def test_a_code_that_meta_would_not_make_is_refused(tmp_path: Path, body: dict[str, Any]) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            response = await tools.call("POST", f"/{tools.identity.phone_number_id}/message_qrdls", body)
            assert await tools.error_of(response) == (400, 100)

    asyncio.run(run())


def test_a_code_of_another_number_does_not_exist(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            other = (await (await tools.call("POST", "/_sandbox/numbers", {})).json())["phone_number_id"]
            code = (await make(tools))["code"]
            for method in ("GET", "DELETE"):
                response = await tools.call(method, f"/{other}/message_qrdls/{code}")
                assert await tools.error_of(response) == (400, 100)
            assert await (await tools.call("GET", f"/{other}/message_qrdls")).json() == {"data": []}

    asyncio.run(run())


def _width_of(png: bytes) -> int:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert png[12:16] == b"IHDR"
    assert int.from_bytes(png[29:33], "big") == zlib.crc32(png[12:29])
    return int.from_bytes(png[16:20], "big")
