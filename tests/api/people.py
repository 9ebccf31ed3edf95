"""People who write to the site's numbers, as the provider tells of it: signed posts to the account's hook."""

import asyncio
import hmac
import itertools
import json
from typing import Any

from tests.api.conftest import APP_SECRET, Site, Tenant

_ids = itertools.count(1)


def wrote(
    site: Site, sender: str = "15550002222", text: str = "hi", *, who: Tenant | None = None, **more: Any
) -> dict[str, Any]:
    """A person writes; the message, once it is recorded. `at` moves it, in seconds from now."""
    wamid = more.pop("wamid", f"wamid.in.{next(_ids)}+/==")
    post(site, message_of(site, sender, text, wamid, **more), who or site.alice, sender, more.get("user_id"))
    return heard(site, wamid, who or site.alice)


def message_of(site: Site, sender: str, text: str, wamid: str, **more: Any) -> dict[str, Any]:
    at = site.clock.now() // 1000 + more.pop("at", 0)
    more.pop("user_id", None)
    return {"from": sender, "id": wamid, "timestamp": str(at), "type": "text", "text": {"body": text}} | more


def post(site: Site, message: dict[str, Any], who: Tenant, sender: str, user_id: str | None = None) -> None:
    number = site.runtime.directory.numbers[who.number_id]
    account = site.runtime.directory.accounts[who.account_id]
    contact = {"profile": {"name": "Ada"}, "wa_id": sender} | ({"user_id": user_id} if user_id else {})
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": number.digits, "phone_number_id": number.phone_number_id},
        "contacts": [contact],
        "messages": [message | ({"from_user_id": user_id} if user_id else {})],
    }
    entry = {"id": number.waba_id, "changes": [{"field": "messages", "value": value}]}
    body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
    signature = "sha256=" + hmac.digest(APP_SECRET.encode(), body, "sha256").hex()
    path = f"/hooks/whatsapp_cloud/{account.hook_key}"
    assert site.post(path, body, key=None, **{"X-Hub-Signature-256": signature}).status == 200


def heard(site: Site, wamid: str, who: Tenant) -> dict[str, Any]:
    """The message, once it is recorded."""

    async def wait() -> dict[str, Any]:
        path = f"/v1/messages/{wamid.replace('/', '%2F').replace('+', '%2B')}"
        async with asyncio.timeout(30):
            while True:
                answer = await site.asked("GET", path, key=who.live_key)
                if answer.status == 200:
                    return dict(answer.json)
                await asyncio.sleep(0.005)

    return site.run(wait())
