"""The load tells the truth: it waits for no server, and takes no answer but 200."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from bench import load, servers
from bench.requests import Numbers, body, requests
from trunkline.store import migrate
from trunkline.store.open import FILE_NAME
from trunkline.store.sqlite import connect

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
BUSY = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"
REQUEST = b"POST / HTTP/1.1\r\n\r\n"
STALL_SECONDS = 0.3

Answer = Callable[[int], Awaitable[list[bytes]]]


@contextlib.asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[int]:
    """A server that gives `answer` the number of each request, and sends what it returns piece by piece."""
    count = itertools.count()
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                for piece in await answer(next(count)):
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0)
        writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(asyncio.create_task(talk(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.gather(*talks)


async def at_once(number: int) -> list[bytes]:
    return [OK]


def test_the_time_of_a_request_counts_from_its_moment_though_the_server_stalls():
    async def stalls_first(number: int) -> list[bytes]:
        await asyncio.sleep(0 if number else STALL_SECONDS)
        return [OK]

    async def work() -> list[float]:
        async with serving(stalls_first) as port:
            found = await load.open_loop(port, itertools.repeat(REQUEST), clients=1, rate=100, seconds=0.2)
        return found.took

    took = asyncio.run(work())
    assert len(took) == 20
    moments = [number / 100 for number in range(20)]
    assert all(seconds >= STALL_SECONDS - moment for seconds, moment in zip(took, moments, strict=True))


def test_every_client_of_a_closed_loop_gets_all_its_answers():
    async def work() -> load.Answers:
        async with serving(at_once) as port:
            return await load.closed_loop(port, itertools.repeat(REQUEST), clients=3, seconds=0.1)

    answers = asyncio.run(work())
    assert len(answers.bodies) >= 3 and set(answers.bodies) == {b"{}"}
    assert answers.seconds >= 0.1


@pytest.mark.parametrize("kind", ["closed", "open"])
def test_any_other_answer_than_200_ends_the_run(kind):
    async def third_is_busy(number: int) -> list[bytes]:
        return [BUSY if number == 2 else OK]

    async def work() -> None:
        async with serving(third_is_busy) as port:
            if kind == "closed":
                await load.closed_loop(port, itertools.repeat(REQUEST), clients=2, seconds=5)
            else:
                await load.open_loop(port, itertools.repeat(REQUEST), clients=2, rate=100, seconds=5)

    with pytest.raises(RuntimeError, match="503"):
        asyncio.run(work())


def test_an_answer_may_come_in_pieces():
    async def in_pieces(number: int) -> list[bytes]:
        return [OK[:20], OK[20:-1], OK[-1:]]

    async def work() -> load.Answers:
        async with serving(in_pieces) as port:
            return await load.closed_loop(port, itertools.repeat(REQUEST), clients=1, seconds=0.05)

    assert set(asyncio.run(work()).bodies) == {b"{}"}


def test_no_two_requests_are_the_same_and_all_are_as_long_as_they_say():
    made = list(itertools.islice(requests(Numbers(), 80, "key"), 1000))
    assert len(set(made)) == 1000
    for request in made:
        head, content = request.split(b"\r\n\r\n")
        assert f"Content-Length: {len(content)}".encode() in head
        assert msgspec.json.decode(content)["type"] == "text"
    assert len(body(0)) == len(body(9_999_999))


def store_with(folder: Path, *ids: str) -> None:
    (folder / "data").mkdir()
    migrate.migrate_sqlite(folder / "data" / FILE_NAME, 0)
    connection = connect(folder / "data" / FILE_NAME)
    connection.executemany(
        "INSERT INTO messages (account_id, id, number_id, type, recipient, recipient_kind, content, state, "
        "created_at, due_at, expires_at) "
        "VALUES ('a', ?, 'n', 'text', '1', 'phone', '{}', 'queued', 0, 0, 0)",
        [(id_,) for id_ in ids],
    )
    connection.close()


def test_a_run_whose_ids_are_all_in_the_store_passes(tmp_path):
    store_with(tmp_path, "one", "two")
    servers.compare_with_store(tmp_path, [b'{"id":"two"}', b'{"id":"one"}'])


@pytest.mark.parametrize(
    "answers",
    [
        [b'{"id":"one"}', b'{"id":"two"}', b'{"id":"three"}'],  # one was lost
        [b'{"id":"one"}', b'{"id":"two"}', b'{"id":"two"}'],  # one was given twice
        [b'{"id":"one"}'],  # one was stored and not told
    ],
)
def test_a_run_whose_ids_are_not_those_of_the_store_fails(tmp_path, answers):
    store_with(tmp_path, "one", "two")
    with pytest.raises(RuntimeError, match="answers gave"):
        servers.compare_with_store(tmp_path, answers)
