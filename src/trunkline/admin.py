"""What an operator changes: accounts, API keys and business numbers.

The same functions serve the API of a running server, the command line on a stopped one, and the first start.
Each returns after its synced commit; whoever calls them in a running server then refreshes the directory.
"""

import secrets
from typing import NamedTuple

import msgspec
from msgspec.structs import replace as change

from trunkline.channels.contract import Connector, Number, SubscribeError
from trunkline.channels.registry import is_real
from trunkline.clock import Clock
from trunkline.errors import Problem, Refusal
from trunkline.model import ids
from trunkline.store import Store, Tx, accounts, api_keys, numbers
from trunkline.store.accounts import Account
from trunkline.store.api_keys import ApiKey
from trunkline.store.numbers import NumberRow
from trunkline.vault import Vault


class Admin(NamedTuple):
    """What these functions work on."""

    store: Store
    vault: Vault
    clock: Clock


class NumberForm(msgspec.Struct, frozen=True, kw_only=True):
    """A business number as an operator gives it. `digits` are E.164 without `+`."""

    digits: str
    phone_number_id: str
    waba_id: str
    token: str
    app_id: str
    app_secret: str
    base_url: str
    messages_per_second: int
    daily_recipients: int | None = None
    is_shared: bool = False
    is_builtin: bool = False
    connector: str = "whatsapp_cloud"
    window_policy: str | None = None
    """None: as it is; of a new number `enforce` where it is real, else `advise`."""
    links: str | None = None
    """None: as it is; of a new number `fetch`."""
    template_check: str | None = None
    """None: as it is; of a new number `check`."""
    tier_reserve: int | None = None
    """None: as it is; of a new number a tenth of the tier."""


async def create_account(admin: Admin, name: str) -> Account:
    """A new account with the secret address at which providers reach it."""
    account_id = ids.new_id(ids.ACCOUNT)
    verify_token = secrets.token_urlsafe(24)
    account = Account(
        id=account_id,
        name=name,
        hook_key=secrets.token_urlsafe(18),
        sealed_verify_token=admin.vault.seal(verify_token, account_id=account_id, row_id=account_id),
        created_at=admin.clock.now(),
    )

    async def work(tx: Tx) -> None:
        if any(known.name == name for known in await accounts.every(tx)):
            raise _exists("/name", f"an account named {name} exists already")
        await accounts.insert(tx, account)

    await admin.store.write(work)
    return account


async def set_doubt_policy(admin: Admin, account_id: str, policy: str, seconds: int | None) -> None:
    """What becomes of a send without a usable answer; `seconds` with `resend_after` alone."""
    await admin.store.write(lambda tx: accounts.set_doubt_policy(tx, account_id, policy, seconds))


async def create_key(
    admin: Admin, account_id: str, name: str, *, is_live: bool, expires_at: int | None = None
) -> tuple[ApiKey, str]:
    """The key's record, and the key itself: it is not kept and cannot be shown again."""
    made = admin.vault.new_api_key(is_live)
    key = ApiKey(
        account_id=account_id,
        id=made.id,
        name=name,
        digest=made.digest,
        is_live=int(is_live),
        created_at=admin.clock.now(),
        expires_at=expires_at,
    )
    await admin.store.write(lambda tx: api_keys.insert(tx, key))
    return key, made.token


async def list_keys(admin: Admin, account_id: str) -> list[ApiKey]:
    return await admin.store.read(lambda tx: api_keys.of_account(tx, account_id))


async def revoke_key(admin: Admin, account_id: str, key_id: str) -> None:
    """`Refusal` not_found when there is no such key that still holds."""
    now = admin.clock.now()
    if not await admin.store.write(lambda tx: api_keys.revoke(tx, account_id, key_id, now)):
        raise Refusal("not_found", f"there is no key {key_id} that could be revoked")


async def register_number(admin: Admin, account_id: str, form: NumberForm) -> NumberRow:
    """Add a number, or give one that is here new credentials, address and pace and end its hold.

    An account's first number becomes its default.
    """
    now = admin.clock.now()

    async def work(tx: Tx) -> NumberRow:
        mine = [row for row in await numbers.active(tx) if row.account_id == account_id]
        present = next((row for row in mine if row.digits == form.digits), None)
        if present is None and any(row.phone_number_id == form.phone_number_id for row in mine):
            raise _exists("/phone_number_id", "another number of this account has this phone number id")
        number_id = present.id if present else ids.new_id(ids.NUMBER)
        row = _new_row(admin.vault, account_id, number_id, form, now)
        if present is not None:
            row = change(
                row,
                is_default=present.is_default,
                created_at=present.created_at,
                window_policy=form.window_policy or present.window_policy,
                links=form.links or present.links,
                template_check=form.template_check or present.template_check,
                tier_reserve=present.tier_reserve if form.tier_reserve is None else form.tier_reserve,
            )
        elif not mine:
            row = change(row, is_default=1)
        await (numbers.update(tx, row) if present else numbers.insert(tx, row))
        return row

    return await admin.store.write(work)


def _new_row(vault: Vault, account_id: str, number_id: str, form: NumberForm, now: int) -> NumberRow:
    return NumberRow(
        account_id=account_id,
        id=number_id,
        connector=form.connector,
        digits=form.digits,
        phone_number_id=form.phone_number_id,
        waba_id=form.waba_id,
        app_id=form.app_id,
        sealed_token=vault.seal(form.token, account_id=account_id, row_id=number_id),
        sealed_app_secret=vault.seal(form.app_secret, account_id=account_id, row_id=number_id),
        base_url=form.base_url.rstrip("/"),
        is_default=0,
        is_builtin=int(form.is_builtin),
        messages_per_second=form.messages_per_second,
        held_reason=None,
        created_at=now,
        updated_at=now,
        is_shared=int(form.is_shared),
        daily_recipients=form.daily_recipients,
        window_policy=form.window_policy or ("enforce" if is_real(form.base_url) else "advise"),
        links=form.links or "fetch",
        template_check=form.template_check or "check",
        tier_reserve=form.tier_reserve,
    )


async def subscribe(
    connector: Connector, account_id: str, form: NumberForm, hook_url: str, verify_token: str
) -> None:
    """Ask the number's provider to post its webhooks to our hook. `Refusal` with the provider's words."""
    number = Number(
        id="",
        account_id=account_id,
        digits=form.digits,
        phone_number_id=form.phone_number_id,
        waba_id=form.waba_id,
        app_id=form.app_id,
        token=form.token,
        app_secret=form.app_secret,
        base_url=form.base_url.rstrip("/"),
    )
    try:
        await connector.subscribe(number, hook_url, verify_token)
    except SubscribeError as error:
        detail = f"the provider did not subscribe {hook_url}: {error}"
        raise Refusal(
            "invalid_request", detail, problems=[Problem("/hook_url", "not_subscribed", detail)]
        ) from error


async def set_default_number(admin: Admin, account_id: str, number_id: str) -> None:
    now = admin.clock.now()
    if not await admin.store.write(lambda tx: numbers.set_default(tx, account_id, number_id, now)):
        raise _no_number(number_id)


async def set_window_policy(admin: Admin, account_id: str, number_id: str, policy: str) -> None:
    now = admin.clock.now()
    if not await admin.store.write(
        lambda tx: numbers.set_window_policy(tx, account_id, number_id, policy, now)
    ):
        raise _no_number(number_id)


async def set_links(admin: Admin, account_id: str, number_id: str, links: str) -> None:
    now = admin.clock.now()
    if not await admin.store.write(lambda tx: numbers.set_links(tx, account_id, number_id, links, now)):
        raise _no_number(number_id)


async def set_template_check(admin: Admin, account_id: str, number_id: str, check: str) -> None:
    now = admin.clock.now()
    if not await admin.store.write(
        lambda tx: numbers.set_template_check(tx, account_id, number_id, check, now)
    ):
        raise _no_number(number_id)


async def set_tier_reserve(admin: Admin, account_id: str, number_id: str, reserve: int | None) -> None:
    now = admin.clock.now()
    if not await admin.store.write(
        lambda tx: numbers.set_tier_reserve(tx, account_id, number_id, reserve, now)
    ):
        raise _no_number(number_id)


async def remove_number(admin: Admin, account_id: str, number_id: str) -> None:
    now = admin.clock.now()
    if not await admin.store.write(lambda tx: numbers.remove(tx, account_id, number_id, now)):
        raise _no_number(number_id)


async def release_number(admin: Admin, account_id: str, number_id: str) -> None:
    """End a number's hold: what was held goes on, in its order."""
    now = admin.clock.now()
    if not await admin.store.write(lambda tx: numbers.release(tx, account_id, number_id, now)):
        raise _no_number(number_id)


def _exists(pointer: str, detail: str) -> Refusal:
    return Refusal("already_exists", detail, problems=[Problem(pointer, "already_exists", detail)])


def _no_number(number_id: str) -> Refusal:
    return Refusal("not_found", f"there is no number {number_id} in this account")
