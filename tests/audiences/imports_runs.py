"""Imports, the longer way: odd files through the front door, and a server that is killed while it imports."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.processes import Program
from tests.table_files.odd_files import Odd, odd_files
from trunkline import phones
from trunkline.audiences.imports import addresses

PATH = "/v1/imports"
STEP = 14
"""Of more than 300 odd files each so many-th; by hand all of them (1) take some minutes."""

ODD = [odd for at, odd in enumerate(odd_files()) if at % STEP == 0]


class Door:
    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    async def upload(self, data: bytes, options: dict[str, Any]) -> tuple[int, Any]:
        form = aiohttp.FormData()
        form.add_field("options", json.dumps(options))
        form.add_field("file", data, filename="table")
        async with self._http.post(PATH, data=form) as answer:
            return answer.status, await answer.json()

    async def get(self, path: str) -> Any:
        async with self._http.get(path) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def start(self, import_id: str) -> None:
        async with self._http.post(f"{PATH}/{import_id}/start") as answer:
            assert answer.status == 200, await answer.text()

    async def until(self, import_id: str, *states: str, rows: int = 0) -> dict[str, Any]:
        async with asyncio.timeout(60):
            while True:
                made: dict[str, Any] = await self.get(f"{PATH}/{import_id}")
                if made["state"] in states and made["counts"]["rows"] >= rows:
                    return made
                await asyncio.sleep(0.02)

    async def members(self, list_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        after = ""
        while True:
            page = await self.get(f"/v1/lists/{list_id}/members?limit=100{after}")
            found += page["data"]
            if not page["paging"]["next"]:
                return found
            after = f"&after={page['paging']['next']}"


def program(folder: Path, *more: str) -> Program:
    arguments = ["serve", "--json", "--no-sandbox", "--data", str(folder / "data"), "--port", "0", *more]
    return Program(*arguments, log=folder / "log")


@asynccontextmanager
async def entered(ready: dict[str, Any], key: str) -> AsyncIterator[Door]:
    async with aiohttp.ClientSession(ready["api_url"], headers={"Authorization": key}) as http:
        yield Door(http)


def test_odd_files_are_taken_over_row_by_row_and_every_bad_row_is_named(tmp_path: Path) -> None:
    async def work() -> int:
        server, done = program(tmp_path), 0
        ready = await server.start()
        try:
            async with entered(ready, ready["api_key"]) as door:
                for at, odd in enumerate(ODD):
                    await (_taken if odd.refused is None else _refused)(door, odd, f"list {at}")
                    done += 1
        finally:
            await server.end()
        return done

    assert asyncio.run(work()) == len(ODD) > 0


async def _taken(door: Door, odd: Odd, name: str) -> None:
    mapping = {odd.columns[0]: "phone"} | dict.fromkeys(odd.columns[1:], "column")
    options: dict[str, Any] = {"mapping": mapping, "list": {"name": name}}
    status, made = await door.upload(odd.data, options | ({"sheet": odd.sheet} if odd.sheet else {}))
    assert status == 200, (odd.name, made)
    await door.until(made["id"], "checked")
    faults = (await door.get(f"{PATH}/{made['id']}/faults?limit=1000"))["data"]
    told = {(one["line"], _named(odd, one["column"]), one["reason"]) for one in faults}
    assert set(odd.bad) <= told, odd.name
    await door.start(made["id"])
    made = await door.until(made["id"], "finished")
    left_out = {one["line"] for one in faults}
    expected = {
        (addresses.digits(cells[0], None), _kept(odd, cells))
        for line, cells in odd.good
        if line not in left_out
    }
    members = await door.members(made["list_id"]) if expected else []
    assert {(one["address"], _sorted(one["columns"])) for one in members} == expected, odd.name
    for line, cells in odd.good:
        if line in left_out:
            assert not cells[0] or _is_no_number(cells[0]) or _is_told_twice(odd, line, cells[0]), odd.name


async def _refused(door: Door, odd: Odd, name: str) -> None:
    """At once, or where the dry run comes to the damaged place."""
    status, made = await door.upload(odd.data, {"sheet": odd.sheet} if odd.sheet else {})
    if status == 200:
        made = await door.until(made["id"], "failed", "draft")
        assert made["state_reason"] in {odd.refused, "no_address"}, odd.name
    else:
        assert (status, [one["rule"] for one in made["problems"]]) == (400, [odd.refused]), odd.name


def _named(odd: Odd, column: str | None) -> str | None:
    """A cell behind the last column is told by its place."""
    return column if column in odd.columns else None


def _kept(odd: Odd, cells: tuple[str, ...]) -> str:
    return _sorted(
        {name: cell.strip() for name, cell in zip(odd.columns[1:], cells[1:], strict=True) if cell.strip()}
    )


def _sorted(columns: dict[str, str]) -> str:
    return json.dumps(columns, sort_keys=True)


def _is_no_number(cell: str) -> bool:
    try:
        addresses.digits(cell, None)
    except phones.PhoneError:
        return True
    return False


def _is_told_twice(odd: Odd, line: int, cell: str) -> bool:
    mine = addresses.digits(cell, None)
    return any(
        before < line and not _is_no_number(cells[0]) and addresses.digits(cells[0], None) == mine
        for before, cells in odd.good
        if cells[0]
    )


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_a_server_that_is_killed_while_it_imports_takes_every_row_over_once(
    tmp_path: Path, engine: str, request: pytest.FixtureRequest
) -> None:
    rows = 6_000
    data = "Phone,Name\n" + "".join(f"+1555{n:07d},Person {n}\n" for n in range(rows)) + "x,Y\n"
    more = ["--database", request.getfixturevalue("postgres_url")] if engine == "postgres" else []

    async def work() -> None:
        server = program(tmp_path, *more)
        ready = await server.start()
        key = ready["api_key"]
        try:
            async with entered(ready, key) as door:
                _, made = await door.upload(data.encode(), {"list": {"name": "all"}})
                await door.until(made["id"], "checking", "checked")
            stops = [("checking", 0), ("running", 1), ("running", 2_000)]
            if engine == "postgres":  # there, each time, the dead process is believed to live for a while
                stops = stops[1:2]
            for state, rows_done in stops:
                await server.kill()
                server = program(tmp_path, *more)
                ready = await server.start()
                async with entered(ready, key) as door:
                    await _to(door, made["id"], state, rows_done)
            async with entered(ready, key) as door:
                made = await door.until(made["id"], "finished")
                counts = made["counts"]
                assert (counts["rows"], counts["new"], counts["known"]) == (rows + 1, rows, 0)
                assert counts["reasons"] == {"phone_characters": 1}
                members = await door.members(made["list_id"])
                assert sorted(one["address"] for one in members) == [f"1555{n:07d}" for n in range(rows)]
        finally:
            await server.end()

    asyncio.run(work())


async def _to(door: Door, import_id: str, state: str, rows: int) -> None:
    """As far as it is to be when the next kill comes."""
    if state == "checking":
        await door.until(import_id, "checking", "checked")
        return
    made = await door.until(import_id, "checked", "running", "finished")
    if made["state"] == "checked":
        await door.start(import_id)
    await door.until(import_id, "running", "finished", rows=rows)
