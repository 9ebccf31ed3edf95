"""The provider: takes, refuses, answers or stays silent, and tells statuses afterwards; all from one seed.

`SimTransport` stands at the socket, so that the real connector writes the request and reads the answer. What
`Meta` took stands in its ledger: the truth that the checker compares our rows with. Statuses are posted to
the real hook receiver of any living process, and again until one answers 200.
"""

import asyncio
import hashlib
import hmac
import random
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from tests.simulation.loop import EPOCH_MS, SimLoop
from trunkline.outgoing_http import AmbiguousError, Answer, NotSentError

APP_SECRET = "app-secret-of-the-simulation"
TIMEOUT_SECONDS = 10.0
LATEST_SECONDS = 100.0
"""How late the first status, or a request that hangs in the network, may be."""

_POST_PATIENCE = 10.0


class Taken(NamedTuple):
    """One line of the ledger."""

    at: float
    provider_id: str
    message_id: str
    token: str
    recipient: str
    phone_number_id: str


class Habits(msgspec.Struct, kw_only=True):
    """How the provider and the network behave in one world: the weight of each way a send can go."""

    sends: dict[str, float]
    silent: float = 0.0
    """Share of messages of which no status is ever told, where their answer was read."""
    mute_number: str | None = None
    """A number of which no status is ever told."""
    failed_with_token: float = 0.5
    fails: float = 0.05
    skips_delivered: float = 0.1
    late: float = 0.1
    repeats: float = 0.1
    slowness: float = 1.0
    renames: bool = False
    """It calls recipients by another number than we do."""


WAYS = (
    "answers", "reset_after", "hangs_after", "error_after", "garbage_after", "reset_before", "hangs_before",
    "error_before", "refused_connection", "late_taking", "too_fast", "pair_limit", "fails", "transient",
    "token_expired",
)  # fmt: skip

_REFUSALS: dict[str, tuple[int, dict[str, Any]]] = {
    "too_fast": (429, {"code": 130429, "message": "Rate limit hit"}),
    "pair_limit": (400, {"code": 131056, "message": "Pair rate limit hit"}),
    "fails": (400, {"code": 131026, "message": "Message undeliverable"}),
    "transient": (400, {"code": 131000, "message": "Something went wrong", "is_transient": True}),
    "token_expired": (401, {"code": 190, "message": "Error validating access token"}),
}


class Meta:
    """The provider and what is between us and it."""

    def __init__(self, loop: SimLoop, chance: random.Random, habits: Habits, trace: Any) -> None:
        self._loop = loop
        self._chance = chance
        self._trace = trace
        self.habits = habits
        self.ledger: list[Taken] = []
        self.told: dict[str, list[str]] = {}
        """provider id → statuses that a hook answered 200 for."""
        self.silent: set[str] = set()
        """Provider ids of which nothing is ever told."""
        self.hook_keys: dict[str, str] = {}
        """phone number id → where its statuses go."""
        self.receivers: Callable[[], list[Any]] = list
        """The processes to which a post may go."""
        self.is_calm = False
        """No more faults: everything is answered, what is open is told."""
        self.busy = 0
        """Requests and statuses that are still to come."""
        self._outbox: dict[str, list[dict[str, Any]]] = {}

    # -- requests

    def choose(self) -> str:
        if self.is_calm:
            return "answers"
        weights = [self.habits.sends.get(way, 0.0) for way in WAYS]
        return self._chance.choices(WAYS, weights)[0]

    def way(self) -> float:
        slow = 20.0 if self._chance.random() < 0.02 else 1.0
        return self._chance.uniform(0.005, 0.15) * slow * self.habits.slowness

    def take(self, url: str, body: bytes, *, is_answered: bool) -> bytes:
        """It is in the ledger from now on. The answer's body."""
        phone_number_id = url.split("/")[-2]
        sent = msgspec.json.decode(body)
        token = sent.get("biz_opaque_callback_data", "")
        provider_id = f"wamid.{len(self.ledger) + 1:05d}"
        message_id = "msg_" + token.split(".")[1].rpartition("-")[0]
        taken = Taken(self._loop.time(), provider_id, message_id, token, sent["to"], phone_number_id)
        self.ledger.append(taken)
        self._trace("meta took", message_id, provider_id, taken.recipient)
        self._plan_statuses(taken, is_answered)
        contact = {"input": sent["to"], "wa_id": self._known_as(sent["to"])}
        return msgspec.json.encode({"messages": [{"id": provider_id}], "contacts": [contact]})

    def _known_as(self, recipient: str) -> str:
        """The provider's own name of a recipient."""
        digits = recipient.removeprefix("+")
        return digits[:4] + "9" + digits[4:] if self.habits.renames else digits

    # -- statuses

    def _plan_statuses(self, taken: Taken, is_answered: bool) -> None:
        habits, chance = self.habits, self._chance
        is_mute = taken.phone_number_id == habits.mute_number
        if is_mute or (is_answered and chance.random() < habits.silent):
            self.silent.add(taken.provider_id)
            return
        words = ["sent", "delivered", "read"][: chance.choice((1, 2, 2, 3, 3))]
        if chance.random() < habits.fails:
            words = chance.choice((["failed"], ["sent", "failed"], ["delivered", "failed"]))
        elif words[-1] == "read" and chance.random() < habits.skips_delivered:
            words.remove("delivered")
        at = self._loop.time()
        for word in words:
            at += chance.uniform(0.0, 2.0)
            late = chance.uniform(5.0, LATEST_SECONDS) if chance.random() < habits.late else 0.0
            self._schedule(at - self._loop.time() + chance.uniform(0.0, 1.0) + late, taken, word, at)
            if chance.random() < habits.repeats:
                self._schedule(at - self._loop.time() + chance.uniform(0.0, 60.0), taken, word, at)

    def _schedule(self, seconds: float, taken: Taken, word: str, at: float) -> None:
        self.busy += 1
        self._loop.after(seconds, self._tell, taken, word, at)

    def _tell(self, taken: Taken, word: str, at: float) -> None:
        status: dict[str, Any] = {
            "id": taken.provider_id,
            "status": word,
            "timestamp": str((EPOCH_MS + int(at * 1000)) // 1000),
            "recipient_id": self._known_as(taken.recipient),
        }
        if word != "failed" or self._chance.random() < self.habits.failed_with_token:
            status["biz_opaque_callback_data"] = taken.token
        if word == "failed":
            status["errors"] = [{"code": 131026, "title": "Message undeliverable"}]
        outbox = self._outbox.setdefault(taken.phone_number_id, [])
        outbox.append(status)
        if len(outbox) == 1:
            wait = self._chance.choice((0.0, 0.0, 0.05, 1.0, 4.0))
            self._loop.after(wait, self._post_all, taken.phone_number_id)

    def _post_all(self, phone_number_id: str) -> None:
        statuses = self._outbox.pop(phone_number_id)
        self._chance.shuffle(statuses)
        value = {"metadata": {"phone_number_id": phone_number_id}, "statuses": statuses}
        entry = {"changes": [{"field": "messages", "value": value}]}
        body = msgspec.json.encode({"object": "whatsapp_business_account", "entry": [entry]})
        if self._chance.random() < self.habits.repeats:
            self._post(phone_number_id, body, [], 1)
        self._post(phone_number_id, body, statuses, 1)

    def _post(self, phone_number_id: str, body: bytes, statuses: list[dict[str, Any]], tries: int) -> None:
        """Until somebody answers 200. `statuses` are what is told by it."""
        post = _Post(self, phone_number_id, body, statuses, tries)
        hosts = self.receivers()
        self._loop.after(_POST_PATIENCE, post.give_up)
        if hosts:
            self._loop.after(self.way(), self._chance.choice(hosts).receive, post)

    def _told(self, statuses: list[dict[str, Any]]) -> None:
        self.busy -= len(statuses)
        for status in statuses:
            self.told.setdefault(status["id"], []).append(status["status"])

    def post_ended(self, post: "_Post", is_kept: bool) -> None:
        if is_kept:
            self._told(post.statuses)
            self._trace("hook kept", *[f"{s['id']}:{s['status']}" for s in post.statuses])
            return
        wait = 1.0 if self.is_calm else min(30.0, 2.0**post.tries) * self._chance.uniform(0.5, 1.0)
        self._loop.after(wait, self._post, post.phone_number_id, post.body, post.statuses, post.tries + 1)


class _Post:
    """One try of one post."""

    def __init__(
        self, meta: Meta, phone_number_id: str, body: bytes, statuses: list[dict[str, Any]], tries: int
    ) -> None:
        self._meta = meta
        self._is_over = False
        self.phone_number_id = phone_number_id
        self.body = body
        self.statuses = statuses
        self.tries = tries
        digest = hmac.digest(APP_SECRET.encode(), body, hashlib.sha256).hex()
        self.headers: Mapping[str, str] = {"x-hub-signature-256": f"sha256={digest}"}
        self.hook_key = meta.hook_keys[phone_number_id]

    def answered(self, status: int) -> None:
        self._end(status == 200)

    def give_up(self) -> None:
        self._end(False)

    def _end(self, is_kept: bool) -> None:
        if not self._is_over:
            self._is_over = True
            self._meta.post_ended(self, is_kept)


class SimTransport:
    """One process's way to the provider: `outgoing_http.Transport`."""

    def __init__(self, host: Any, loop: SimLoop, meta: Meta, chance: random.Random) -> None:
        self._host = host
        self._loop = loop
        self._meta = meta
        self._chance = chance

    async def request(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        if body is None and "/message_templates?" in url:  # there are none here
            return Answer(200, {}, b'{"data": []}')
        if body is None:
            return await self._show_subscription(url)
        way, waiter = self._meta.choose(), self._loop.create_future()
        if way == "refused_connection":
            self._loop.after(self._meta.way(), _break, waiter, NotSentError("connection refused"))
        else:
            self._meta.busy += 1
            late = self._chance.uniform(1.0, LATEST_SECONDS) if way == "late_taking" else 0.0
            self._loop.after(self._meta.way() + late, self._arrive, way, url, body, waiter)
        if way == "late_taking":
            self._loop.after(self._meta.way(), _break, waiter, AmbiguousError("reset"))
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                answer: Answer = await waiter
                return answer
        except TimeoutError:
            raise AmbiguousError("no answer in time") from None

    async def _show_subscription(self, url: str) -> Answer:
        waiter = self._loop.create_future()
        phone_number_id = url.partition("?")[0].rpartition("/")[2]
        path = f"https://us.test/hooks/whatsapp_cloud/{self._meta.hook_keys[phone_number_id]}"
        body = msgspec.json.encode({"webhook_configuration": {"phone_number": path}})
        self._loop.after(self._meta.way(), _give, waiter, Answer(200, {}, body))
        answer: Answer = await waiter
        return answer

    def _arrive(self, way: str, url: str, body: bytes, waiter: "asyncio.Future[Any]") -> None:
        """At the provider. Of whoever died meanwhile it may have arrived or not."""
        self._meta.busy -= 1
        if self._host.is_dead and self._chance.random() < 0.5:
            return
        if way in _REFUSALS:
            status, error = _REFUSALS[way]
            self._reply(waiter, Answer(status, {}, msgspec.json.encode({"error": error})))
        elif way == "reset_before":
            self._loop.after(self._meta.way(), _break, waiter, AmbiguousError("reset"))
        elif way == "error_before":
            self._reply(waiter, Answer(500, {}, b"<html>"))
        elif way != "hangs_before":
            self._take(way, url, body, waiter)

    def _take(self, way: str, url: str, body: bytes, waiter: "asyncio.Future[Any]") -> None:
        answer = self._meta.take(url, body, is_answered=way == "answers" and not self._host.is_dead)
        if way == "answers":
            self._reply(waiter, Answer(200, {}, answer))
        elif way == "error_after":
            self._reply(waiter, Answer(self._chance.choice((500, 502, 503)), {}, b""))
        elif way == "garbage_after":
            self._reply(waiter, Answer(200, {}, b"{"))
        elif way == "reset_after":
            self._loop.after(self._meta.way(), _break, waiter, AmbiguousError("reset"))

    def _reply(self, waiter: "asyncio.Future[Any]", answer: Answer) -> None:
        """Now and then it takes so long that all statuses come before."""
        slow = self._chance.uniform(1.0, 9.0) if self._chance.random() < 0.1 else 0.0
        self._loop.after(self._meta.way() + slow, _give, waiter, answer)


def _give(waiter: "asyncio.Future[Any]", answer: Answer) -> None:
    if not waiter.done():
        waiter.set_result(answer)


def _break(waiter: "asyncio.Future[Any]", error: Exception) -> None:
    if not waiter.done():
        waiter.set_exception(error)
