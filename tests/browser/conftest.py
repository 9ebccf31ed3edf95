"""A real Chromium, and a real server to look at."""

import asyncio
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.wall import Wall, served_ui
from tests.processes import Program

# All but the first two keep the browser from looking for its maker's hosts, which a test may not reach.
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")  # no longer: while it is open, its event loop runs in this thread
def chromium() -> Iterator[Browser]:
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("no Chromium here")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What a server in a process of its own printed; its event loop runs beside the browser's."""
    folder: Path = tmp_path_factory.mktemp("browser")
    arguments = ("serve", "--json", "--data", str(folder / "data"), "--port", "0", "--sandbox-port", "0")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    program = Program(*arguments, log=folder / "log")
    try:
        ready = asyncio.run_coroutine_threadsafe(program.start(), loop).result()
        yield ready
        asyncio.run_coroutine_threadsafe(program.end(), loop).result()
    finally:  # also when it did not start: a thread that is left keeps the whole run from ending
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture(scope="module")
def server_url(server: dict[str, Any]) -> str:
    return str(server["api_url"])


@pytest.fixture(
    params=[("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)], ids=lambda p: f"{p[0]}-{p[1]}"
)
def context(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[BrowserContext]:
    """A window of each theme, as wide as a desk and as a phone."""
    scheme, width = request.param
    context = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
    yield context
    context.close()


@pytest.fixture(scope="module")
def ui_url() -> Iterator[str]:
    with served_ui() as url:
        yield url


@pytest.fixture(scope="module")
def one_wall(chromium: Browser, ui_url: str) -> Iterator[Wall]:
    context = chromium.new_context(timezone_id="UTC", viewport={"width": 390, "height": 800})
    yield Wall(context.new_page(), ui_url)
    context.close()


@pytest.fixture
def wall(one_wall: Wall) -> Wall:
    one_wall.asked.clear()
    one_wall.wrong.clear()
    return one_wall
