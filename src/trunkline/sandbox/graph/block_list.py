"""`/{phone_number_id}/block_users`: each user is blocked or refused alone, and the call fails if one does."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from trunkline.sandbox.content.messages import normal_digits
from trunkline.sandbox.errors import GraphError, invalid
from trunkline.sandbox.graph.call import Answer, Call, Part
from trunkline.sandbox.graph.numbers import number_of
from trunkline.sandbox.graph.paging import page_of
from trunkline.sandbox.numbers import BusinessNumber, owner_of
from trunkline.sandbox.params import Param
from trunkline.sandbox.runtime import Runtime

_MOST_AT_ONCE = 1000
_EDGE = "block_users"


def part(runtime: Runtime) -> Part:
    edge = _BlockUsers(runtime)
    return Part(
        routes={
            ("number", _EDGE, "GET"): edge.list,
            ("number", _EDGE, "POST"): edge.block,
            ("number", _EDGE, "DELETE"): edge.unblock,
        }
    )


class _BlockUsers:
    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._blocks = runtime.blocks

    async def list(self, call: Call) -> dict[str, Any]:
        number = number_of(self._runtime, call)
        users = [{"messaging_product": "whatsapp", "wa_id": wa_id} for wa_id in self._blocks.of(number.id)]
        try:
            return page_of(users, call, self._runtime.identity.url, key="wa_id")
        except GraphError as error:
            raise GraphError(139102, details=error.details) if error.code == 131059 else error from None

    async def block(self, call: Call) -> dict[str, Any] | Answer:
        number = number_of(self._runtime, call)
        return await self._each(call, "added_users", lambda wa_id: self._block(number, wa_id))

    async def unblock(self, call: Call) -> dict[str, Any] | Answer:
        number = number_of(self._runtime, call)
        return await self._each(call, "removed_users", lambda wa_id: self._blocks.unblock(number.id, wa_id))

    async def _each(
        self, call: Call, done_name: str, act: Callable[[str], Awaitable[None]]
    ) -> dict[str, Any] | Answer:
        done: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        for given in _read_users(call):
            user = {"input": given}
            try:
                wa_id = normal_digits(given)
                if not (wa_id.isdecimal() and wa_id.isascii() and 5 <= len(wa_id) <= 15):
                    raise GraphError(131009, details="The user is not a valid phone number.")
                user["wa_id"] = wa_id
                await act(wa_id)
                done.append(user)
            except GraphError as error:
                failed.append({**user, "errors": [_entry(error)]})
        lists = {done_name: done} if done else {}
        users = lists | {"failed_users": failed} if failed else lists
        body = {"messaging_product": "whatsapp", _EDGE: users}
        return _failure(body) if failed else body

    async def _block(self, number: BusinessNumber, wa_id: str) -> None:
        if owner_of(self._runtime.numbers, wa_id) is not None:
            raise GraphError(131009, details="A business account cannot be blocked.")
        if not self._wrote_lately(number, wa_id):
            details = "The user has not messaged this phone number in the last 24 hours."
            raise GraphError(131047, "Re-engagement message", details=details)
        if self._blocks.is_full(number.id) and not self._blocks.is_blocked(number.id, wa_id):
            raise GraphError(139101, "Block list limit reached", details="The block list is full.")
        await self._blocks.block(number.id, wa_id)

    def _wrote_lately(self, number: BusinessNumber, wa_id: str) -> bool:
        """Where windows count; else everybody did, as they may be written to."""
        handset = self._runtime.state.handsets.get(wa_id)
        if handset is not None and handset.window_open is not None:
            return handset.window_open
        runtime = self._runtime
        return not runtime.switches.windows or runtime.windows.is_open(number.id, wa_id, runtime.clock.now())


def _read_users(call: Call) -> list[str]:
    params = Param(call.params, "")
    params.word("messaging_product", ("whatsapp",))
    users = params.objects(_EDGE, 1, _MOST_AT_ONCE)
    given = [user.need("user") for user in users]
    for place, user in enumerate(given):
        if not isinstance(user, str | int) or isinstance(user, bool):
            raise invalid(f"Param {_EDGE}[{place}]['user'] must be a string.")
    return [str(user)[:64] for user in given]


def _entry(error: GraphError) -> dict[str, Any]:
    return {"message": error.message, "code": error.code, "error_data": {"details": error.details}}


def _failure(body: dict[str, Any]) -> Answer:
    """Both what was done and the error, which Graph answers together."""
    error = GraphError(
        139100,
        "(#139100) Failed to block/unblock users",
        details="Failed to block some users, see the block_users response list for details",
    )
    return Answer(body=msgspec.json.encode({**body, **error.body()}), status=400)
