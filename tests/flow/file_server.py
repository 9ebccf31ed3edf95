"""A server of files as customers have them, on this machine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web


class Files:
    """A file server: path → (status, headers, body); what is asked is counted."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[str] = []
        self.url = ""
        self.open = asyncio.Event()
        """Nothing is answered while it is not set."""
        self.open.set()

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        await self.open.wait()
        status, headers, body = self.answers.get(request.path, (404, {}, b"no"))
        return web.Response(status=status, headers=headers, body=body)


@asynccontextmanager
async def file_server(host: str = "127.0.0.1") -> AsyncIterator[Files]:
    files, app = Files(), web.Application()
    app.router.add_get("/{path:.*}", files.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, host, 0)
    await site.start()
    files.url = f"http://{host}:{runner.addresses[0][1]}"
    try:
        yield files
    finally:
        await runner.cleanup()
