"""Sends that fail on demand: refused in the answer, or taken and then `failed`.

Asked for by `/_sandbox/faults` and by scenarios; taken up by the next sends that they fit. For what one
recipient always does there are the magic recipients of `behaviours.py`.
"""

from typing import Annotated, Literal

import msgspec

from trunkline.sandbox.content.messages import Message
from trunkline.sandbox.errors import CODES, GraphError, known_error


class SendFault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What happens to which sends. Members that are left out fit every send."""

    code: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
    """Meta's code."""
    how: Literal["answer", "status"] = "answer"
    http_status: Annotated[int, msgspec.Meta(ge=400, le=599)] | None = None
    details: str | None = None
    to: str | None = None
    """Digits of the recipient."""
    type: str | None = None
    every: Annotated[int, msgspec.Meta(ge=1)] = 1
    """Every so many-th send that it fits: 3 lets two through and meets the third."""
    times: Annotated[int, msgspec.Meta(ge=1)] | None = 1
    """How many sends it is for; None: all, until it is removed."""
    id: str = ""
    seen: int = 0


class SendFaults:
    """Those that are waiting, in the order in which they were asked for."""

    def __init__(self) -> None:
        self.waiting: list[SendFault] = []

    def remove(self, id_: str | None) -> None:
        """The one of that id, or all."""
        self.waiting = [fault for fault in self.waiting if id_ not in (None, fault.id)]

    def take(self, message: Message, how: str) -> GraphError | None:
        """The error of the first that fits this send; counted down."""
        for fault in self.waiting:
            if fault.how != how or fault.to not in (None, message.recipient):
                continue
            if fault.type not in (None, message.type):
                continue
            fault.seen += 1
            if fault.seen % fault.every:
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
            return _error(fault)
        return None


def _error(fault: SendFault) -> GraphError:
    if fault.details is not None or fault.code not in CODES:
        return GraphError(fault.code, details=fault.details, status=fault.http_status)
    return known_error(fault.code, fault.http_status)
