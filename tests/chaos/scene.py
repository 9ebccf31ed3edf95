"""The processes of a run: a sandbox that nobody touches, and `serve`, on ports that stay the same.

Everything lies in one folder, so that a run can stop and go on later: `scene.json` has what the first start
told. Loopback only.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from tests.chaos.history import History
from tests.chaos.proxy import Proxy, Target
from tests.chaos.records import StoreWitness, keep_ledger
from tests.processes import Program, free_port, run

MESSAGES_PER_SECOND = 1000
_SCENE = "scene.json"
_FAILPOINTS = "TRUNKLINE_FAILPOINTS"
_NONE: Mapping[str, str] = {}


class Place(msgspec.Struct, kw_only=True):
    """What stays the same over restarts."""

    port: int
    sandbox_port: int
    proxy_port: int = 0
    """Of the proxy before the sandbox; 0: there is none."""
    api_key: str = ""
    numbers: list[str] = []
    """Digits of the business numbers."""


class Scene:
    """See `open_scene`."""

    def __init__(self, folder: Path, store_url: str, place: Place) -> None:
        self.folder = folder
        self.place = place
        self.data = folder / "data"
        self.api_url = f"http://127.0.0.1:{place.port}"
        self.sandbox_url = f"http://127.0.0.1:{place.sandbox_port}"
        self.store_url = store_url
        self.settings: dict[str, str] = {}
        """More of the server's environment."""
        self.witness = StoreWitness(store_url, self.data)
        self.history = History(folder)
        self.proxy: Proxy | None = None
        self.sandbox = self.program("sandbox", "--port", str(place.sandbox_port), data=folder / "sandbox")
        self.serve = self.server()

    def server(self, failpoints: str = "", *arguments: str) -> Program:
        """A server that is not started yet. At its failpoints it ends itself."""
        return self.program(
            "serve", "--no-sandbox", "--port", str(self.place.port), *arguments,
            data=self.data, environment={_FAILPOINTS: failpoints} if failpoints else {},
        )  # fmt: skip

    async def server_again(self) -> None:
        """Unarmed, whatever became of the one before."""
        await self.serve.end()
        self.serve = self.server()
        await self.serve.start()

    def program(
        self, name: str, *arguments: str, data: Path, environment: dict[str, str] | None = None
    ) -> Program:
        ours = dict(self.settings) if name == "serve" else {}
        if self.store_url and name == "serve":
            ours["TRUNKLINE_STORE_URL"] = self.store_url
        log = self.folder / f"{name}.log"
        return Program(
            name, "--json", "--data", str(data), *arguments, log=log, environment=ours | (environment or {})
        )

    def struck(self) -> list[str]:
        """Names of the failpoints that were reached, in order, of all servers on this data folder."""
        report = self.data / "failpoints"
        return report.read_text().split() if report.exists() else []

    async def keep_records(self) -> None:
        """When nothing works any more: what the store and the ledger hold, for the checker."""
        await self.witness.keep(self.folder)
        async with aiohttp.ClientSession() as http:
            await keep_ledger(http, self.sandbox_url, self.folder)


@contextlib.asynccontextmanager
async def open_scene(
    folder: Path,
    store_url: str = "",
    *,
    numbers: int = 1,
    with_proxy: bool = False,
    arguments: Sequence[str] = (),
    serve_arguments: Sequence[str] = (),
    number_arguments: Sequence[str] = (),
    settings: Mapping[str, str] = _NONE,
) -> AsyncIterator[Scene]:
    """Sandbox and server run, both with `arguments`; numbers are registered. Goes on with what is there."""
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240
    place = _known(folder) or Place(
        port=free_port(), sandbox_port=free_port(), proxy_port=free_port() if with_proxy else 0
    )
    scene = Scene(folder, store_url, place)
    scene.settings |= settings
    scene.sandbox = scene.program(
        "sandbox", "--port", str(place.sandbox_port), *arguments, data=folder / "sandbox"
    )
    theirs = await scene.sandbox.start()
    try:
        async with _proxy(scene):
            scene.serve = scene.server("", *arguments, *serve_arguments)
            ready = await scene.serve.start()
            try:
                if not place.numbers:
                    place.api_key = ready["api_key"]
                    place.numbers = await _register(scene, theirs, ready, numbers, number_arguments)
                    (folder / _SCENE).write_bytes(msgspec.json.encode(place))
                yield scene
            finally:
                await scene.serve.end()
    finally:
        await scene.sandbox.end()
        scene.history.close()


def _known(folder: Path) -> Place | None:
    path = folder / _SCENE
    return msgspec.json.decode(path.read_bytes(), type=Place) if path.exists() else None


@contextlib.asynccontextmanager
async def _proxy(scene: Scene) -> AsyncIterator[None]:
    if not scene.place.proxy_port:
        yield
        return
    scene.proxy = Proxy(Target(port=scene.place.sandbox_port))
    await scene.proxy.start(scene.place.proxy_port)
    try:
        yield
    finally:
        await scene.proxy.stop()


async def _register(
    scene: Scene, theirs: dict[str, Any], ready: dict[str, Any], count: int, more: Sequence[str]
) -> list[str]:
    """Business numbers at the sandbox, the first of which is there already; their digits."""
    base = f"http://127.0.0.1:{scene.place.proxy_port or scene.place.sandbox_port}/v26.0"
    found = [(theirs["from"], theirs["phone_number_id"])]
    async with aiohttp.ClientSession() as http:
        for index in range(1, count):
            new = {"digits": f"1555100{index:04}", "name": f"Number {index}"}
            async with http.post(f"{scene.sandbox_url}/_sandbox/numbers", json=new) as answer:
                found.append((new["digits"], (await answer.json())["phone_number_id"]))
    for digits, phone_number_id in found:
        await run(
            "numbers", "add", "--data", str(scene.data), "--from", digits,
            "--phone-number-id", phone_number_id, "--waba-id", theirs["waba_id"],
            "--token", theirs["sandbox_token"], "--app-id", theirs["app_id"],
            "--app-secret", theirs["app_secret"], "--base-url", base,
            "--hook-url", ready["hook_url"], "--messages-per-second", str(MESSAGES_PER_SECOND),
            *more,
        )  # fmt: skip
    return [digits for digits, _ in found]


@contextlib.contextmanager
def database(folder: Path, engine: str, port: int = 0) -> Iterator[str]:
    """The setting `store.url`. PostgreSQL keeps its files in the folder and is stopped at the end."""
    if engine == "sqlite":
        yield ""
        return
    from tests.postgres import running_postgres

    folder.mkdir(parents=True, exist_ok=True)
    os.chmod(folder, 0o711)  # PostgreSQL may run as somebody else
    with running_postgres(folder / "postgres", port) as server:
        yield server.url()


async def until_struck(server: Program, seconds: float) -> bool:
    """Whether it ended by itself within that time, as an armed failpoint makes it."""
    try:
        await asyncio.wait_for(server.ended(), seconds)
    except TimeoutError:
        return False
    return True
