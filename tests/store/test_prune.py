"""First answers are kept for seven days, on both engines."""

from tests.factories import ACCOUNT, NOW, OTHER_ACCOUNT
from tests.store.conftest import Opened
from trunkline.housekeeping.prune import KEPT_MS
from trunkline.store import idempotency
from trunkline.store.idempotency import Answered


def answer(key: str, account_id: str = ACCOUNT, at: int = NOW) -> Answered:
    return Answered(account_id, key, b"fingerprint", 200, f'{{"id":"{key}"}}'.encode(), at)


def test_an_answer_is_kept_for_its_time_and_then_forgotten(db: Opened) -> None:
    old, new = answer("old"), answer("new", at=NOW + 1)
    db.write(lambda tx: idempotency.remember_many(tx, [old, new]))
    db.write(lambda tx: idempotency.prune(tx, ACCOUNT, NOW + 1))
    assert db.read(lambda tx: idempotency.recall(tx, ACCOUNT, "old")) is None
    assert db.read(lambda tx: idempotency.recall(tx, ACCOUNT, "new")) == new
    assert KEPT_MS == 7 * 24 * 3_600_000


def test_only_the_first_answer_for_a_key_is_kept(db: Opened) -> None:
    first, second = answer("k"), answer("k", at=NOW + 5)
    assert db.write(lambda tx: idempotency.remember_many(tx, [first])) == [True]
    assert db.write(lambda tx: idempotency.remember_many(tx, [second])) == [False]
    assert db.read(lambda tx: idempotency.recall(tx, ACCOUNT, "k")) == first


def test_two_requests_with_one_key_in_one_commit_make_one_answer(db: Opened) -> None:
    pair = [
        Answered(ACCOUNT, "k", b"f", 200, b"one", NOW),
        Answered(ACCOUNT, "k", b"f", 200, b"two", NOW),
    ]
    assert db.write(lambda tx: idempotency.remember_many(tx, pair)) == [True, False]


def test_accounts_do_not_share_keys(db: Opened) -> None:
    pair = [answer("k"), answer("k", OTHER_ACCOUNT)]
    assert db.write(lambda tx: idempotency.remember_many(tx, pair)) == [True, True]
