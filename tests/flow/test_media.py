"""A picture on its way from a handset to the business, and to nobody else."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import aiohttp

from tests.clients.files import PNG
from tests.flow.test_serve import Gateway, gateway

HANDSET = "15550004711"


async def send_picture(gateway: Gateway, data: bytes) -> str:
    """The media id under which the handset's picture is told."""
    url = gateway.ready["sandbox_url"]
    async with aiohttp.ClientSession() as http:
        headers = {"content-type": "image/png"}
        async with http.post(f"{url}/_sandbox/media", data=data, headers=headers) as kept:
            media_id = str((await kept.json())["id"])
        body = {"do": "send", "type": "image", "image": {"id": media_id, "caption": "look"}}
        async with http.post(f"{url}/_sandbox/handsets/{HANDSET}/actions", json=body) as done:
            assert done.status == 200, await done.text()
    return media_id


async def told(gateway: Gateway, media_id: str) -> dict[str, Any]:
    """What the page's look-up says, once the webhook is here."""
    async with asyncio.timeout(30):
        while True:
            path = f"/v1/whatsapp/media?media_id={media_id}&from={gateway.ready['from']}"
            status, answer = await gateway.call("GET", path)
            if status == 200:
                return dict(answer)
            assert status == 404, answer
            await asyncio.sleep(0.02)


def test_a_picture_is_fetched_and_a_client_of_the_page_reads_it(tmp_path: Path) -> None:
    async def run() -> None:
        data = tmp_path / "data"
        async with gateway(data) as running:
            found = await told(running, await send_picture(running, PNG))
            sha256 = hashlib.sha256(PNG).hexdigest()
            assert (found["mime_type"], found["sha256"]) == ("image/png", sha256)
            assert (found["file_size"], found["messaging_product"]) == (str(len(PNG)), "whatsapp")
            # The page's client fetches the address with another platform's token.
            headers = {"Authorization": "Bearer EAAtheirs"}
            async with aiohttp.ClientSession() as http, http.get(found["url"], headers=headers) as answer:
                assert (answer.status, await answer.read()) == (200, PNG)
                assert answer.headers["content-disposition"].startswith("attachment; filename=")
                assert answer.headers["x-content-type-options"] == "nosniff"
                assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
            await send_picture(running, PNG)
        kept = [path for path in (data / "media").rglob("*") if path.is_file()]
        assert [path.name for path in kept] == [sha256]  # once, whoever sent it how often
        assert kept[0].stat().st_mode & 0o077 == 0

    asyncio.run(run())
