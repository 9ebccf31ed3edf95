"""The WhatsApp business account: what Meta decided about it, and whether it may send at the moment.

`admin/account.py` plays Meta and changes it; Graph's nodes show it; the send path asks `Account.refusal_of`.
"""

import msgspec

from trunkline.sandbox.clock import Clock
from trunkline.sandbox.database import Database
from trunkline.sandbox.numbers import BusinessNumber, refusal_of
from trunkline.sandbox.shelf import Shelf
from trunkline.sandbox.state import Identity

BUSINESS_INITIATED = "RESTRICTED_BIZ_INITIATED_MESSAGING"
CUSTOMER_INITIATED = "RESTRICTED_CUSTOMER_INITIATED_MESSAGING"
ADD_NUMBER = "RESTRICTED_ADD_PHONE_NUMBER_ACTION"
RESTRICTIONS = (BUSINESS_INITIATED, CUSTOMER_INITIATED, ADD_NUMBER)


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that is remembered of the account."""

    name: str
    review: str = "APPROVED"
    verification: str = "verified"
    ban: str = ""
    """DISABLE or SCHEDULE_FOR_DISABLE; empty when the account is in good order."""
    restrictions: dict[str, int | None] = {}
    """Kind of a restriction → the moment at which it ends; None: never by itself."""
    insights: bool = False
    subscribed: bool = True
    """Whether the app gets the account's webhooks."""
    most_numbers: int = 20
    deleted: dict[str, int] = {}
    """Digits of numbers that were taken out of the account → when."""


class Account:
    """There is one in a sandbox. Reads are from memory."""

    def __init__(self, database: Database, clock: Clock, identity: Identity, name: str) -> None:
        self._shelf = Shelf(database, "account", Facts)
        self._clock = clock
        self._id = identity.waba_id
        self._fresh = Facts(name=name)

    @property
    def facts(self) -> Facts:
        return self._shelf.get(self._id) or self._fresh

    async def change(self, **members: object) -> Facts:
        """On disk when this returns."""
        facts = msgspec.structs.replace(self.facts, **members)
        await self._shelf.put(self._id, facts)
        return facts

    @property
    def is_disabled(self) -> bool:
        return self.facts.ban == "DISABLE"

    def is_restricted(self, kind: str) -> bool:
        restrictions = self.facts.restrictions
        until = restrictions.get(kind, 0)
        return kind in restrictions and (until is None or until > self._clock.now())

    def refusal_of(self, number: BusinessNumber, message_type: str) -> int | None:
        """The code with which a send is refused because of what Meta decided, or None.

        131031: the account is disabled. 368: it is restricted. 133010: the number is not registered.
        """
        if self.is_disabled:
            return 131031
        kind = BUSINESS_INITIATED if message_type == "template" else CUSTOMER_INITIATED
        if self.facts.restrictions and self.is_restricted(kind):
            return 368
        return refusal_of(number)


def business_id_of(identity: Identity) -> str:
    """The portfolio that owns the account: made from its id, and always the same."""
    return str(int(identity.waba_id) ^ 0x2F1D)


def system_user_id_of(identity: Identity) -> str:
    return str(int(identity.waba_id) ^ 0x51A7)
