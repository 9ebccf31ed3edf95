"""What public clients do, Meta takes, and no page of Meta's tells."""

import asyncio
import json
from pathlib import Path

from tests.sandbox.rig import PHONE, rig

CARD = {"name": {"formatted_name": "Ada", "first_name": "Ada"}}


def test_content_that_is_a_string_of_json_is_taken_and_kept_as_the_object(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            wamid = await tools.sent(PHONE, type="contacts", text=None, contacts=json.dumps([CARD]))
            kept = await (await tools.call("GET", f"/_sandbox/messages/{wamid}")).json()
            assert kept["body"]["contacts"] == [CARD]

    asyncio.run(scenario())


def test_content_that_only_begins_like_json_is_refused(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            for odd in ("[", "{", '{"a":\ud800', "[" * 5000, "[1]"):
                response = await tools.send(PHONE, type="contacts", text=None, contacts=odd)
                assert await tools.error_of(response) == (400, 100)

    asyncio.run(scenario())


def test_a_token_in_the_query_wins_over_the_header(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            path = f"/{tools.identity.phone_number_id}?access_token="
            refused = await tools.call("GET", f"{path}EAAnotours")
            assert await tools.error_of(refused) == (401, 190)
            taken = await tools.call("GET", path + tools.identity.token, token="EAAnotours")
            assert taken.status == 200

    asyncio.run(scenario())


def test_a_failed_status_of_a_user_id_names_that_id(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path, strict=True) as tools:
            await tools.send(None, recipient="US.1349abc")
            await tools.receiver.wait_for(lambda seen: seen.statuses)
            value = tools.receiver.envelopes[0]["entry"][0]["changes"][0]["value"]
            assert value["statuses"][0]["status"] == "failed"
            assert value["contacts"] == [{"user_id": "US.1349abc"}]

    asyncio.run(scenario())
