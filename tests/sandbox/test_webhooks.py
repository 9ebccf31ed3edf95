"""Webhooks: their envelope, signature, order, retries, and the handshake before the first of them."""

import asyncio
from pathlib import Path

from tests.sandbox.rig import PHONE, Receiver, override, rig


def test_a_status_carries_the_documented_envelope(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path) as tools:
            wamid = await tools.sent(biz_opaque_callback_data="key-1")
            await tools.receiver.wait_for(lambda seen: len(seen.statuses) == 3)
            envelope = tools.receiver.envelopes[0]
            (entry,) = envelope["entry"]
            (change,) = entry["changes"]
            identity = tools.identity
            assert envelope["object"] == "whatsapp_business_account"
            assert (entry["id"], change["field"]) == (identity.waba_id, "messages")
            value = change["value"]
            assert value["messaging_product"] == "whatsapp"
            assert value["metadata"] == {
                "display_phone_number": identity.display_phone_number,
                "phone_number_id": identity.phone_number_id,
            }
            (status,) = value["statuses"]
            assert status["id"] == wamid
            assert status["status"] == "sent"
            assert status["recipient_id"] == PHONE
            assert status["recipient_user_id"].startswith("US.")
            assert status["biz_opaque_callback_data"] == "key-1"
            assert status["timestamp"].isdecimal()
            assert status["pricing"]["category"] == "service"
            assert value["contacts"][0]["wa_id"] == PHONE

    asyncio.run(scenario())


def test_the_price_stands_on_sent_and_on_one_of_the_later_statuses(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path) as tools:
            for to in (PHONE, "15555559015"):
                wamid = await tools.sent(to)
                await tools.receiver.wait_for(lambda seen, wamid=wamid: "read" in seen.words_of(wamid))
                priced = [s["status"] for s in tools.receiver.statuses if s["id"] == wamid and "pricing" in s]
                assert priced == (["sent", "delivered"] if to == PHONE else ["sent", "read"])

    asyncio.run(scenario())


def test_a_failed_status_has_errors_no_price_and_of_the_contact_only_the_number(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path) as tools:
            await tools.sent("15555559018")
            await tools.receiver.wait_for(lambda seen: seen.statuses)
            value = tools.receiver.envelopes[0]["entry"][0]["changes"][0]["value"]
            (status,) = value["statuses"]
            (error,) = status["errors"]
            assert (error["code"], error["title"]) == (131047, error["message"])
            assert error["error_data"]["details"]
            assert error["href"].startswith("https://")
            assert "pricing" not in status
            assert value["contacts"] == [{"wa_id": "15555559018"}]
            assert "recipient_user_id" not in status

    asyncio.run(scenario())


def test_a_reaction_is_reported_as_sent_only(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path) as tools:
            reaction = await tools.sent(
                type="reaction", text=None, reaction={"message_id": "wamid.x", "emoji": "👍"}
            )
            other = await tools.sent()
            await tools.receiver.wait_for(lambda seen: len(seen.words_of(other)) == 3)
            assert tools.receiver.words_of(reaction) == ["sent"]

    asyncio.run(scenario())


def test_bodies_are_escaped_as_graph_does_and_signed_as_they_are(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path) as tools:
            await tools.sent(biz_opaque_callback_data="grüße/👋")
            await tools.receiver.wait_for(lambda seen: seen.statuses)
            (body, *_) = tools.receiver.bodies
            assert rb"gr\u00fc\u00dfe\/\ud83d\udc4b" in body
            assert tools.receiver.statuses[0]["biz_opaque_callback_data"] == "grüße/👋"
            assert tools.receiver.forged == 0

    asyncio.run(scenario())


def test_statuses_of_a_message_keep_their_order_through_refusals(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path) as tools:
            tools.receiver.answer = lambda post: 200 if post % 3 == 0 else 500
            wamids = [await tools.sent() for _ in range(20)]
            await tools.receiver.wait_for(lambda seen: len(seen.statuses) == 60)
            for wamid in wamids:
                assert tools.receiver.words_of(wamid) == ["sent", "delivered", "read"]

    asyncio.run(scenario())


def test_only_200_counts_as_taken(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path) as tools:
            tools.receiver.answer = lambda post: 202 if post == 1 else 200
            await tools.sent()
            await tools.receiver.wait_for(lambda seen: len(seen.statuses) == 3)
            assert tools.receiver.posts == 4

    asyncio.run(scenario())


def test_a_receiver_that_was_away_gets_everything_when_it_is_back(tmp_path: Path) -> None:
    async def scenario() -> None:
        receiver = Receiver()
        await receiver.start()
        async with rig(tmp_path, receiver=receiver) as tools:
            await receiver.stop()
            wamids = [await tools.sent() for _ in range(50)]
            await tools.eventually("/_sandbox/health", lambda answer: answer["callbacks_down"])
            await receiver.start()
            await receiver.wait_for(lambda seen: len(seen.statuses) == 150)
            for wamid in wamids:
                assert receiver.words_of(wamid) == ["sent", "delivered", "read"]
            assert (await (await tools.call("GET", "/_sandbox/health")).json())["callbacks_down"] == []
        await receiver.stop()

    asyncio.run(scenario())


def test_a_webhook_that_nobody_takes_is_dropped_in_the_end(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path, retry_for_seconds=1) as tools:
            tools.receiver.answer = lambda post: 500
            await tools.sent()
            await tools.eventually("/_sandbox/health", lambda answer: not answer["pending"])
            assert tools.receiver.statuses == []
            assert tools.receiver.posts > 3

    asyncio.run(scenario())


def test_more_messages_than_fit_in_memory_are_all_reported(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path, pending_in_memory=10, status_delay_seconds=(0.1, 0.1, 0.1)) as tools:
            await asyncio.gather(*(tools.sent() for _ in range(100)))
            await tools.receiver.wait_for(lambda seen: len(seen.statuses) >= 300)
            words = sorted((status["id"], status["status"]) for status in tools.receiver.statuses)
            assert len(words) == len(set(words)) == 300

    asyncio.run(scenario())


def test_a_callback_that_fails_the_handshake_is_refused(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            node = f"/v25.0/{tools.identity.phone_number_id}"
            right = override(tools.receiver)["webhook_configuration"]
            nobody = {**right, "override_callback_uri": "http://127.0.0.1:9/hook"}
            attempts = [
                {**right, "verify_token": "wrong"},
                nobody,
                {**right, "override_callback_uri": "ftp://x/y"},
            ]
            for configuration in attempts:
                response = await tools.call("POST", node, {"webhook_configuration": configuration})
                assert await tools.error_of(response) == (400, 100)
                details = (await response.json())["error"]["error_data"]["details"]
                assert "Callback verification of override_callback_uri failed" in details
            tools.receiver.echo_challenge = False
            assert (await tools.call("POST", node, {"webhook_configuration": right})).status == 400
            assert (await (await tools.call("GET", node)).json())["webhook_configuration"] == {}

    asyncio.run(scenario())


def test_the_callback_of_the_number_goes_before_that_of_the_account(tmp_path: Path) -> None:
    async def scenario() -> None:
        account, number = Receiver(), Receiver()
        await account.start()
        async with rig(tmp_path, receiver=number, subscribed=False) as tools:
            account.secret = tools.identity.app_secret
            apps = f"/{tools.identity.waba_id}/subscribed_apps"
            body = override(account)["webhook_configuration"]
            assert await (await tools.call("POST", apps, body)).json() == {"success": True}
            listed = await (await tools.call("GET", apps)).json()
            assert listed["data"][0]["override_callback_uri"] == account.url
            await tools.sent("15555559017")
            await account.wait_for(lambda seen: len(seen.statuses) == 1)
            await tools.subscribe()
            await tools.sent("15555559017")
            await number.wait_for(lambda seen: len(seen.statuses) == 1)
            assert len(account.statuses) == 1
            empty = {"webhook_configuration": {"override_callback_uri": ""}}
            assert (await tools.call("POST", f"/{tools.identity.phone_number_id}", empty)).status == 200
            await tools.sent("15555559017")
            await account.wait_for(lambda seen: len(seen.statuses) == 2)
        await account.stop()

    asyncio.run(scenario())


def test_a_new_callback_gets_what_the_old_one_did_not_take(tmp_path: Path) -> None:
    async def scenario() -> None:
        gone = Receiver()
        await gone.start()
        async with rig(tmp_path, subscribed=False, retry_ladder_seconds=(0.05,)) as tools:
            node = f"/{tools.identity.phone_number_id}"
            assert (await tools.call("POST", node, override(gone))).status == 200
            await gone.stop()
            for _ in range(5):
                await tools.sent()
            await tools.subscribe()
            await tools.receiver.wait_for(lambda seen: len(seen.statuses) == 15)

    asyncio.run(scenario())
