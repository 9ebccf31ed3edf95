"""5,000 requests that are broken in some way, through the whole application: never a fault of ours, and what
is refused leaves nothing behind. The broken messages are those of the content rules' own property test.
"""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.conftest import OPERATOR, Site
from tests.channels.whatsapp_cloud.test_content_property import MUTATIONS, SEEDS, places
from trunkline.api.openapi import plain_path
from trunkline.api.routes import ROUTES
from trunkline.store.queries import Query

GROUPS = 8
MESSAGES, BYTES, ADDRESSES = 4_000, 500, 500
STATUSES = {200, 201, 204, 400, 401, 403, 404, 405, 409, 413, 415, 422}
KEPT = (
    "messages",
    "idempotency_keys",
    "inbox",
    "numbers",
    "api_keys",
    "accounts",
    "endpoints",
    "suppressions",
    "consents",
)

_COUNT = Query(
    "tests.count_all",
    (),
    *["SELECT " + " + ".join(f"(SELECT count(*) FROM {table})" for table in KEPT)] * 2,
)


def quickly(examples: int) -> Any:
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


class Idle:
    """In the dispatcher's place: what is accepted stays where it is."""

    def hand_over(self, waiting: Any) -> None:
        pass

    def owns(self, number_id: str) -> bool:
        return True

    async def sync_numbers(self) -> None:
        pass

    def standing_ms(self) -> int:
        return 0


class Door:
    """The application without a socket."""

    def __init__(self, site: Site) -> None:
        self.site = site
        site.api.dispatcher = Idle()  # type: ignore[assignment]
        self._kept = self.count()

    def count(self) -> int:
        async def work(tx: Any) -> int:
            row = await tx.fetch_one(_COUNT)
            return int(row[0])

        return self.site.run(self.site.store.read(work))

    def must_answer(
        self, method: str, path: str, query: bytes, headers: dict[bytes, bytes], body: bytes
    ) -> tuple[int, Any]:
        """The answer, after looking whether it is one that may be given."""
        status, raw = self.site.run(self._asked(method, path, query, headers, body))
        assert status in STATUSES, (status, raw)
        now = self.count()
        if status >= 300:
            assert now == self._kept, f"{status} left something behind: {raw!r}"
        self._kept = now
        is_json = raw and raw[:1] in b"{["
        return status, json.loads(raw) if is_json else None

    async def _asked(
        self, method: str, path: str, query: bytes, headers: dict[bytes, bytes], body: bytes
    ) -> tuple[int, bytes]:
        sent: list[Any] = []
        scope = {"type": "http", "method": method, "path": path, "query_string": query, "client": None}
        scope["headers"] = list(headers.items())

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.site.app(scope, receive, send)
        return sent[0]["status"], b"".join(part.get("body", b"") for part in sent[1:])


@pytest.fixture
def engine() -> str:
    return "sqlite"


@pytest.fixture
def door(site: Site) -> Iterator[Door]:
    yield Door(site)


def by_key(site: Site, *more: tuple[bytes, bytes]) -> dict[bytes, bytes]:
    return {b"authorization": site.alice.live_key.encode(), **dict(more)}


def broken(seed: str, data: st.DataObject) -> Any:
    body = copy.deepcopy(SEEDS[seed])
    for _ in range(data.draw(st.integers(1, 3))):
        if places(body):
            data.draw(st.sampled_from(MUTATIONS))(body, data)
    return body


ADDRESSEES = ["/v1/whatsapp/messages"] * 6 + ["/v1/messages/batch", "/v1/messages/validate"]


@pytest.mark.parametrize("group", range(GROUPS))
def test_a_broken_message_never_breaks_us(door: Door, group: int) -> None:
    seeds = sorted(SEEDS)[group::GROUPS]
    statuses = set()

    @quickly(MESSAGES // GROUPS)
    @given(data=st.data())
    def run(data: st.DataObject) -> None:
        body = broken(data.draw(st.sampled_from(seeds)), data)
        path = data.draw(st.sampled_from(ADDRESSEES))
        raw = msgspec.json.encode([body] if path.endswith("batch") else body)
        status, answer = door.must_answer("POST", path, b"", by_key(door.site), raw)
        statuses.add(status)
        if status == 400:
            refused = answer.get("error", answer)
            assert refused["problems"] and refused["reason"] in ("invalid_request", "bad_json")

    run()
    assert statuses == {200, 400}


def test_a_body_that_was_damaged_on_its_way_never_breaks_us(door: Door) -> None:
    @quickly(BYTES)
    @given(
        seed=st.sampled_from(sorted(SEEDS)),
        at=st.floats(0, 1, exclude_max=True),
        gone=st.integers(0, 3),
        come=st.one_of(
            st.binary(max_size=4), st.sampled_from([b"\\ud800", b"NaN", b"\x00", b"[" * 40, b"1e999"])
        ),
    )
    def run(seed: str, at: float, gone: int, come: bytes) -> None:
        raw = json.dumps(SEEDS[seed]).encode()
        place = int(at * len(raw))
        damaged = raw[:place] + come + raw[place + gone :]
        status, _ = door.must_answer("POST", "/v1/whatsapp/messages", b"", by_key(door.site), damaged)
        statuses.add(status)

    statuses: set[int] = set()
    run()
    assert statuses == {200, 400}


TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
ODD_BYTES = st.binary(max_size=20).filter(lambda value: b"\n" not in value)
HEADERS = st.dictionaries(
    st.sampled_from(
        [b"content-type", b"content-length", b"content-encoding", b"idempotency-key", b"x-request-id",
         b"trunkline-account", b"authorization", b"x-hub-signature-256"]
    ),
    st.one_of(ODD_BYTES, st.sampled_from([b"application/json", b"0", b"k", b"alice"])),
    max_size=3,
)  # fmt: skip


def test_an_odd_address_header_or_query_never_breaks_us(door: Door) -> None:
    @quickly(ADDRESSES)
    @given(
        route=st.sampled_from(ROUTES),
        method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"]),
        part=TEXTS,
        query=st.one_of(
            st.just(b""), ODD_BYTES, st.sampled_from([b"limit=1", b"after=%00", b"state=queued&to=1"])
        ),
        headers=HEADERS,
        body=st.one_of(st.just(b""), st.just(b"{}"), st.just(b'{"name":"x"}'), st.binary(max_size=10)),
        is_operator=st.booleans(),
        as_documented=st.booleans(),
    )
    def run(**how: Any) -> None:
        route, headers = how["route"], how["headers"]
        path = re.sub(r"{\w+}", lambda _: how["part"], plain_path(route.path))
        key = OPERATOR if how["is_operator"] else door.site.alice.live_key
        method = route.method if how["as_documented"] else how["method"]
        sent = {b"authorization": key.encode()} | headers
        status, _ = door.must_answer(method, path, how["query"], sent, how["body"])
        statuses.add(status)

    statuses: set[int] = set()
    run()
    assert statuses > {400, 404, 405}
