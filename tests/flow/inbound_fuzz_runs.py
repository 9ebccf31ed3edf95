"""2,000 spoiled posts to a running server: none is answered by a fault of ours, and nothing gets stuck."""

import asyncio
from pathlib import Path

from tests.flow.test_hooks import post, signed
from tests.flow.test_inbound_hooks import body_of, received
from tests.flow.test_serve import Gateway, story
from tests.flow.webhook_fuzz import post as spoiled

CASES = 2_000
AT_ONCE = 20


async def told(gateway: Gateway) -> list[str]:
    return [event["data"]["provider_id"] for event in await received(gateway)]


def test_two_thousand_spoiled_posts_are_all_taken_and_the_next_one_is_read(
    store_url: str, tmp_path: Path
) -> None:
    async def tell(gateway: Gateway) -> None:
        secret = gateway.ready["app_secret"]
        ours = (gateway.ready["phone_number_id"], gateway.ready["waba_id"])
        for start in range(0, CASES, AT_ONCE):
            bodies = [spoiled(seed, *ours) for seed in range(start, start + AT_ONCE)]
            answers = await asyncio.gather(*(post(gateway, body, signed(body, secret)) for body in bodies))
            assert set(answers) == {200}, start
        text = {"from": "15550009999", "id": "wamid.LAST", "type": "text", "text": {"body": "fine"}}
        last = body_of(gateway, text)
        assert await post(gateway, last, signed(last, secret)) == 200
        async with asyncio.timeout(30):
            while "wamid.LAST" not in await told(gateway):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        assert (await gateway.until(await gateway.send(), "read"))["state"] == "read"

    story(store_url, tmp_path, tell)
