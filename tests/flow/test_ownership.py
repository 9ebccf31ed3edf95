"""Several gateways on one PostgreSQL: one owner a number, what is accepted anywhere leaves, hand-over."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.flow.cluster import Cluster, Member, cluster
from tests.flow.rig import taken
from trunkline import admin, bulletin, leasing
from trunkline.admin import Admin
from trunkline.channels.contract import Outcome, Outgoing, Refused, SendError
from trunkline.leasing import SETTLED_IN_MS
from trunkline.model.evidence import attempt_id
from trunkline.model.message import bind
from trunkline.outbound import accept
from trunkline.outbound.accept import Birth
from trunkline.outbound.wire_marks import WireMarks
from trunkline.store import (
    StoreUnavailable,
    Tx,
    attempts,
    leases,
    messages,
    open_store,
    processes,
    settlement,
)
from trunkline.store.attempts import Intent
from trunkline.store.lease_table import Lease
from trunkline.store.messages import NewMessage


def story(
    folder: Path,
    url: str,
    tell: Callable[[Cluster], Awaitable[None]],
    *,
    members: int = 2,
    numbers: int = 8,
) -> None:
    async def run() -> None:
        async with cluster(folder, url, members=members, numbers=numbers) as running:
            await tell(running)

    asyncio.run(run())


async def accepted_by(running: Cluster, member: int, *new: NewMessage) -> None:
    """As the API of that gateway does it."""
    at = running.members[member]
    elsewhere = [one.number_id for one in new if not at.dispatcher.owns(one.number_id)]
    await at.runtime.store.batch(accept.store_births, Birth(new, None, elsewhere))
    at.dispatcher.hand_over([accept.as_waiting(one) for one in new])


def test_numbers_are_spread_and_each_has_one_owner(tmp_path: Path, postgres_url: str) -> None:
    async def tell(running: Cluster) -> None:
        await asyncio.gather(*(member.start() for member in running.members))
        await running.until_shared()
        first, second = (member.owned() for member in running.members)
        assert not first & second
        assert first
        assert second
        owners = {held.owner for held in (await running.leases()).values()}
        assert owners == {member.runtime.process_id for member in running.members}

    story(tmp_path, postgres_url, tell, numbers=16)


def test_what_one_process_accepts_the_owner_sends_at_once(tmp_path: Path, postgres_url: str) -> None:
    async def tell(running: Cluster) -> None:
        await asyncio.gather(*(member.start() for member in running.members))
        await running.until_shared()
        [theirs] = [n for n in running.numbers if running.members[1].dispatcher.has(n)][:1]
        new = running.message(theirs, "15550002222")
        started_at = asyncio.get_running_loop().time()
        await accepted_by(running, 0, new)
        await running.until(lambda: running.members[1].provider.recipients() == ["15550002222"])
        assert asyncio.get_running_loop().time() - started_at < 10  # the rescue would take up to a minute

    story(tmp_path, postgres_url, tell, numbers=16)


def test_who_could_not_look_lately_does_not_believe_to_be_alone(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody may have come meanwhile, and what that one accepted before goes before what comes here."""

    async def no_answer(tx: Tx) -> list[processes.Process]:
        raise StoreUnavailable("on purpose")

    async def tell(running: Cluster) -> None:
        [member], [number_id] = running.members, running.numbers
        await member.start()
        await running.until_all_owned()
        monkeypatch.setattr(processes, "living", no_answer)
        await running.until(lambda: not member.membership.is_alone)
        older, newer = (running.message(number_id, "15550002222") for _ in range(2))
        await running.store.batch(accept.store_births, Birth([older], None, []))  # by another process
        await accepted_by(running, 0, newer)
        await running.until(lambda: len(running.sent()) == 2)
        sent = [message.token.split(".")[1] for message in member.provider.sent]
        assert sent == [attempt_id(older.id, 1), attempt_id(newer.id, 1)]

    story(tmp_path, postgres_url, tell, members=1, numbers=1)


def test_a_number_of_a_process_that_stops_is_taken_over_at_once(tmp_path: Path, postgres_url: str) -> None:
    async def tell(running: Cluster) -> None:
        leaving, staying = running.members
        await asyncio.gather(leaving.start(), staying.start())
        await running.until_all_owned()
        started_at = asyncio.get_running_loop().time()
        await leaving.stop()
        await running.until(lambda: len(staying.owned()) == len(running.numbers))
        assert (
            asyncio.get_running_loop().time() - started_at < 5
        )  # without its word, six looks a second apart
        for number_id in running.numbers:
            await accepted_by(running, 1, running.message(number_id, f"1555{number_id[-4:]}"))
        await running.until(lambda: len(staying.provider.sent) == len(running.numbers))

    story(tmp_path, postgres_url, tell)


def test_a_process_that_joins_gets_its_share_and_nothing_is_sent_twice(
    tmp_path: Path, postgres_url: str
) -> None:
    async def tell(running: Cluster) -> None:
        await running.members[0].start()
        await running.until_all_owned()
        later = await running.join()
        await later.start()
        new = [
            running.message(n, f"15550{i:03}{k:03}") for i, n in enumerate(running.numbers) for k in range(20)
        ]
        for one in new:
            await accepted_by(running, 0, one)
            await asyncio.sleep(0.02)  # all through the hand-over
        await running.until(lambda: bool(later.owned()))
        await running.until(lambda: len(running.sent()) >= len(new))
        assert sorted(running.sent()) == sorted(one.recipient for one in new)

    story(tmp_path, postgres_url, tell, members=1)


def test_a_lease_is_not_taken_before_it_ends_and_what_its_owner_left_is_in_doubt(
    tmp_path: Path, postgres_url: str
) -> None:
    async def tell(running: Cluster) -> None:
        [number_id] = running.numbers
        new = running.message(number_id, "15550002222")

        async def dead_owner(tx: Tx) -> None:
            await messages.insert_many(tx, [new])
            epoch = await leases.take(tx, running.account_id, number_id, "prc_dead", is_alone=False)
            intent = Intent(running.account_id, new.id, number_id, new.recipient, epoch or 0, new.due_at)
            assert await attempts.open_intents(tx, [intent]) == [1]

        await running.store.write(dead_owner)
        [member] = running.members
        await member.start()
        await asyncio.sleep(1.5)
        assert not member.owned()
        assert (await running.row(new)).state == "sending"
        release = Lease(running.account_id, number_id, "prc_dead", 1)
        await running.store.write(lambda tx: leases.TABLE.release(tx, release))
        await running.until_all_owned()
        assert (await running.row(new)).state == "unknown"
        assert member.provider.sent == []

    story(tmp_path, postgres_url, tell, members=1, numbers=1)


def test_the_lease_of_a_process_that_provably_died_on_this_folder_is_not_waited_for(
    tmp_path: Path, postgres_url: str
) -> None:
    async def tell(running: Cluster) -> None:
        [member] = running.members
        dead = WireMarks(Path(member.runtime.settings.data), "prc_dead")
        new = [running.message(number_id, "15550002222") for number_id in running.numbers]

        async def dead_owner(tx: Tx) -> None:
            await processes.beat(tx, "prc_dead", "here", "dispatch")
            await messages.insert_many(tx, new)
            for one in new:
                await leases.take(tx, running.account_id, one.number_id, "prc_dead", is_alone=False)
                intent = Intent(running.account_id, one.id, one.number_id, one.recipient, 1, one.due_at)
                assert await attempts.open_intents(tx, [intent]) == [1]

        await running.store.write(dead_owner)
        await member.start()
        await asyncio.sleep(1.5)
        assert not member.owned()  # it holds the lock on its wire marks: it lives
        dead.put(new[0].id, 1)
        dead.close()
        await running.until(lambda: len(member.owned()) == len(running.numbers))
        await running.until(lambda: len(member.provider.sent) == len(new) - 1)
        assert (await running.row(new[0])).state == "unknown"
        await running.until(lambda: is_settled(member, "prc_dead"))  # by its last beat, it could serve
        await member.dispatcher.sync_numbers()
        assert len(member.owned()) == len(running.numbers)  # nothing is given back to the dead

    story(tmp_path, postgres_url, tell, members=1)


def is_settled(member: Member, process_id: str) -> bool:
    living = member.membership.living
    return any(one.id == process_id and one.age_ms >= SETTLED_IN_MS for one in living)


def test_taking_over_waits_for_an_intent_that_is_being_written(tmp_path: Path, postgres_url: str) -> None:
    """Else the new owner would not see that attempt, and nobody would ever doubt it."""

    async def tell(running: Cluster) -> None:
        [number_id] = running.numbers
        new = running.message(number_id, "15550002222")
        await running.store.write(lambda tx: messages.insert_many(tx, [new]))
        await running.store.write(
            lambda tx: leases.take(tx, running.account_id, number_id, "prc_old", is_alone=False)
        )
        written, may_end = asyncio.Event(), asyncio.Event()
        old = await open_store(postgres_url, tmp_path, new.due_at)

        async def intent(tx: Tx) -> None:
            await attempts.open_intents(
                tx, [Intent(running.account_id, new.id, number_id, new.recipient, 1, new.due_at)]
            )
            written.set()
            await may_end.wait()

        async def take(tx: Tx) -> list[attempts.OpenAttempt]:
            await leases.current(tx, running.account_id, number_id)
            assert await leases.take(tx, running.account_id, number_id, "prc_new", is_alone=True) == 2
            return await attempts.open_of_number(tx, running.account_id, number_id)

        writing = asyncio.create_task(old.write(intent))
        await written.wait()
        taking = asyncio.create_task(running.store.write(take))
        await asyncio.sleep(0.3)
        assert not taking.done()
        may_end.set()
        await writing
        assert [attempt.message_id for attempt in await taking] == [new.id]
        await old.close()

    story(tmp_path, postgres_url, tell, members=1, numbers=1)


def test_the_end_of_a_doubt_is_heard_by_the_process_that_owns_the_number(
    tmp_path: Path, postgres_url: str
) -> None:
    async def tell(running: Cluster) -> None:
        owner = running.members[0]
        [number_id] = running.numbers
        first, second = (running.message(number_id, "15550002222") for _ in range(2))

        async def left_in_doubt(tx: Tx) -> None:
            await messages.insert_many(tx, [first, second])
            epoch = await leases.take(tx, running.account_id, number_id, "prc_dead", is_alone=True)
            intent = Intent(
                running.account_id, first.id, number_id, first.recipient, epoch or 0, first.due_at
            )
            await attempts.open_intents(tx, [intent])
            await leases.TABLE.release(tx, Lease(running.account_id, number_id, "prc_dead", epoch or 0))

        await running.store.write(left_in_doubt)
        await owner.start()
        await running.until_all_owned()
        await asyncio.sleep(0.3)
        assert owner.provider.sent == []  # the lane waits

        async def settle(tx: Tx) -> None:
            await settlement.settle_attempts(tx, running.account_id, [first.id], "token", first.due_at)
            await tx.tell(f"settled {number_id} {first.recipient} {first.id}")

        await running.members[1].runtime.store.write(settle)
        await running.until(lambda: owner.provider.recipients() == ["15550002222"])

    story(tmp_path, postgres_url, tell, numbers=1)


def test_a_number_registered_through_one_process_is_served_by_the_others(
    tmp_path: Path, postgres_url: str
) -> None:
    async def tell(running: Cluster) -> None:
        await running.members[1].start()
        await asyncio.sleep(0.3)
        await running.register()
        await running.members[0].runtime.store.write(lambda tx: tx.tell("directory"))
        await running.until(lambda: len(running.members[1].owned()) == 2)

    story(tmp_path, postgres_url, tell, numbers=1)


def test_a_change_that_nobody_told_of_is_found(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever made it may have died before the news."""
    monkeypatch.setattr(bulletin, "LOOK_SECONDS", 0.3)

    async def tell(running: Cluster) -> None:
        await running.members[1].start()
        await running.until(lambda: len(running.members[1].owned()) == 1)
        await running.register()
        await running.until(lambda: len(running.members[1].owned()) == 2)

    story(tmp_path, postgres_url, tell, numbers=1)


def test_a_hold_is_known_to_every_process(
    tmp_path: Path, postgres_url: str, logged_errors: list[str]
) -> None:
    """Else the next owner would release what is held, and the API of another process would not show it."""
    no_token = SendError(
        code=190, title="token", cause="expired", actor="operator", remedy="renew", effect="hold_number"
    )

    async def refuse(message: Outgoing) -> Outcome:
        return Refused(no_token)

    async def tell(running: Cluster) -> None:
        owner, other = running.members
        owner.provider.answer = refuse
        await owner.start()
        await running.until_all_owned()
        other.bulletin.start()
        await accepted_by(running, 0, running.message(running.numbers[0], "15550002222"))
        known = other.runtime.directory
        await running.until(lambda: known.numbers[running.numbers[0]].held_reason is not None)
        logged_errors.clear()

    story(tmp_path, postgres_url, tell, numbers=1)


def test_a_number_that_is_slow_to_leave_does_not_cost_the_others_their_leases(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leasing, "RENEW_SECONDS", 0.1)

    async def tell(running: Cluster) -> None:
        [member] = running.members
        on_the_wire, may_end = asyncio.Event(), asyncio.Event()

        async def slow(message: Outgoing) -> Outcome:
            on_the_wire.set()
            await may_end.wait()
            return await taken(message)

        member.provider.answer = slow
        await member.start()
        await running.until_all_owned()
        leaving, staying = running.numbers
        await accepted_by(running, 0, running.message(leaving, "15550002222"))
        await on_the_wire.wait()
        runtime = member.runtime
        await admin.remove_number(
            Admin(runtime.store, runtime.vault, runtime.clock), running.account_id, leaving
        )
        await runtime.store.write(lambda tx: tx.tell("directory"))
        await running.until(lambda: member.owned() == {staying})
        owned = member.dispatcher._numbers[staying].owned
        before = owned.until
        await running.until(lambda: owned.until > before + 0.5)
        may_end.set()

    story(tmp_path, postgres_url, tell, members=1, numbers=2)


def test_a_process_that_stops_takes_nothing_back(tmp_path: Path, postgres_url: str) -> None:
    async def tell(running: Cluster) -> None:
        [member] = running.members
        await member.start()
        await running.until_all_owned()
        await member.dispatcher.stop()
        member.bulletin.hear("directory")
        await asyncio.sleep(0.5)
        assert member.owned() == set()
        assert all(held.is_over for held in (await running.leases()).values())

    story(tmp_path, postgres_url, tell, members=1, numbers=2)


def test_a_sandbox_s_number_stays_where_the_sandbox_runs(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leasing, "SETTLED_IN_MS", 0)

    async def tell(running: Cluster) -> None:
        with_sandbox, without = running.members
        with_sandbox.runtime.directory.with_builtin = True
        for _ in range(6):
            await running.register(is_builtin=True)
        await with_sandbox.runtime.directory.reload()
        await with_sandbox.start()
        await running.until_all_owned()
        await without.start()
        await asyncio.sleep(2.5)  # some looks of both
        assert with_sandbox.owned() == set(running.numbers)

    story(tmp_path, postgres_url, tell, numbers=0)


def test_a_take_over_and_a_status_of_the_same_message_do_not_lock_each_other_out(
    tmp_path: Path, postgres_url: str
) -> None:
    async def tell(running: Cluster) -> None:
        [number_id] = running.numbers
        new = running.message(number_id, "15550002222")
        account_id, now = running.account_id, new.due_at

        async def left_open(tx: Tx) -> list[attempts.OpenAttempt]:
            await messages.insert_many(tx, [new])
            await leases.take(tx, account_id, number_id, "prc_dead", is_alone=False)
            await attempts.open_intents(tx, [Intent(account_id, new.id, number_id, new.recipient, 1, now)])
            return await attempts.open_of_number(tx, account_id, number_id)

        left = await running.store.write(left_open)
        has_begun, comes = asyncio.Event(), asyncio.Event()

        async def status(tx: Tx) -> None:
            [progress] = await messages.progress_many(tx, [(account_id, new.id)])
            await messages.advance_many(tx, account_id, [bind(progress, "wamid.1", now)])
            has_begun.set()
            await comes.wait()
            await settlement.settle_attempts(tx, account_id, [new.id], "token", now)

        first, second = (member.runtime.store for member in running.members)
        settling = asyncio.create_task(first.write(status))
        await asyncio.wait_for(has_begun.wait(), 30)
        doubting = asyncio.create_task(second.write(lambda tx: attempts.doubt(tx, account_id, left, "", now)))
        await asyncio.sleep(0.3)
        comes.set()
        await asyncio.gather(settling, doubting)
        assert (await running.row(new)).state == "submitted"

    story(tmp_path, postgres_url, tell, numbers=1)
