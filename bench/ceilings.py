"""The ceiling under the store: the same row, inserted with the same settings, and nothing around it.

Runs as a process of its own, on the servers' core: `python -m bench.ceilings FOLDER GROUP SECONDS` prints
one line of JSON. Making the rows is not part of the time.
"""

import sys
import time
from pathlib import Path

import msgspec

from bench.requests import Numbers, body
from trunkline.model import ids
from trunkline.model.message import State
from trunkline.store import migrate
from trunkline.store.messages import NewMessage
from trunkline.store.open import FILE_NAME
from trunkline.store.queries import load
from trunkline.store.sqlite import connect

MOST_ROWS = 5_000_000


class Inserted(msgspec.Struct, frozen=True):
    rows: int
    seconds: float
    cpu_seconds: float


def insert(folder: Path, group: int, seconds: float) -> Inserted:
    """One thread, one synced transaction for every `group` rows."""
    folder.mkdir(parents=True)
    migrate.migrate_sqlite(folder / FILE_NAME, 0)
    connection = connect(folder / FILE_NAME)
    statement, numbers = load("messages")["insert"].sqlite, Numbers()
    rows, spent, cpu = 0, 0.0, 0.0
    while spent < seconds and rows < MOST_ROWS:
        made = [_row(numbers.next()) for _ in range(group)]
        started, cpu_started = time.perf_counter(), time.process_time()
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(statement, made)
        connection.execute("COMMIT")
        spent += time.perf_counter() - started
        cpu += time.process_time() - cpu_started
        rows += group
    connection.close()
    return Inserted(rows, spent, cpu)


def _row(number: int) -> tuple[object, ...]:
    message = msgspec.json.decode(body(number))
    now = time.time_ns() // 1_000_000
    return msgspec.structs.astuple(
        NewMessage(
            account_id="acc_01kaq3w8n2e5v9x7c4h6t0y1zd",
            id=ids.new_id(ids.MESSAGE),
            number_id="num_01kaq3w8n2e5v9x7c4h6t0y1zd",
            type="text",
            recipient=message["to"].removeprefix("+"),
            recipient_kind="phone",
            content=msgspec.json.encode({"text": message["text"]}).decode(),
            context_id=None,
            callback_data=None,
            state=State.QUEUED,
            created_at=now,
            send_at=None,
            due_at=now,
            expires_at=now + 259_200_000,
        )
    )


if __name__ == "__main__":
    found = insert(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
    print(msgspec.json.encode(found).decode())
