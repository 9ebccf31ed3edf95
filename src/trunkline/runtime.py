"""What every stage is given: the store, the clock, the keys, the connectors, and who is who.

Made once by `app.py` and passed on; nothing here is global.
"""

import asyncio
import logging
import random
from collections.abc import Mapping, Sequence

import msgspec

from trunkline.bell import Bell
from trunkline.channels.contract import Connector, Number
from trunkline.clock import Clock
from trunkline.config import Settings
from trunkline.media_files import Shelf
from trunkline.model import ids
from trunkline.store import Store, accounts, numbers
from trunkline.store.accounts import Account
from trunkline.store.contract import Tx
from trunkline.store.numbers import NumberRow
from trunkline.tally import Tally
from trunkline.url_guard import Rules
from trunkline.vault import Vault

log = logging.getLogger("trunkline")


class Directory:
    """Accounts and numbers, opened, in memory. There are few; every stage asks for them all the time."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault
        self._reloading = asyncio.Lock()  # or what was read first could be written down last
        self.accounts: dict[str, Account] = {}
        self.by_hook_key: dict[str, Account] = {}
        self.numbers: dict[str, NumberRow] = {}
        self._opened: dict[str, Number] = {}
        self._verify_tokens: dict[str, str] = {}
        self._of_account: dict[str, list[NumberRow]] = {}
        self.with_builtin = False
        """The sandbox's own number is there while the sandbox runs in this process."""
        self.is_trial = False
        """The sandbox runs in this process, and no number is registered beside its own."""

    async def reload(self) -> None:
        """Read everything again: at the start, and after somebody changed something.

        `VaultError` when the database belongs to another master key. The start meets it before it writes.
        """
        async with self._reloading:
            self._know(*await self._store.read(_read_all))

    def _know(self, everybody: list[Account], found: list[NumberRow]) -> None:
        rows = [row for row in found if self.with_builtin or not row.is_builtin]
        self.is_trial = self.with_builtin and all(row.is_builtin for row in rows)
        self._verify_tokens = {account.id: self._verify_token(account) for account in everybody}
        self.accounts = {account.id: account for account in everybody}
        self.by_hook_key = {account.hook_key: account for account in everybody}
        self._opened = {row.id: self._open(row) for row in rows}
        self.numbers = {row.id: row for row in rows}
        self._of_account = {}
        for row in rows:
            self._of_account.setdefault(row.account_id, []).append(row)

    def of_account(self, account_id: str) -> Sequence[NumberRow]:
        return self._of_account.get(account_id, ())

    def default_of(self, account_id: str) -> NumberRow | None:
        """The default number, or the only one."""
        rows = self.of_account(account_id)
        chosen = [number for number in rows if number.is_default]
        return chosen[0] if chosen else (rows[0] if len(rows) == 1 else None)

    def opened(self, number_id: str) -> Number:
        """A number with its secrets, as a connector needs it. `KeyError` when it was removed."""
        return self._opened[number_id]

    def verify_token(self, account: Account) -> str:
        """What proves our hook to the account's providers when they check it."""
        return self._verify_tokens[account.id]

    def app_secrets(self, account_id: str) -> list[str]:
        """The secrets with which this account's providers may sign their webhooks."""
        return list(dict.fromkeys(self._opened[row.id].app_secret for row in self.of_account(account_id)))

    def _verify_token(self, account: Account) -> str:
        return self._vault.open(account.sealed_verify_token, account_id=account.id, row_id=account.id)

    def _open(self, row: NumberRow) -> Number:
        def opened(sealed: str) -> str:
            return self._vault.open(sealed, account_id=row.account_id, row_id=row.id)

        return Number(
            id=row.id,
            account_id=row.account_id,
            digits=row.digits,
            phone_number_id=row.phone_number_id,
            waba_id=row.waba_id,
            app_id=row.app_id,
            token=opened(row.sealed_token),
            app_secret=opened(row.sealed_app_secret),
            base_url=row.base_url,
        )


async def _read_all(tx: Tx) -> tuple[list[Account], list[NumberRow]]:
    return await accounts.every(tx), await numbers.active(tx)


class Runtime(msgspec.Struct, frozen=True, kw_only=True):
    settings: Settings
    store: Store
    clock: Clock
    vault: Vault
    shelf: Shelf
    """Where the bytes of files are."""
    directory: Directory
    connectors: Mapping[str, Connector]
    random: random.Random
    tally: Tally = msgspec.field(default_factory=Tally)
    bell: Bell = msgspec.field(default_factory=Bell)
    process_id: str = msgspec.field(default_factory=lambda: ids.new_id(ids.PROCESS))
    """Of this run: it owns numbers under this name."""
    looked: dict[str, float] = msgspec.field(default_factory=dict)
    """When a number's doubts are to be looked into again, by the monotonic clock (`outbound/doubts.py`)."""

    def http_links(self) -> bool:
        """Whether messages may name media of this machine by http: `auto` while the sandbox runs in here."""
        chosen = self.settings.whatsapp.http_links
        return chosen == "always" or (chosen == "auto" and self.directory.with_builtin)

    def url_rules(self) -> Rules:
        """Where URLs of users may lead just now: `auto` ends with the first real number."""
        network, is_trial = self.settings.network, self.directory.is_trial
        choices = {"always": True, "never": False, "auto": is_trial}
        is_any = network.allowed_ports == "any" or (is_trial and network.allow_private == "auto")
        return Rules(
            may_be_private=choices[network.allow_private],
            may_be_http=choices[network.allow_http],
            ports=None if is_any else frozenset(int(port) for port in network.allowed_ports.split(",")),
        )
