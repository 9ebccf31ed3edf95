"""R2: a status without our token settles a doubt when it can only be that one's, and else leaves it alone."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.flow.doubt_desk import DAY, MINUTE, PERSON, Desk, Tell, story
from tests.flow.rig import Answer, taken
from trunkline.channels import contract
from trunkline.channels.contract import Ambiguous, Outgoing
from trunkline.model.evidence import attempt_id
from trunkline.model.message import State
from trunkline.outbound import doubts, number
from trunkline.store import Tx, numbers, settlement
from trunkline.store import doubts as decisions


def test_a_status_without_a_token_settles_the_only_doubt_of_its_lane(store_url: str, tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        message = await desk.doubt()
        await desk.doubt("15550009999")
        await desk.tell(desk.fact("wamid.x"))
        assert await desk.settle() == [doubts.End(message.id, PERSON, None, is_evident=True)]
        row = await desk.rig.row(message)
        assert (row.state, row.provider_id) == ("failed", "wamid.x")
        [attempt] = await desk.attempts(message)
        assert (attempt.outcome, attempt.settled_by, attempt.is_open) == ("ambiguous", "lane", 0)
        await desk.tell(desk.fact("wamid.x", "delivered"))
        assert await desk.state(message) == "delivered"

    story(tmp_path, tell, store_url)


def test_a_status_that_came_before_the_attempt_was_doubted_settles_it(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        message = desk.rig.message()
        n = await desk.begun(message)
        await desk.tell(desk.fact("wamid.x", "sent"))
        assert await desk.settle() == []
        await desk.answered(message, n, State.UNKNOWN)
        assert [end.message_id for end in await desk.settle()] == [message.id]

    story(tmp_path, tell)


def test_a_status_under_the_name_that_the_provider_gave_the_recipient_settles(
    store_url: str, tmp_path: Path
) -> None:
    async def tell(desk: Desk) -> None:
        await desk.taken("5511987654321", provider_recipient="551187654321")
        message = await desk.doubt("5511987654321")
        await desk.tell(desk.fact("wamid.x", "sent", recipient="551187654321"))
        assert [end.message_id for end in await desk.settle()] == [message.id]

    story(tmp_path, tell, store_url)


async def two_candidates(desk: Desk) -> None:
    await desk.tell(desk.fact("wamid.x"), desk.fact("wamid.y"))


async def a_shared_number(desk: Desk) -> None:
    row = msgspec.structs.replace(desk.row, is_shared=1)
    await desk.write(lambda tx: numbers.update(tx, row))
    await desk.rig.runtime.directory.reload()
    await desk.tell(desk.fact("wamid.x"))


async def a_foreign_token(desk: Desk) -> None:
    await desk.tell(desk.fact("wamid.x", "sent", token="somebody else's"))


async def a_foreign_token_on_another_of_its_facts(desk: Desk) -> None:
    await desk.tell(desk.fact("wamid.x", "sent", token="somebody else's"), desk.fact("wamid.x"))


async def a_fact_from_before_the_attempt(desk: Desk) -> None:
    await desk.tell(desk.fact("wamid.x", at=desk.clock.now() - 3_000))


async def an_older_fact_of_the_same_id(desk: Desk) -> None:
    early = desk.fact("wamid.x", "sent", at=desk.clock.now() - 3_000)
    await desk.tell(early, desk.fact("wamid.x"))


async def another_recipient(desk: Desk) -> None:
    await desk.tell(desk.fact("wamid.x", recipient="15550007777"))


@pytest.mark.parametrize(
    "happening",
    [
        two_candidates,
        a_shared_number,
        a_foreign_token,
        a_foreign_token_on_another_of_its_facts,
        a_fact_from_before_the_attempt,
        an_older_fact_of_the_same_id,
        another_recipient,
    ],
)
def test_the_lane_settles_nothing_when_there_is(happening: Tell, tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        message = await desk.doubt()
        await happening(desk)
        assert await desk.settle() == []
        assert await desk.state(message) == "unknown"

    story(tmp_path, tell)


def test_the_lane_settles_nothing_while_an_older_message_of_it_was_never_accounted_for(
    store_url: str, tmp_path: Path
) -> None:
    async def tell(desk: Desk) -> None:
        older = await desk.doubt(expires_at=desk.clock.now() + MINUTE)
        await desk.later(2 * MINUTE)
        await desk.settle()
        assert await desk.state(older) == "unconfirmed"
        message = await desk.doubt()
        await desk.tell(desk.fact("wamid.x"))
        assert await desk.settle() == []
        await desk.tell(desk.fact("wamid.old", "sent", token=desk.token(older, 1)))
        assert await desk.state(older) == "sent"
        await desk.tell(desk.fact("wamid.x", "sent", token=desk.token(message, 1)))
        assert await desk.state(message) == "failed"

    story(tmp_path, tell, store_url)


def test_the_lane_settles_nothing_while_another_lane_has_the_same_name_at_the_provider(
    tmp_path: Path,
) -> None:
    async def tell(desk: Desk) -> None:
        for ours in ("5511987654321", "551187654321"):
            await desk.taken(ours, provider_recipient="551187654321")
            await desk.doubt(ours)
        await desk.tell(desk.fact("wamid.x", recipient="551187654321"))
        assert await desk.settle() == []

    story(tmp_path, tell)


def test_a_fact_that_was_parked_while_its_message_became_known_is_adopted(
    store_url: str, tmp_path: Path
) -> None:
    async def tell(desk: Desk) -> None:
        await desk.tell(desk.fact("wamid.x", "delivered"))
        message = desk.rig.message()
        n = await desk.begun(message)
        # As if the fact had been written by another process between this transaction's look and its commit.
        claim = settlement.apply_early_facts
        settlement.apply_early_facts = _nothing  # type: ignore[assignment]
        try:
            await desk.answered(message, n, State.SUBMITTED, provider_id="wamid.x")
        finally:
            settlement.apply_early_facts = claim
        assert await desk.state(message) == "submitted"
        await desk.settle()
        assert await desk.state(message) == "delivered"

    story(tmp_path, tell, store_url)


async def _nothing(tx: Tx, bound: Any) -> None:
    pass


# -- with the dispatcher


def ambiguous_once() -> Answer:
    answers = [Ambiguous("time-out")]

    async def answer(message: Outgoing) -> contract.Outcome:
        return answers.pop() if answers else await taken(message)

    return answer


def test_what_absence_proves_unsent_goes_before_what_waits_behind_it(store_url: str, tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        await desk.rig.start()
        desk.rig.provider.answer = ambiguous_once()
        first, behind = (desk.rig.message(expires_at=desk.clock.now() + DAY) for _ in range(2))
        await desk.rig.accept(first, behind)
        await desk.rig.until(first, "unknown")
        await desk.later(20 * MINUTE)
        for _ in range(
            4
        ):  # the first look may have come before the beat; the next one comes within 30 seconds
            await desk.later(10_000)
        await desk.rig.until(behind, "submitted")
        assert (await desk.rig.row(first)).attempts == 2
        sent = [message.token.split(".")[1] for message in desk.rig.provider.sent]
        assert sent == [attempt_id(first.id, 1), attempt_id(first.id, 2), attempt_id(behind.id, 1)]

    story(tmp_path, tell, store_url)


def test_a_lane_goes_on_when_a_status_without_a_token_settled_its_doubt(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        await desk.rig.start()
        desk.rig.provider.answer = ambiguous_once()
        first, behind = desk.rig.message(), desk.rig.message()
        await desk.rig.accept(first, behind)
        await desk.rig.until(first, "unknown")
        await desk.tell(desk.fact("wamid.x"))
        await desk.later(3_000)
        await desk.rig.until(behind, "submitted")
        assert await desk.state(first) == "failed"
        assert len(desk.rig.provider.sent) == 2

    story(tmp_path, tell)


async def no_answer(message: Outgoing) -> contract.Outcome:
    return Ambiguous("time-out")


def test_a_message_that_is_sent_anew_hides_no_other_doubt_of_its_lane(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end of the other one is found by comparing with the store, whoever forgot to tell of it."""
    monkeypatch.setattr(number, "COMPARE_SECONDS", 0.05)

    async def tell(desk: Desk) -> None:
        account_id, dispatcher = desk.rig.account_id, desk.rig.dispatcher
        await desk.rig.start()
        desk.rig.provider.answer = no_answer
        given_up, in_doubt = desk.rig.message(), desk.rig.message()
        await desk.rig.accept(given_up)
        await desk.rig.until(given_up, "unknown")
        await desk.write(lambda tx: decisions.abandon(tx, account_id, given_up.id, desk.clock.now()))
        dispatcher.free(given_up.number_id, given_up.recipient, given_up.id)
        await desk.rig.accept(in_doubt)
        await desk.rig.until(in_doubt, "unknown")
        desk.rig.provider.answer = taken
        fresh = desk.clock.now() + DAY
        await desk.write(lambda tx: decisions.resend(tx, account_id, given_up.id, desk.clock.now(), fresh))
        await dispatcher.again(given_up.number_id, given_up.id)
        await desk.write(lambda tx: decisions.abandon(tx, account_id, in_doubt.id, desk.clock.now()))
        await desk.later(1_000)
        await desk.rig.until(given_up, "submitted", seconds=10)

    story(tmp_path, tell)
