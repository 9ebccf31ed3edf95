"""What a connector whose provider charges for messages can say of that: the rest of its contract.

Pure, all of it. Categories and markets are the provider's own words; the core keeps, counts and shows them.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import date
from typing import Any, Protocol

import msgspec

from trunkline.pricing.cards import RateCard
from trunkline.pricing.meter import Counts, Estimate
from trunkline.pricing.reading import Heading, Reading


class Billing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How an account is billed by its provider: it can be asked nowhere, so its owner says."""

    currency: str = "USD"
    time_zone: str = "UTC"
    """Whose midnight begins a day and a month."""
    is_utility_charged_in_window: bool = True
    """Which reading of the rules of October 2026 is taken (docs/pricing.md)."""
    is_exempt: bool = False
    """A government or non-profit whose service messages are free."""
    country: str | None = None
    """Of the business, as the provider determined it."""
    international: dict[str, date] = {}
    """Markets in which it pays the rate for international authentication, and since when; what the provider's
    webhooks tell of it need not be said here."""


class Load(msgspec.Struct, frozen=True):
    """So many messages that are charged alike."""

    address: str
    """Of the recipient; its first `address_part` characters are enough."""
    number_id: str
    category: str
    at: int
    """When they are delivered."""
    count: int = 1
    is_window_open: bool = False
    is_free_entry: bool = False


class Arrivals(msgspec.Struct, frozen=True):
    """So many messages that were delivered, and what the provider said of their price."""

    address: str
    number_id: str
    at: int
    pricing: Mapping[str, Any]
    count: int = 1


Info = Mapping[str, str]
"""What is remembered of a number that the provider told (`Notice.info`)."""


class Month(msgspec.Struct, frozen=True):
    """What was delivered since a month began."""

    at: int
    """A moment in that month."""
    counts: Counts = Counts()


class Pricing(Protocol):
    """Implemented by `channels/<kind>/pricing/desk.py`."""

    address_part: int
    """So much of an address's beginning decides its market."""
    currencies: Set[str]
    categories: Sequence[str]
    free_quota: int
    """So many first messages of a number in a month may be free, and their order matters."""
    quota_categories: Set[str]
    """Those that the free quota is for."""

    def read_card(self, data: bytes, heading: Heading) -> Reading:
        """A file of rates. `ValueError` when its currency is none of the provider's."""

    def samples(self) -> Sequence[RateCard]:
        """Cards that came with the program."""

    def category_of(self, type: str, template_category: str | None) -> str:
        """As what a message is charged; None is a category that is not known."""

    def rules_at(self, at: int, billing: Billing) -> str:
        """The name of the rules that hold then. `LookupError` when none are known."""

    def day_start(self, at: int, billing: Billing) -> int:
        """When the day of this moment began: the prices of a day are the same until it ends."""

    def month_start(self, at: int, billing: Billing) -> int:
        """When the month of this moment began."""

    def estimate(
        self, loads: Iterable[Load], cards: Sequence[RateCard], billing: Billing, before: Month
    ) -> Estimate:
        """What these will cost if all are delivered, in the order in which they are given.

        That must be the order of time. `before` counts only for its own month.
        """

    def actual(
        self, arrivals: Iterable[Arrivals], cards: Sequence[RateCard], billing: Billing, before: Month
    ) -> Estimate:
        """What these were charged; in any order."""

    def counts(self, arrivals: Iterable[Arrivals], billing: Billing) -> Counts:
        """What these take of volume tiers and quota, all being of one month."""

    def with_told(self, billing: Billing, infos: Sequence[Info]) -> Billing:
        """With what the provider told of how the account is billed; what its owner said goes before that."""

    def raised(self, month: Month, billing: Billing, infos: Sequence[Info]) -> Month:
        """The counts as the provider had told them by then, where higher: others may send for it, too."""
