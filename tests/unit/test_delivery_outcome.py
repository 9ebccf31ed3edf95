"""What a post leaves behind: rows, tries, lanes that go on, a new state of the endpoint."""

import random

import pytest
from msgspec.structs import replace

from trunkline.delivery.backlog import Job
from trunkline.delivery.health import Streak
from trunkline.delivery.outcome import of_reply, turn_of
from trunkline.delivery.post import Post, Reply
from trunkline.store.deliveries import Due
from trunkline.store.endpoints import EndpointRow
from trunkline.store.events import EventRow

ENDPOINT = EndpointRow(
    account_id="acc_1", id="end_1", url="https://example.com/hook", format="events", description="",
    event_types='["*"]', number_id=None, sealed_secret="", sealed_former_secret=None, former_until=None,
    state="active", state_reason=None, is_ordered=0, batch_size=1, max_in_flight=20, per_second=None,
    created_by="api", created_at=0, updated_at=0,
)  # fmt: skip
PAUSED = replace(ENDPOINT, state="paused", state_reason="failing")
EVENT = EventRow("acc_1", "evt_1", "message.sent", "msg_1", 1, None, "lane", 0, "{}")
POST = Post("pst_1", ENDPOINT.url, {}, b"{}")
TAKEN = Reply(is_taken=True, at=1, seconds=0.1, http_status=200)
REFUSED = Reply(is_taken=False, at=1, seconds=0.1, http_status=500)


def row(tries: int) -> Job:
    return Job("evt_1", EVENT, Due("evt_1", "lane", tries, 5, 9, EVENT))


def kept(endpoint: EndpointRow, job: Job, reply: Reply):
    result = of_reply(endpoint, [job], POST, reply, 1000, random.Random(1))
    assert len(result.attempts) == 1
    return [(one.state, one.tries, one.lane) for one in result.kept], result.over


@pytest.mark.parametrize(
    ("endpoint", "job", "reply", "rows", "over"),
    [
        (ENDPOINT, Job("evt_1", EVENT, None), TAKEN, [], []),
        (ENDPOINT, Job("evt_1", EVENT, None), REFUSED, [("waiting", 1, None)], []),
        (replace(ENDPOINT, is_ordered=1), Job("evt_1", EVENT, None), REFUSED, [("waiting", 1, "lane")], []),
        (ENDPOINT, row(3), TAKEN, [("delivered", 4, "lane")], ["lane"]),
        (ENDPOINT, row(8), REFUSED, [("waiting", 9, "lane")], []),
        (ENDPOINT, row(9), REFUSED, [("dead", 10, "lane")], ["lane"]),
        (PAUSED, Job("evt_1", EVENT, None), REFUSED, [("waiting", 0, None)], []),
        (PAUSED, row(9), REFUSED, [("waiting", 9, "lane")], []),
    ],
    ids=["taken at once", "first", "first in order", "taken", "ninth", "tenth", "a probe", "a late probe"],
)
def test_what_becomes_of_an_event(endpoint, job, reply, rows, over) -> None:
    assert kept(endpoint, job, reply) == (rows, over)


def test_what_becomes_of_the_endpoint() -> None:
    hopeless = Streak(0, 10)
    day = 24 * 3_600_000
    assert turn_of(ENDPOINT, TAKEN, Streak(), day) is None
    assert turn_of(ENDPOINT, REFUSED, hopeless, day - 1) is None
    assert turn_of(PAUSED, REFUSED, hopeless, day) is None
    for endpoint, reply, type_ in [
        (ENDPOINT, REFUSED, "endpoint.paused"),
        (PAUSED, TAKEN, "endpoint.recovered"),
        (PAUSED, replace(REFUSED, http_status=410), "endpoint.disabled"),
    ]:
        turn = turn_of(endpoint, reply, hopeless, day)
        assert turn is not None
        assert turn.event.type == type_
        assert turn.state == {"paused": "paused", "recovered": "active"}.get(type_.split(".")[1], "disabled")
