"""Files on their way to a handset, by id and by link, through a real server; and what is told when not."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp

from tests.clients.files import PNG
from tests.flow.file_server import Files, file_server
from tests.flow.test_serve import Gateway, gateway
from trunkline.clock import SystemClock, to_rfc3339

TO = "15550002222"


def picture(**media: Any) -> dict[str, Any]:
    return {"to": TO, "type": "image", "image": media}


async def send(running: Gateway, **media: Any) -> str:
    status, answer = await running.call("POST", "/v1/whatsapp/messages", picture(**media))
    assert status == 200, answer
    return str(answer["id"])


async def chat(running: Gateway) -> list[dict[str, Any]]:
    """What the handset shows."""
    url = f"{running.ready['sandbox_url']}/_sandbox/chats/{TO}/{running.ready['phone_number_id']}"
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return list((await answer.json())["messages"])


async def upload(running: Gateway, data: bytes = PNG) -> str:
    form = aiohttp.FormData()
    form.add_field("file", data, filename="a.png", content_type="image/png")
    url = running.ready["api_url"] + "/v1/whatsapp/media"
    headers = {"Authorization": f"Bearer {running.ready['api_key']}"}
    async with aiohttp.ClientSession() as http, http.post(url, data=form, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        return str((await answer.json())["id"])


async def be_strict_with_files(running: Gateway) -> None:
    """As Meta is: ids must be known, links are fetched."""
    url = f"{running.ready['sandbox_url']}/_sandbox/rules"
    async with aiohttp.ClientSession() as http, http.patch(url, json={"media": True}) as answer:
        assert answer.status == 200, await answer.text()


async def forget_at_meta(running: Gateway, media_id: str) -> None:
    url = f"{running.ready['sandbox_url']}/v26.0/{media_id}"
    headers = {"Authorization": f"Bearer {running.ready['sandbox_token']}"}
    async with aiohttp.ClientSession() as http, http.delete(url, headers=headers) as answer:
        assert answer.status == 200, await answer.text()


def test_files_by_link_and_by_id_are_shown_on_a_handset_and_a_forgotten_id_renews_itself(
    tmp_path: Path,
) -> None:
    async def run() -> None:
        async with file_server() as files, gateway(tmp_path / "data") as running:
            await be_strict_with_files(running)
            await by_link(running, files)
            await by_a_link_that_leads_nowhere(running, files)
            await by_id(running)

    asyncio.run(run())


async def by_link(running: Gateway, files: Files) -> None:
    files.answers["/a.png"] = (302, {"location": "/b.png?secret=1"}, b"")
    files.answers["/b.png"] = (200, {"content-type": "image/png"}, PNG)
    sent = [await send(running, link=f"{files.url}/a.png", caption=str(n)) for n in range(3)]
    for message_id in sent:
        await running.until(message_id, "read", "delivered")
    shown = await chat(running)
    assert [message["content"]["caption"] for message in shown] == ["0", "1", "2"]  # in order
    assert len({message["content"]["id"] for message in shown}) == 1
    assert (shown[0]["media"]["mime_type"], shown[0]["media"]["size"]) == ("image/png", len(PNG))
    assert files.asked == ["/a.png", "/b.png"]  # once


async def by_a_link_that_leads_nowhere(running: Gateway, files: Files) -> None:
    files.answers["/c.png"] = (302, {"location": "/d.png?secret=1"}, b"")
    host, link = files.url.removeprefix("http://"), f"{files.url}/c.png"
    body = {"to": TO, "type": "image", "image": {"link": link}}
    _, judged = await running.call("POST", "/v1/messages/validate?files=check", body)
    failed = await running.until(await send(running, link=link), "failed")
    cause = failed["error"]["cause"]
    assert f"{link} → 302 {host} → 404" in cause and "secret" not in str(failed["error"])
    assert not judged["valid"] and cause in judged["problems"][0]["detail"]
    assert judged["problems"][0]["pointer"] == "/image/link"
    assert len(await running.ledger(TO)) == 3  # WhatsApp never heard of it


async def by_id(running: Gateway) -> None:
    media_id = await upload(running)
    await running.until(await send(running, id=media_id), "delivered", "read")
    first = (await chat(running))[-1]
    assert first["media"]["size"] == len(PNG)
    await forget_at_meta(running, first["content"]["id"])
    message = await running.until(await send(running, id=media_id), "delivered", "read")
    assert len(message["attempts"]) == 2
    second = (await chat(running))[-1]
    assert second["content"]["id"] != first["content"]["id"] and second["media"]["size"] == len(PNG)
    soon = to_rfc3339(SystemClock().now() + 1_000)
    later = picture(id=media_id) | {"send_at": soon}
    _, accepted = await running.call("POST", "/v1/whatsapp/messages", later)
    await running.call("DELETE", f"/v1/whatsapp/media/{media_id}")
    removed = await running.until(accepted["id"], "failed")
    assert "removed by its owner" in removed["error"]["cause"]
    status, refused = await running.call("POST", "/v1/whatsapp/messages", picture(id=media_id))
    assert status == 400 and refused["error"]["problems"][0]["rule"] == "unknown_media"
    assert refused["error"]["problems"][0]["pointer"] == "/image/id"
    assert len(await chat(running)) == 5
