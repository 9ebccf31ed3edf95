"""The whole way, with a public client at its end: a handset writes, Trunkline posts, pywa reads.

pywa is told nothing but the endpoint's secret, as its app's. Run by `make test-more`.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pywa
from pywa.types import Message, MessageStatus
from pywa.types.message_status import MessageStatusType
from starlette.applications import Starlette

from tests.clients.desk import HANDSET, Desk
from tests.clients.pywa_desk import _HANDLERS, VERIFY_TOKEN, Inbox, _serving
from tests.processes import Program

PORTS = ("--port", "0", "--sandbox-port", "0")


@contextlib.asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[dict[str, Any]]:
    program = Program("serve", "--json", "--data", str(folder / "data"), *PORTS, log=folder / "log")
    try:
        yield await program.start()
    finally:
        await program.end()


@contextlib.contextmanager
def listening(ready: dict[str, Any], api: httpx.Client) -> Iterator[Inbox]:
    """pywa as an endpoint of format `meta`."""
    app = Starlette()
    with httpx.Client(trust_env=False) as session, _serving(app) as url:
        made = api.post("/v1/endpoints", json={"url": f"{url}/hook", "format": "meta"})
        assert made.status_code == 201, made.text
        client = pywa.WhatsApp(
            phone_id=ready["phone_number_id"], token="none", app_secret=made.json()["secret"],
            session=session, server=app, webhook_endpoint="/hook", verify_token=VERIFY_TOKEN,
        )  # fmt: skip
        inbox = Inbox(f"{url}/hook")
        client.add_handlers(*(handler(inbox) for handler in _HANDLERS))
        yield inbox
        tried = api.get(f"/v1/endpoints/{made.json()['id']}/attempts").json()["data"]
        assert {each["http_status"] for each in tried} == {200}


def converse(ready: dict[str, Any]) -> None:
    sandbox = Desk(ready)
    headers = {"authorization": f"Bearer {ready['api_key']}"}
    with contextlib.ExitStack() as stack:
        url = ready["api_url"]
        api = stack.enter_context(httpx.Client(base_url=url, headers=headers, trust_env=False))
        inbox = stack.enter_context(listening(ready, api))
        wamid = sandbox.act("send", type="text", text={"body": "Hello?"})["message"]["id"]
        message = inbox.wait_for_a(Message, lambda update: update.id == wamid)
        assert (message.text, message.from_user.wa_id) == ("Hello?", HANDSET)
        answer = {
            "to": HANDSET,
            "type": "text",
            "text": {"body": "Here"},
            "biz_opaque_callback_data": "7",
        }
        sent = api.post("/v1/whatsapp/messages", json=answer).json()["id"]
        for status in (MessageStatusType.SENT, MessageStatusType.DELIVERED):
            told = inbox.wait_for_a(
                MessageStatus, lambda update, status=status: (update.id, update.status) == (sent, status)
            )
            assert told.tracker == "7"
        life = api.get(f"/v1/messages/{sent}").json()
        sandbox.act("react", message_id=life["provider_id"], emoji="\N{HEAVY BLACK HEART}")
        liked = inbox.wait_for_a(Message, lambda update: update.reaction is not None)
        assert liked.reaction.message_id == sent  # our own id, not the provider's
    sandbox.close()


def test_pywa_reads_a_conversation(tmp_path: Path) -> None:
    async def run() -> None:
        async with serving(tmp_path) as ready:
            await asyncio.to_thread(converse, ready)

    asyncio.run(run())


if __name__ == "__main__":
    pytest.main([__file__, "-q"])
