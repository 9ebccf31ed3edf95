"""Starts that fail, and what they must not use up or leave behind."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.flow.test_serve import TEXT, gateway
from tests.processes import Program, run
from trunkline.data_folder import Running, announce, find_running, lock_data_folder
from trunkline.web_server import PortTaken, listen


def test_a_start_that_failed_does_not_use_up_the_first_key(tmp_path: Path) -> None:
    async def tell() -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            failing = Program(
                "serve", "--json", "--data", str(tmp_path / "data"), "--port", "0", "--sandbox-port", port,
                log=tmp_path / "failing.log",
            )  # fmt: skip
            with pytest.raises(RuntimeError, match="did not start"):
                await failing.start()
            await failing.end()
        async with gateway(tmp_path / "data") as second:
            assert second.ready["api_key"]
            assert (await second.call("POST", "/v1/whatsapp/messages", TEXT))[0] == 200

    asyncio.run(tell())


def test_the_first_key_of_a_server_with_a_number_of_its_own_may_send_through_it(tmp_path: Path) -> None:
    async def tell() -> None:
        data = str(tmp_path / "data")
        await run(
            "numbers", "add", "--data", data, "--from", "15550001000", "--phone-number-id", "1",
            "--waba-id", "2", "--token", "t", "--app-id", "3", "--app-secret", "s",
        )  # fmt: skip
        async with gateway(tmp_path / "data") as server:
            assert server.ready["api_key"].startswith("tl_live_")

    asyncio.run(tell())


def test_a_port_is_taken_from_the_moment_that_it_is_bound() -> None:
    first = listen("127.0.0.1", 0)
    with pytest.raises(PortTaken):
        listen("127.0.0.1", first.getsockname()[1]).close()
    first.close()


def test_whoever_holds_the_folder_finds_nothing_of_a_server_that_was_killed(tmp_path: Path) -> None:
    running = Running(1, "http://127.0.0.1:9", "token")
    with lock_data_folder(tmp_path):
        killed = announce(tmp_path, running)
        killed.__enter__()
        assert find_running(tmp_path) == running
    with lock_data_folder(tmp_path):
        assert find_running(tmp_path) is None
        with announce(tmp_path, running):
            assert ((tmp_path / "run.json").stat().st_mode & 0o777) == 0o600
        assert find_running(tmp_path) is None


def test_several_processes_may_announce_themselves_in_one_folder_at_the_same_moment(tmp_path: Path) -> None:
    def come_and_go(pid: int) -> None:
        for _ in range(100):
            with announce(tmp_path, Running(pid, "http://127.0.0.1:9", "token")):
                pass

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(come_and_go, pid) for pid in range(1, 5)]:
            done.result()
    assert [path.name for path in tmp_path.iterdir() if path.name != "run.json"] == []
