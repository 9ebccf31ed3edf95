"""Idempotency-Key: one effect and one answer, however often a request comes, and whatever happens between."""

import asyncio
from typing import Any

import pytest

from tests.api.conftest import TEXT, Answer, Site

KEY = "4f0c1a9e-order-81"


def send(site: Site, body: Any = TEXT, key: str = KEY) -> Answer:
    return site.send(body, Idempotency_Key=key)


def test_a_repetition_gets_the_first_answer_and_sends_nothing(site: Site) -> None:
    first = send(site)
    site.until(first.json["id"], "submitted")
    again = send(site, {"text": {"body": "hello"}, "type": "text", "to": "+1 555 000 2222"})
    assert (again.status, again.raw) == (200, first.raw)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert site.rows()["messages"] == 1


def test_the_answer_is_the_same_after_a_restart(site: Site) -> None:
    first = send(site)
    site.restart()
    again = send(site)
    assert again.raw == first.raw
    assert site.rows()["messages"] == 1


def test_the_answer_is_the_same_when_the_request_would_not_pass_any_more(site: Site) -> None:
    soon = site.clock.now() // 1000 + 60
    first = send(site, TEXT | {"send_at": soon})
    assert first.status == 200
    site.advance(120)
    assert send(site, TEXT | {"send_at": soon}).raw == first.raw
    assert site.send(TEXT | {"send_at": soon}).problems == [("/send_at", "in_the_past")]


def test_another_body_with_the_same_key_is_refused(site: Site) -> None:
    send(site)
    other = send(site, TEXT | {"text": {"body": "bye"}})
    assert (other.status, other.reason) == (422, "idempotency_mismatch")
    batch = site.post("/v1/messages/batch", {"messages": [TEXT]}, Idempotency_Key=KEY)
    assert (batch.status, batch.reason) == (422, "idempotency_mismatch")
    assert site.rows()["messages"] == 1


def test_keys_of_two_accounts_have_nothing_to_do_with_each_other(site: Site) -> None:
    mine = send(site)
    bobs = site.send(TEXT, key=site.bob.live_key, Idempotency_Key=KEY)
    assert bobs.status == 200
    assert bobs.raw != mine.raw
    assert site.rows()["messages"] == 2


def test_what_was_refused_leaves_the_key_free(site: Site) -> None:
    before = site.rows()
    assert send(site, TEXT | {"to": "12"}).status == 400
    assert site.rows() == before
    assert send(site).status == 200


def test_a_second_request_while_the_first_runs_is_told_to_wait(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, batch, arrived, may_go = site.store, site.store.batch, asyncio.Event(), asyncio.Event()

    async def slow(*arguments: Any, **how: Any) -> Any:
        arrived.set()
        await may_go.wait()
        return await batch(*arguments, **how)

    async def story() -> tuple[Answer, Answer, Answer]:
        path, how = "/v1/whatsapp/messages", {"Idempotency-Key": KEY}
        first = asyncio.create_task(site.asked("POST", path, TEXT, **how))
        await arrived.wait()
        second = await site.asked("POST", path, TEXT, **how)
        other = await site.asked("POST", path, TEXT | {"to": "15550003333"}, **how)
        may_go.set()
        return await first, second, other

    with monkeypatch.context() as patch:
        patch.setattr(store, "batch", slow)
        first, second, other = site.run(story())
    assert (second.status, second.reason) == (409, "request_in_flight")
    assert second.headers["Retry-After"] == "1"
    assert (other.status, other.reason) == (422, "idempotency_mismatch")
    assert first.status == 200
    assert send(site).raw == first.raw


def test_of_many_at_once_one_is_stored_though_nobody_remembers_the_others(site: Site) -> None:
    """As on several machines: only the store knows that the key was used."""

    async def story() -> list[Answer]:
        site.api.running_keys = Forgetful()
        asked = (
            site.asked("POST", "/v1/whatsapp/messages", TEXT, **{"Idempotency-Key": KEY}) for _ in range(8)
        )
        return await asyncio.gather(*asked)

    answers = site.run(story())
    assert len({answer.raw for answer in answers}) == 1
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 7
    assert site.rows()["messages"] == 1


class Forgetful(dict[Any, Any]):
    def get(self, key: Any, default: Any = None) -> Any:
        return None

    def __delitem__(self, key: Any) -> None:
        self.pop(key, None)


@pytest.mark.parametrize("key", ["", "two words", "k" * 256, "schlüssel"])
def test_a_key_that_is_none_is_refused(site: Site, key: str) -> None:
    answer = send(site, key=key)
    assert answer.status == 400
    assert answer.problems == [("Idempotency-Key:", "idempotency_key")]


def test_the_longest_key_is_taken(site: Site) -> None:
    assert send(site, key="k" * 255).status == 200


def test_a_batch_is_stored_once(site: Site) -> None:
    body = {"messages": [TEXT, {"to": "12"}]}
    first = site.post("/v1/messages/batch", body, Idempotency_Key=KEY)
    again = site.post("/v1/messages/batch", body, Idempotency_Key=KEY)
    assert again.raw == first.raw
    assert again.headers["Idempotency-Replayed"] == "true"
    assert site.rows()["messages"] == 1
