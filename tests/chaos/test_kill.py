"""The short form of `python -m tests.chaos.kill`, and proof that its checker can say no."""

import asyncio
from pathlib import Path
from typing import Any

from tests.chaos.checker import check
from tests.chaos.kill import Plan, run_plan
from trunkline.model.evidence import make_token

FIRST, SECOND = "msg_01h455vb4pex5vsknk084sn02q", "msg_01h455vb4pex5vsknk084sn02r"


def test_kills_in_the_middle_of_sends_lose_nothing_and_double_nothing(store_url: str, tmp_path: Path) -> None:
    plan = Plan(messages=600, kills=4, store_url=store_url, folder=tmp_path, quiet_seconds=4)
    verdict = asyncio.run(run_plan(plan))
    assert verdict.is_clean(), verdict
    assert verdict.accepted == 600
    assert verdict.taken >= 600 - verdict.states.get("unknown", 0)


def message(
    message_id: str, to: str, state: str = "read", provider_id: str | None = "wamid.1"
) -> dict[str, Any]:
    return {"id": message_id, "to": to, "state": state, "provider_id": provider_id}


def row(message_id: str, to: str, wamid: str = "wamid.1") -> dict[str, Any]:
    return {"wamid": wamid, "to": f"+{to}", "callback_data": make_token(message_id, 1, lambda _: b"12345678")}


def test_the_checker_passes_a_clean_run() -> None:
    assert check([FIRST], [message(FIRST, "1555")], [row(FIRST, "1555")]).is_clean()
    assert check([FIRST], [message(FIRST, "1555", "unknown", None)], []).is_clean()


def test_the_checker_sees_an_id_that_is_not_in_the_store() -> None:
    assert check([FIRST, SECOND], [message(FIRST, "1555")], [row(FIRST, "1555")]).not_in_store == [SECOND]


def test_the_checker_sees_a_message_that_was_lost() -> None:
    assert check([FIRST], [message(FIRST, "1555", "sent")], []).lost == [FIRST]


def test_the_checker_sees_a_recipient_who_got_it_twice() -> None:
    ledger = [row(FIRST, "1555"), row(FIRST, "1555", "wamid.2")]
    assert check([FIRST], [message(FIRST, "1555")], ledger).doubled == ["1555"]


def test_the_checker_sees_a_send_that_belongs_to_no_message() -> None:
    verdict = check([FIRST], [message(FIRST, "1555")], [row(FIRST, "1555"), row(SECOND, "1556", "wamid.2")])
    assert verdict.unaccounted == ["wamid.2"]
