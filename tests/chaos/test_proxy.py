"""The proxy does what it says, so that what others survive behind it means something."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest

from tests.chaos.proxy import Proxy, Target


@contextlib.asynccontextmanager
async def echo_behind_proxy() -> AsyncIterator[Proxy]:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    tasks = []

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.append(asyncio.create_task(echo(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    proxy = Proxy(Target(port=server.sockets[0].getsockname()[1]))
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
        server.close()


async def answer_to(proxy: Proxy, data: bytes, *, within: float = 2.0) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        writer.write(data)
        return await asyncio.wait_for(reader.readexactly(len(data)), within)
    finally:
        writer.close()


def test_without_faults_everything_passes() -> None:
    async def go() -> None:
        async with echo_behind_proxy() as proxy:
            assert await answer_to(proxy, b"x" * 200_000) == b"x" * 200_000

    asyncio.run(go())


def test_latency_and_bandwidth_delay_what_passes() -> None:
    async def go() -> None:
        async with echo_behind_proxy() as proxy:
            proxy.toward.latency_seconds = 0.1
            proxy.back.bytes_per_second, proxy.back.slice_bytes = 1000, 50
            started = time.monotonic()
            assert await answer_to(proxy, b"y" * 100) == b"y" * 100
            assert time.monotonic() - started > 0.14

    asyncio.run(go())


def test_a_black_hole_keeps_the_connection_and_swallows_the_data() -> None:
    async def go() -> None:
        async with echo_behind_proxy() as proxy:
            proxy.toward.blackhole = True
            with pytest.raises(TimeoutError):
                await answer_to(proxy, b"hello", within=0.1)

    asyncio.run(go())


def test_what_is_held_comes_later_and_whole() -> None:
    async def go() -> None:
        async with echo_behind_proxy() as proxy:
            answers = 0

            def count() -> None:
                nonlocal answers
                answers += 1
                asyncio.get_running_loop().call_later(0.05, proxy.heal)

            proxy.back.hold, proxy.on_answer = True, count
            assert await answer_to(proxy, b"hello") == b"hello"
            assert answers == 1

    asyncio.run(go())


def test_what_is_doubled_comes_twice() -> None:
    async def go() -> None:
        async with echo_behind_proxy() as proxy:
            proxy.back.double = True
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            writer.write(b"hello")
            assert await asyncio.wait_for(reader.readexactly(10), 30) == b"hellohello"
            writer.close()

    asyncio.run(go())


@pytest.mark.parametrize("after", [0, 3])
def test_a_reset_comes_after_as_many_bytes_as_were_asked_for(after: int) -> None:
    async def go() -> None:
        async with echo_behind_proxy() as proxy:
            proxy.back.reset_after = after
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            writer.write(b"hello")
            with pytest.raises(ConnectionResetError):
                await asyncio.wait_for(reader.readexactly(5), 30)
            writer.close()

    asyncio.run(go())


def test_a_limit_ends_the_connection_in_order() -> None:
    async def go() -> None:
        async with echo_behind_proxy() as proxy:
            proxy.back.limit_bytes = 3
            with pytest.raises(asyncio.IncompleteReadError) as ended:
                await answer_to(proxy, b"hello")
            assert ended.value.partial == b"hel"

    asyncio.run(go())


def test_a_slow_close_passes_the_end_on_late() -> None:
    async def go() -> None:
        async with echo_behind_proxy() as proxy:
            proxy.back.slow_close_seconds = 0.2
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            writer.write_eof()
            started = time.monotonic()
            assert await asyncio.wait_for(reader.read(), 30) == b""
            assert time.monotonic() - started > 0.15
            writer.close()

    asyncio.run(go())


def test_it_refuses_and_cuts() -> None:
    async def go() -> None:
        async with echo_behind_proxy() as proxy:
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            writer.write(b"a")
            assert await asyncio.wait_for(reader.readexactly(1), 30) == b"a"
            proxy.cut()
            with pytest.raises(ConnectionResetError):
                await asyncio.wait_for(reader.readexactly(1), 30)
            proxy.refuses = True
            with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                await answer_to(proxy, b"hello")
            writer.close()

    asyncio.run(go())
