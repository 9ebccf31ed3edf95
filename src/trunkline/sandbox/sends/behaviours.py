"""Recipients that misbehave on purpose: the one table behind the emulator, the admin API and docs/sandbox.md.

A send to `1555555` and a row's suffix gets that row's treatment; `POST /_sandbox/handsets/{digits}` gives it
to any other number by name. Everything a row can say is here; `sending.py` only carries it out. The range
is that narrow so that nobody who counts through numbers meets it by chance.
"""

from enum import Enum

import msgspec

USUAL = ("sent", "delivered", "read")


class Answer(Enum):
    """What the caller of the send sees."""

    OK = "ok"
    ERROR = "error"  # the row's error code
    HANG = "hang"  # nothing, until one side gives up
    CUT = "cut"  # the connection is closed without an answer
    GARBAGE = "garbage"  # 200 with something that is not JSON
    SLOW = "slow"  # 200, later
    AFTER_SENT = "after_sent"  # 200, but only after the first status was posted


class Behaviour(msgspec.Struct, frozen=True, kw_only=True):
    """One row: what happens to the request, to the message, and to its statuses."""

    name: str
    suffix: str
    """Last four digits of the magic recipient."""
    says: str
    """For the documentation: what a sender meets."""
    answer: Answer = Answer.OK
    code: int = 0
    """Error code of the answer, when it is an error."""
    http_status: int | None = None
    """HTTP status of that error, where it is not the one of Meta's table."""
    taken: bool = True
    """Whether the message stands in the ledger."""
    every_other: bool = False
    """The first send meets the row, the second goes through as usual, and so on."""
    statuses: tuple[str, ...] = USUAL
    late: bool = False
    echo: bool = True
    """Whether the statuses carry the sender's `biz_opaque_callback_data`."""
    other_wa_id: bool = False
    """WhatsApp knows the recipient by a number with one digit more, as it does in Mexico and Brazil."""


def _failing(suffix: str, name: str, code: int, says: str) -> Behaviour:
    return Behaviour(suffix=suffix, name=name, says=says, statuses=(f"failed:{code}",))


def _refusing(suffix: str, name: str, code: int, says: str, http_status: int | None = None) -> Behaviour:
    return Behaviour(
        suffix=suffix,
        name=name,
        says=says,
        answer=Answer.ERROR,
        code=code,
        http_status=http_status,
        taken=False,
    )


TABLE: tuple[Behaviour, ...] = (
    _failing("9001", "unreachable", 131026, "Taken, then `failed` with 131026: not on WhatsApp."),
    Behaviour(
        suffix="9002",
        name="taken_500",
        says="Taken, but the answer is HTTP 500 (131000). Statuses come.",
        answer=Answer.ERROR,
        code=131000,
    ),
    _refusing("9003", "refused_500", 131000, "HTTP 500 (131000), not taken."),
    Behaviour(
        suffix="9004",
        name="taken_hang",
        says="Taken, but no answer ever comes. Statuses come.",
        answer=Answer.HANG,
    ),
    Behaviour(
        suffix="9005",
        name="throttled_once",
        says="Every other send, beginning with the first, is refused with HTTP 429 and 130429.",
        answer=Answer.ERROR,
        code=130429,
        http_status=429,
        taken=False,
        every_other=True,
    ),
    Behaviour(
        suffix="9006",
        name="pair_limited_once",
        says="Every other send, beginning with the first, is refused with HTTP 400 and 131056.",
        answer=Answer.ERROR,
        code=131056,
        taken=False,
        every_other=True,
    ),
    Behaviour(
        suffix="9007",
        name="duplicated",
        says="Every status is posted twice.",
        statuses=("sent", "sent", "delivered", "delivered", "read", "read"),
    ),
    Behaviour(
        suffix="9008",
        name="reordered",
        says="`read` is posted first, then `delivered`, then `sent`; their timestamps are true.",
        statuses=("read", "delivered", "sent"),
    ),
    Behaviour(
        suffix="9009", name="late", says="The statuses come half a minute later than they should.", late=True
    ),
    Behaviour(suffix="9010", name="silent", says="Taken, and no status ever comes.", statuses=()),
    _refusing("9011", "token_refused", 190, "HTTP 401 (190), as if the token had expired. Not taken."),
    Behaviour(
        suffix="9012",
        name="early_status",
        says="`sent` is posted before the send is answered.",
        answer=Answer.AFTER_SENT,
    ),
    Behaviour(
        suffix="9013",
        name="fails_after_delivered",
        says="`sent`, `delivered`, and then `failed` with 131000.",
        statuses=("sent", "delivered", "failed:131000"),
    ),
    Behaviour(
        suffix="9014",
        name="delivered_after_failed",
        says="`sent`, `failed` with 131026, and then `delivered` after all.",
        statuses=("sent", "failed:131026", "delivered"),
    ),
    Behaviour(
        suffix="9015",
        name="chat_open",
        says="`sent`, then `read` without `delivered`: the chat was open.",
        statuses=("sent", "read"),
    ),
    Behaviour(
        suffix="9016",
        name="no_read_receipts",
        says="`sent` and `delivered`; `read` never comes.",
        statuses=("sent", "delivered"),
    ),
    Behaviour(
        suffix="9017", name="offline", says="`sent` only: the phone is switched off.", statuses=("sent",)
    ),
    _failing("9018", "window_closed", 131047, "Taken, then `failed` with 131047: more than 24 hours."),
    _failing(
        "9019", "marketing_capped", 131049, "Taken, then `failed` with 131049: Meta chose not to deliver."
    ),
    _failing("9020", "marketing_stopped", 131050, "Taken, then `failed` with 131050: the user opted out."),
    _failing("9021", "experiment", 130472, "Taken, then `failed` with 130472: part of an experiment."),
    _failing("9022", "media_unreachable", 131053, "Taken, then `failed` with 131053: media upload error."),
    _failing("9023", "payment_issue", 131042, "Taken, then `failed` with 131042: payment method."),
    _refusing("9024", "not_allowed", 131030, "HTTP 400 (131030): not a test recipient. Not taken."),
    _refusing("9025", "window_closed_at_once", 131047, "HTTP 400 (131047) in the answer. Not taken."),
    Behaviour(
        suffix="9026",
        name="taken_cut",
        says="Taken, but the connection is closed without an answer. Statuses come.",
        answer=Answer.CUT,
    ),
    Behaviour(
        suffix="9027",
        name="refused_hang",
        says="Not taken, and no answer ever comes.",
        answer=Answer.HANG,
        taken=False,
    ),
    Behaviour(
        suffix="9028",
        name="taken_garbage",
        says="Taken, but the 200 carries a page of HTML. Statuses come.",
        answer=Answer.GARBAGE,
    ),
    Behaviour(
        suffix="9029",
        name="other_wa_id",
        says="`wa_id` has one digit more than the number it was sent to.",
        other_wa_id=True,
    ),
    Behaviour(
        suffix="9030",
        name="no_callback_data",
        says="The statuses leave out `biz_opaque_callback_data`.",
        echo=False,
    ),
    _refusing("9031", "locked", 131031, "HTTP 403 (131031): the account is locked. Not taken."),
    _refusing("9032", "service_down", 2, "HTTP 503 (2): the service is down. Not taken."),
    Behaviour(
        suffix="9033",
        name="slow_answer",
        says="Taken; the answer comes after three seconds.",
        answer=Answer.SLOW,
    ),
    Behaviour(
        suffix="9034",
        name="taken_hang_silent",
        says="Taken, but neither an answer nor a status ever comes.",
        answer=Answer.HANG,
        statuses=(),
    ),
    Behaviour(
        suffix="9035",
        name="refused_cut",
        says="Not taken, and the connection is closed without an answer.",
        answer=Answer.CUT,
        taken=False,
    ),
)

BY_NAME = {row.name: row for row in TABLE}
_PREFIX = "1555555"
_BY_NUMBER = {_PREFIX + row.suffix: row for row in TABLE}


def magic_behaviour(digits: str) -> Behaviour | None:
    """The row whose number this is."""
    return _BY_NUMBER.get(digits)


def markdown_table() -> str:
    """The table for docs/sandbox.md, which a test compares with this."""
    head = "| recipient | behaviour | what the sender meets |\n| --- | --- | --- |\n"
    return head + "".join(f"| `{_PREFIX}{row.suffix}` | `{row.name}` | {row.says} |\n" for row in TABLE)
