"""Which webhooks the app asked for: `/{app}/subscriptions`, and whether it is subscribed to the account.

An app that never named any fields gets all of them, so that a callback of a number or an account is enough.
"""

import msgspec

from trunkline.sandbox.account import Account
from trunkline.sandbox.database import Database
from trunkline.sandbox.shelf import Shelf

FIELDS = (
    "account_alerts",
    "account_review_update",
    "account_update",
    "automatic_events",
    "business_capability_update",
    "business_username_update",
    "business_username_updates",
    "calls",
    "flows",
    "group_lifecycle_update",
    "group_participants_update",
    "group_settings_update",
    "group_status_update",
    "history",
    "message_template_components_update",
    "message_template_quality_update",
    "message_template_status_update",
    "messages",
    "messaging_handovers",
    "partner_solutions",
    "payment_configuration_update",
    "phone_number_name_update",
    "phone_number_quality_update",
    "security",
    "smb_app_state_sync",
    "smb_message_echoes",
    "standby",
    "template_category_update",
    "template_correct_category_detection",
    "user_preferences",
)


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """What the app asked for about one kind of object."""

    object: str
    callback_url: str
    fields: tuple[str, ...]


class Subscriptions:
    """Those of the one app."""

    def __init__(self, database: Database, account: Account) -> None:
        self._shelf = Shelf(database, "subscription", Subscription)
        self._account = account

    def wants(self, field: str) -> bool:
        """Whether webhooks of this field are posted at all."""
        if not self._account.facts.subscribed:
            return False
        asked = self._shelf.get("whatsapp_business_account")
        return asked is None or field in asked.fields

    def list(self) -> list[Subscription]:
        return self._shelf.values()

    def get(self, object_: str) -> Subscription | None:
        return self._shelf.get(object_)

    async def put(self, subscription: Subscription) -> None:
        await self._shelf.put(subscription.object, subscription)

    async def remove(self, object_: str) -> None:
        await self._shelf.remove(object_)
