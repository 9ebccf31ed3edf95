"""When a fault strikes: by how much has been sent, so that each of them meets sends under way."""

import asyncio
import time

import aiohttp

from tests.chaos.scene import Scene

STANDING_SECONDS = 5
"""Nothing was sent for so long: what is left is in doubt, and the fault need not wait for it."""


async def until_sent(scene: Scene, count: float) -> int:
    """How much the sandbox took, once it is `count` or does not grow any more."""
    async with aiohttp.ClientSession() as http:
        last, since = await _sends(http, scene), time.monotonic()
        while last < count and time.monotonic() - since < STANDING_SECONDS:
            await asyncio.sleep(0.03)
            now = await _sends(http, scene)
            if now != last:
                last, since = now, time.monotonic()
    return last


async def _sends(http: aiohttp.ClientSession, scene: Scene) -> int:
    async with http.get(f"{scene.sandbox_url}/_sandbox/health") as answer:
        return int((await answer.json())["sends"])
