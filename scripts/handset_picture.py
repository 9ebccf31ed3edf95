"""Draws docs/handset.png anew: a sandbox of its own, a short conversation, a picture of the phone.

Needs Chromium, Playwright and a colour emoji font: `python scripts/handset_picture.py [file]`. Nothing leaves
this machine.
"""

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, FloatRect, async_playwright
from pyreqwest.client import Client, ClientBuilder

from trunkline.sandbox import Identity, Sandbox, Settings

_PHONE = "15550001234"
_FILE = Path(__file__).parents[1] / "docs" / "handset.png"
_BUTTONS = ("Keep one", "No, thanks")


async def draw(file: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(status_delay_seconds=(0.0, 0.01, 0.02), verified_name="Example Lamps")
        sandbox = Sandbox(Path(folder), settings=settings)
        await sandbox.start()
        try:
            async with ClientBuilder().no_proxy().build() as client, async_playwright() as playwright:
                await _converse(client, sandbox.identity)
                found = shutil.which("chromium")
                browser = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
                await _photograph(browser, sandbox.identity, file)
                await browser.close()
        finally:
            await sandbox.stop()


async def _converse(client: Client, identity: Identity) -> None:
    async def post(path: str, body: dict[str, Any]) -> Any:
        building = client.post(identity.url + path).bearer_auth(identity.token).body_json(body)
        answer = await (await building.build().send()).json()
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    async def send(kind: str, content: dict[str, Any]) -> str:
        body = {"messaging_product": "whatsapp", "to": _PHONE, "type": kind, kind: content}
        answer = await post(f"/v25.0/{identity.phone_number_id}/messages", body)
        return str(answer["messages"][0]["id"])

    async def act(do: str, **members: Any) -> Any:
        return await post(f"/_sandbox/handsets/{_PHONE}/actions", {"do": do, **members})

    await act("rename", name="Ada Example")
    asked = await act("send", type="text", text={"body": "Hi! Do you still have the *blue lamp*?"})
    offer = await send("interactive", _buttons("Yes, three of them left 💡 Shall we keep one for you?"))
    await act("tap", message_id=offer, title=_BUTTONS[0])
    await send("text", {"body": "It is yours. We are open until *18:00* today."})
    await send(
        "location",
        {"latitude": 52.5163, "longitude": 13.3777, "name": "Example Lamps", "address": "1 Sample Street"},
    )
    thanks = await act("send", type="text", text={"body": "See you at half past five!"})
    for wamid in (asked["message"]["id"], thanks["message"]["id"]):
        read = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
        await post(f"/v25.0/{identity.phone_number_id}/messages", read)
    await send("reaction", {"message_id": thanks["message"]["id"], "emoji": "👍"})


def _buttons(text: str) -> dict[str, Any]:
    buttons = [{"type": "reply", "reply": {"id": title, "title": title}} for title in _BUTTONS]
    return {"type": "button", "body": {"text": text}, "action": {"buttons": buttons}}


async def _photograph(browser: Browser, identity: Identity, file: Path) -> None:
    context = await browser.new_context(
        viewport={"width": 1280, "height": 930}, device_scale_factor=2, color_scheme="light", locale="en-GB"
    )
    page = await context.new_page()
    await page.goto(f"{identity.url}/_sandbox/#/{_PHONE}/{identity.phone_number_id}")
    await page.locator("wa-message").nth(5).wait_for()
    await page.locator(".wa-reactions").wait_for()
    await page.evaluate("document.activeElement.blur()")
    box = await page.locator(".pg-screen").bounding_box()
    if box is None:
        raise RuntimeError("the phone is not shown")
    margin = 16
    clip: FloatRect = {
        "x": box["x"] - margin,
        "y": box["y"] - margin,
        "width": box["width"] + 2 * margin,
        "height": box["height"] + 2 * margin,
    }
    await page.screenshot(path=file, clip=clip)


if __name__ == "__main__":
    asyncio.run(draw(Path(sys.argv[1]) if len(sys.argv) > 1 else _FILE))
