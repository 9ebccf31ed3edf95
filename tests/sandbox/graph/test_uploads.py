"""The Resumable Upload API: sessions, pieces, handles."""

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pyreqwest.response import Response

from tests.sandbox.graph.forms import file, form, post_raw
from tests.sandbox.rig import Rig, rig

DATA = b"%PDF-1.7 sample"
BINARY = "application/octet-stream"


async def begin(tools: Rig, **members: Any) -> Response:
    asked = {"file_length": len(DATA), "file_type": "application/pdf", "file_name": "a.pdf", **members}
    query = "&".join(f"{name}={quote(str(value))}" for name, value in asked.items() if value is not None)
    return await tools.call("POST", f"/v25.0/{tools.identity.app_id}/uploads?{query}")


async def session(tools: Rig) -> str:
    answer = await (await begin(tools)).json()
    assert answer["id"].startswith("upload:")
    return str(answer["id"])


async def add(tools: Rig, name: str, data: bytes, offset: int | str = 0, kind: str = BINARY) -> Response:
    """As Meta's page has it: `Authorization: OAuth`, the offset in a header with an underscore."""
    headers = {"authorization": f"OAuth {tools.identity.token}", "file_offset": str(offset)}
    return await post_raw(tools, f"/v25.0/{name}", data, kind, headers)


def test_a_file_in_one_piece_ends_in_a_handle(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            name = await session(tools)
            answer = await (await add(tools, name, DATA)).json()
            assert list(answer) == ["h"]
            assert answer["h"].startswith("4::YXBwbGljYXRpb24vcGRm:")
            assert await tools.error_of(await tools.call("GET", f"/{name}")) == (400, 100)

    asyncio.run(run())


def test_an_upload_is_resumed_where_it_stopped_even_after_a_restart(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            name = await session(tools)
            assert await (await tools.call("GET", f"/{name}")).json() == {"id": name, "file_offset": 0}
            assert (await (await add(tools, name, DATA[:4])).json())["file_offset"] == 4
        async with rig(tmp_path, subscribed=False) as tools:
            assert (await (await tools.call("GET", f"/{name}")).json())["file_offset"] == 4
            assert "h" in await (await add(tools, name, DATA[4:], 4)).json()
        assert [path.read_bytes() for path in (tmp_path / "uploads").iterdir()] == [DATA]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("data", "offset"),
    [(DATA, 3), (DATA[:4], 3), (DATA + b"x", 0), (DATA, "x"), (DATA, "-1"), (DATA, "9" * 40)],
)
def test_a_piece_that_does_not_fit_is_refused(tmp_path: Path, data: bytes, offset: int | str) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            name = await session(tools)
            assert await tools.error_of(await add(tools, name, data, offset)) == (400, 100)
            assert "h" in await (await add(tools, name, DATA)).json()

    asyncio.run(run())


def test_a_form_an_escaped_name_and_a_wrong_content_type_are_taken(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            wrapped = form(file(DATA, "application/pdf"), boundary="b")
            first = await add(tools, await session(tools), wrapped, kind="multipart/form-data; boundary=b")
            assert "h" in await first.json()
            second = await add(tools, quote(await session(tools)), DATA)
            assert "h" in await second.json()
            third = await add(tools, await session(tools), DATA, kind="application/x-www-form-urlencoded")
            assert "h" in await third.json()

    asyncio.run(run())


@pytest.mark.parametrize(
    "members",
    [
        {"file_length": None},
        {"file_length": 0},
        {"file_length": "many"},
        {"file_length": 101 << 20},
        {"file_type": None},
        {"file_type": "text/csv"},
        {"file_name": "x" * 300},
    ],
)
def test_a_session_that_meta_would_not_open_is_refused(tmp_path: Path, members: dict[str, Any]) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            assert await tools.error_of(await begin(tools, **members)) == (400, 100)

    asyncio.run(run())


def test_a_session_that_nobody_opened_does_not_exist(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            for name in ("upload:x", "upload:", "upload:x?sig=y"):
                answer = await (await add(tools, name, DATA)).json()
                assert answer["error"]["error_subcode"] == 33

    asyncio.run(run())
