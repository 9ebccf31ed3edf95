"""The shortest honest values for tests."""

from trunkline.model import ids
from trunkline.model.message import Priority, State
from trunkline.store.accounts import Account
from trunkline.store.messages import NewMessage, Waiting
from trunkline.store.numbers import NumberRow

ACCOUNT = "acc_01h455vb4pex5vsknk084sn02q"
OTHER_ACCOUNT = "acc_01h455vb4pex5vsknk084sn02r"
NUMBER = "num_01h455vb4pex5vsknk084sn02q"
NOW = 1_795_366_800_000
HOUR = 3_600_000


def make_account(account_id: str = ACCOUNT, name: str = "alice") -> Account:
    return Account(account_id, name, f"hook-{name}", "sealed", NOW)


def make_number(account_id: str = ACCOUNT, number_id: str = NUMBER, **changes: object) -> NumberRow:
    values: dict[str, object] = {
        "account_id": account_id,
        "id": number_id,
        "connector": "whatsapp_cloud",
        "digits": "15550001000",
        "phone_number_id": "1000",
        "waba_id": "2000",
        "app_id": "3000",
        "sealed_token": "sealed",
        "sealed_app_secret": "sealed",
        "base_url": "http://127.0.0.1:9/v26.0",
        "is_default": 1,
        "is_builtin": 0,
        "messages_per_second": 80,
        "held_reason": None,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return NumberRow(**(values | changes))  # type: ignore[arg-type]


def make_message(recipient: str = "15550002222", **changes: object) -> NewMessage:
    values: dict[str, object] = {
        "account_id": ACCOUNT,
        "id": ids.new_id(ids.MESSAGE),
        "number_id": NUMBER,
        "type": "text",
        "recipient": recipient,
        "recipient_kind": "phone",
        "content": '{"text":{"body":"hello"}}',
        "context_id": None,
        "callback_data": None,
        "state": State.QUEUED,
        "created_at": NOW,
        "send_at": None,
        "due_at": NOW,
        "expires_at": NOW + HOUR,
    }
    return NewMessage(**(values | changes))  # type: ignore[arg-type]


def make_waiting(
    recipient: str = "15550002222",
    due_at: int = NOW,
    name: str = "",
    priority: int = Priority.NORMAL,
    kind: str = "text",
) -> Waiting:
    return Waiting(
        account_id=ACCOUNT,
        id=name or ids.new_id(ids.MESSAGE),
        number_id=NUMBER,
        type=kind,
        recipient=recipient,
        recipient_kind="phone",
        content="{}",
        context_id=None,
        due_at=due_at,
        expires_at=due_at + HOUR,
        attempts=0,
        priority=priority,
    )
