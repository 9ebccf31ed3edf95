"""Who this sandbox is and what it was told: identity, callbacks, handsets. Small, in memory, kept on disk."""

import base64
import hmac
import secrets

import msgspec

from trunkline.sandbox.database import Database, Value
from trunkline.sandbox.sends.behaviours import BY_NAME, Behaviour, magic_behaviour


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What a client has to know of this sandbox. All of it survives a restart except the address."""

    url: str
    token: str
    app_id: str
    app_secret: str
    waba_id: str
    phone_number_id: str
    display_phone_number: str
    """Digits of the business number, without `+`."""


class Handset(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A rule for one recipient. None means: as the mode of the sandbox has it."""

    reachable: bool | None = None
    window_open: bool | None = None
    behaviour: str | None = None
    """A name of the table in `behaviours.py`."""


ANY_HANDSET = Handset()


class State:
    """Reads are from memory; a change is on disk when its call returns."""

    def __init__(self, database: Database, *, magic: bool) -> None:
        self._database = database
        self._magic = magic
        self._callbacks = {str(node): str(url) for node, url in database.read_now("read_callbacks")}
        self.handsets = {
            str(address): Handset(
                _as_bool(reachable), _as_bool(window), str(behaviour) if behaviour else None
            )
            for address, reachable, window, behaviour in database.read_now("read_handsets")
        }

    async def identity(self, url: str) -> Identity:
        """The one this folder has, or a new one."""
        rows = self._database.read_now("read_identity")
        if not rows:
            await self._database.write("create_identity", _new_identity())
            rows = self._database.read_now("read_identity")
        seed, *ids = rows[0]
        assert isinstance(seed, bytes)
        app_id, waba_id, phone_number_id, digits = map(str, ids)
        return Identity(
            url=url,
            token=f"sandbox-{base64.urlsafe_b64encode(_derive(seed, 'token')).decode().rstrip('=')}",
            app_id=app_id,
            app_secret=_derive(seed, "app secret")[:16].hex(),
            waba_id=waba_id,
            phone_number_id=phone_number_id,
            display_phone_number=digits,
        )

    def callback_of(self, *nodes: str) -> str | None:
        """The callback of the first of these nodes that has one: pass the number before the account."""
        for node in nodes:
            if (url := self._callbacks.get(node)) is not None:
                return url
        return None

    async def set_callback(self, node: str, url: str) -> None:
        self._callbacks[node] = url
        await self._database.write("set_callback", (node, url))

    async def remove_callback(self, node: str) -> None:
        self._callbacks.pop(node, None)
        await self._database.write("remove_callback", (node,))

    def behaviour_of(self, address: str) -> Behaviour | None:
        """The rule given to this handset, else what its magic number says, else None: nothing special."""
        handset = self.handsets.get(address, ANY_HANDSET)
        if handset.behaviour is not None:
            return BY_NAME.get(handset.behaviour)
        return magic_behaviour(address) if self._magic else None

    async def set_handset(self, address: str, handset: Handset) -> None:
        self.handsets[address] = handset
        flags = (_as_int(handset.reachable), _as_int(handset.window_open))
        await self._database.write("set_handset", (address, *flags, handset.behaviour))

    async def remove_handset(self, address: str) -> None:
        self.handsets.pop(address, None)
        await self._database.write("remove_handset", (address,))


def _new_identity() -> tuple[Value, ...]:
    """Ids in the shape of Meta's; a number of the fictitious 555 range, away from those that tests send to.

    A message to it is refused: one that is sent to many numbers in a row should not meet it.
    """
    app_id, waba_id, phone_number_id = (str(10**14 + secrets.randbelow(9 * 10**14)) for _ in range(3))
    digits = f"15558{secrets.randbelow(10**6):06d}"
    return secrets.token_bytes(32), app_id, waba_id, phone_number_id, digits


def _derive(seed: bytes, purpose: str) -> bytes:
    return hmac.digest(seed, purpose.encode(), "sha256")


def _as_bool(value: object) -> bool | None:
    return None if value is None else bool(value)


def _as_int(value: bool | None) -> int | None:
    return None if value is None else int(value)
