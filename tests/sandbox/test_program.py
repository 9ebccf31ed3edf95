"""The sandbox as a program: what survives a restart or a kill, who may start, the routes of its own."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from pyreqwest.client import ClientBuilder
from pyreqwest.exceptions import PyreqwestError

from tests.sandbox.rig import PHONE, Receiver, rig, text_to
from trunkline.sandbox import Identity, Sandbox, SandboxBusyError, Settings

PROGRAM = """
import asyncio, json, sys
from pathlib import Path
from trunkline.sandbox import Settings, serve
settings = Settings(status_delay_seconds=(0.0, 0.3, 0.4), retry_ladder_seconds=(0.05,))
def ready(members):
    print(json.dumps(members), flush=True)
asyncio.run(serve(Path(sys.argv[1]), "127.0.0.1", int(sys.argv[2]), settings, ready))
"""


def start_program(folder: Path, port: int = 0) -> tuple["subprocess.Popen[str]", dict[str, Any]]:
    command = [sys.executable, "-c", PROGRAM, str(folder), str(port)]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    with program.stdout as output:
        return program, json.loads(output.readline())


def identity_of(members: dict[str, Any]) -> Identity:
    return Identity(
        url=members["sandbox_url"],
        token=members["sandbox_token"],
        app_id=members["app_id"],
        app_secret=members["app_secret"],
        waba_id=members["waba_id"],
        phone_number_id=members["phone_number_id"],
        display_phone_number=members["from"],
    )


def test_identity_ledger_callback_and_handsets_survive_a_restart(tmp_path: Path) -> None:
    async def scenario() -> None:
        receiver = Receiver()
        await receiver.start()
        async with rig(tmp_path, receiver=receiver) as tools:
            first = tools.identity
            wamid = await tools.sent(biz_opaque_callback_data="k")
            await receiver.wait_for(lambda seen: len(seen.statuses) == 3)
            await tools.call("POST", "/_sandbox/handsets/15550004321", {"reachable": False})
            before = await tools.ledger()
        async with rig(tmp_path, receiver=receiver, subscribed=False) as tools:
            second = tools.identity
            assert first.url != second.url
            assert (first.token, first.app_secret, first.phone_number_id) == (
                second.token,
                second.app_secret,
                second.phone_number_id,
            )
            assert await tools.ledger() == before
            unreachable = await tools.sent("15550004321")
            await receiver.wait_for(lambda seen: seen.words_of(unreachable) == ["failed"])
            assert receiver.words_of(wamid) == ["sent", "delivered", "read"]
        await receiver.stop()

    asyncio.run(scenario())


def test_statuses_that_were_pending_at_a_stop_are_posted_after_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        receiver = Receiver()
        await receiver.start()
        async with rig(tmp_path, receiver=receiver) as tools:
            receiver.answer = lambda post: 200 if post == 1 else 500
            wamid = await tools.sent()
            await receiver.wait_for(lambda seen: seen.posts > 2)
        receiver.answer = lambda post: 200
        async with rig(tmp_path, receiver=receiver, subscribed=False):
            await receiver.wait_for(lambda seen: len(seen.statuses) == 3)
        assert receiver.words_of(wamid) == ["sent", "delivered", "read"]
        await receiver.stop()

    asyncio.run(scenario())


def test_a_killed_sandbox_forgets_no_answered_send_and_no_status(tmp_path: Path) -> None:
    async def scenario() -> None:
        receiver = Receiver()
        await receiver.start()
        client = ClientBuilder().no_proxy().build()
        program, members = start_program(tmp_path)
        identity = identity_of(members)
        receiver.secret = identity.app_secret
        callback = {"override_callback_uri": receiver.url, "verify_token": receiver.verify_token}
        answered: list[str] = []

        async def call(method: str, path: str, body: Any = None) -> Any:
            building = client.request(method, identity.url + path).bearer_auth(identity.token)
            if body is not None:
                building = building.body_bytes(json.dumps(body).encode())
            response = await building.build().send()
            return await response.json()

        async def send(number: int) -> None:
            path = f"/{identity.phone_number_id}/messages"
            answer = await call("POST", path, text_to(str(15_550_100_000 + number)))
            answered.append(answer["messages"][0]["id"])

        try:
            await call("POST", f"/{identity.phone_number_id}", {"webhook_configuration": callback})
            await asyncio.gather(*(send(number) for number in range(200)))
            program.send_signal(signal.SIGKILL)
            program.wait()
            program, again = start_program(tmp_path, int(identity.url.rpartition(":")[2]))
            assert again == members
            ledger = (await call("GET", "/_sandbox/ledger?limit=10000"))["data"]
            assert sorted(row["wamid"] for row in ledger) == sorted(answered)
            wanted = {(wamid, word) for wamid in answered for word in ("sent", "delivered", "read")}
            await receiver.wait_for(lambda seen: wanted <= {(s["id"], s["status"]) for s in seen.statuses})
        finally:
            program.terminate()
            assert program.wait(30) == 0
            await client.close()
            await receiver.stop()

    asyncio.run(scenario())


def test_a_second_sandbox_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            second = Sandbox(tmp_path, settings=Settings())
            with pytest.raises(SandboxBusyError, match="another process"):
                await second.start("127.0.0.1", 0)
            assert (await tools.send()).status == 200

    asyncio.run(scenario())


def test_the_program_ends_cleanly_on_sigint(tmp_path: Path) -> None:
    program, members = start_program(tmp_path)
    assert set(members) == {
        "sandbox_url",
        "sandbox_token",
        "phone_number_id",
        "waba_id",
        "app_id",
        "app_secret",
        "from",
        "handsets_url",
    }
    os.kill(program.pid, signal.SIGINT)
    assert program.wait(30) == 0


def test_a_hanging_caller_does_not_hold_up_the_end(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            hanging = asyncio.create_task(tools.send("15555559004", seconds=20))
            await tools.eventually("/_sandbox/ledger", lambda answer: answer["data"])
        with pytest.raises(PyreqwestError):
            await hanging

    asyncio.run(asyncio.wait_for(scenario(), 30))


def test_the_ledger_pages_in_order(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            sent = [await tools.sent(str(15_550_100_000 + number)) for number in range(25)]
            seen: list[str] = []
            after: str | None = "0"
            pages = 0
            while after is not None:
                path = f"/_sandbox/ledger?limit=10&after={after}"
                page = await (await tools.call("GET", path)).json()
                seen += [row["wamid"] for row in page["data"]]
                after = page["paging"]["next_after"]
                pages += 1
            assert (seen, pages) == (sent, 3)
            for query in ("limit=0", "limit=x", "after=-1", "after=٣", "after=wamid.unknown"):
                assert (await tools.call("GET", f"/_sandbox/ledger?{query}")).status == 400

    asyncio.run(scenario())


def test_the_ledger_goes_on_after_the_last_row_that_a_client_has_seen(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            sent = [await tools.sent(str(15_550_100_000 + number)) for number in range(5)]
            seen: list[str] = []
            page: list[dict[str, Any]] = [{"wamid": ""}]
            while page:
                query = urlencode({"limit": 2, "after": page[-1]["wamid"]})
                page = (await (await tools.call("GET", f"/_sandbox/ledger?{query}")).json())["data"]
                seen += [row["wamid"] for row in page]
            assert seen == sent
            everything = await (await tools.call("GET", "/_sandbox/ledger?limit=1000000")).json()
            assert [row["wamid"] for row in everything["data"]] == sent
            assert set(everything["data"][0]) == {"wamid", "to", "callback_data", "type", "taken_at"}

    asyncio.run(scenario())


def test_the_admin_routes_ask_for_the_token_when_told_to(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path, subscribed=False, admin_token_required=True) as tools:
            assert (await tools.call("GET", "/_sandbox/health", token=None)).status == 401
            assert (await tools.call("GET", "/_sandbox/health")).status == 200
        async with rig(tmp_path, subscribed=False) as tools:
            assert (await tools.call("GET", "/_sandbox/health", token=None)).status == 200

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"behaviour":"nonsense"}', b'{"colour":1}', b'{"reachable":"no"}']
)
def test_a_senseless_rule_is_refused(tmp_path: Path, body: bytes) -> None:
    async def scenario() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            response = await tools.call("POST", f"/_sandbox/handsets/{PHONE}", body)
            assert response.status == 400
            assert (await response.json())["error"]["message"]
            assert (await (await tools.call("GET", "/_sandbox/handsets")).json())["data"] == []

    asyncio.run(scenario())


def test_the_number_describes_itself(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path) as tools:
            identity = tools.identity
            response = await tools.call("GET", f"/v25.0/{identity.phone_number_id}")
            number = await response.json()
            digits = "".join(filter(str.isdigit, number["display_phone_number"]))
            assert (number["id"], digits) == (identity.phone_number_id, identity.display_phone_number)
            assert number["webhook_configuration"] == {"phone_number": tools.receiver.url}
            usage = json.loads(response.get_header("x-business-use-case-usage") or "{}")
            assert usage[identity.waba_id][0]["type"] == "whatsapp_business_management"
            path = f"/{identity.waba_id}/phone_numbers?fields=verified_name"
            listed = await (await tools.call("GET", path)).json()
            assert listed["data"] == [{"verified_name": "Trunkline Sandbox", "id": identity.phone_number_id}]
            odd = await tools.call("GET", f"/{identity.phone_number_id}?fields=nonsense")
            assert await tools.error_of(odd) == (400, 100)

    asyncio.run(scenario())
