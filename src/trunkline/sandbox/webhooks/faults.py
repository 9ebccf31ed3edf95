"""Webhooks that misbehave on demand: doubled, late, out of order, badly signed, too big, or never sent.

Meta's do the first three now and then; the others are what a receiver has to survive all the same. A fault
is asked for by `/_sandbox/faults` and taken up by the next webhooks that it fits.
"""

from typing import Annotated, Literal

import msgspec

Kind = Literal["duplicate", "delay", "reorder", "bad_signature", "oversize", "drop"]


class WebhookFault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What to do to which webhooks. Members that are left out fit every webhook."""

    kind: Kind
    field: str | None = None
    """`messages`, `message_template_status_update` …"""
    status: str | None = None
    """`sent`, `delivered` …: only webhooks with this status."""
    handset: str | None = None
    """Digits of the handset that it is about."""
    seconds: Annotated[float, msgspec.Meta(ge=0, le=400 * 86_400)] = 5.0
    """For `delay`."""
    times: Annotated[int, msgspec.Meta(ge=1)] | None = 1
    """How many webhooks it is for; None: all, until it is removed."""
    id: str = ""


class WebhookFaults:
    """Those that are waiting, in the order in which they were asked for."""

    def __init__(self) -> None:
        self.waiting: list[WebhookFault] = []

    def remove(self, id_: str | None) -> None:
        """The one of that id, or all."""
        self.waiting = [fault for fault in self.waiting if id_ not in (None, fault.id)]

    def take(self, *, field: str, status: str | None, handset: str | None) -> WebhookFault | None:
        """The first that fits this webhook; counted down."""
        for fault in self.waiting:
            if (
                fault.field in (None, field)
                and fault.status in (None, status)
                and fault.handset in (None, handset)
            ):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self.waiting.remove(fault)
                return fault
        return None
