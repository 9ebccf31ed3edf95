"""Flows of the account and the public keys of its numbers: what they are, and the states they may go through.

`graph/flows.py` is Meta's way in; sends and templates ask `flow_state`. A change of state is announced by the
webhook `flows`.
"""

import secrets
from typing import Any

import msgspec

from trunkline.sandbox.clock import Clock
from trunkline.sandbox.database import Database
from trunkline.sandbox.errors import GraphError
from trunkline.sandbox.flows.shape import validate, version_of
from trunkline.sandbox.shelf import Shelf
from trunkline.sandbox.webhooks.contract import Webhooks

PREVIEW_FOR = 30 * 86_400_000
STATES = ("DRAFT", "PUBLISHED", "DEPRECATED", "BLOCKED", "THROTTLED")


class PublicKey(msgspec.Struct, frozen=True):
    """By phone number id."""

    pem: str


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """On the shelf by its id."""

    id: str
    name: str
    categories: list[str]
    state: str = "DRAFT"
    json: str | None = None
    """As it was uploaded."""
    errors: list[dict[str, Any]] = []
    endpoint_uri: str | None = None
    updated_at: int = 0
    preview_token: str = ""
    preview_expires_at: int = 0


class Flows:
    """Reads are from memory; a change is on disk when its call returns."""

    def __init__(self, database: Database, clock: Clock, webhooks: Webhooks) -> None:
        self.shelf = Shelf(database, "flow", Flow)
        self.keys = Shelf(database, "public_key", PublicKey)
        self._clock = clock
        self._webhooks = webhooks

    def flow_state(self, id_or_name: str) -> str | None:
        """One of `STATES`, or None for a flow that does not exist."""
        flow = self.shelf.get(id_or_name) or self.by_name(id_or_name)
        return flow.state if flow is not None else None

    def by_name(self, name: str) -> Flow | None:
        return next((flow for flow in self.shelf.values() if flow.name == name), None)

    async def create(self, name: str, categories: list[str], endpoint_uri: str | None) -> Flow:
        id_ = str(10**15 + secrets.randbelow(9 * 10**15))
        flow = Flow(
            id=id_, name=name, categories=categories, endpoint_uri=endpoint_uri, updated_at=self._clock.now()
        )
        await self.shelf.put(id_, flow)
        return flow

    async def change(self, flow: Flow, **members: Any) -> Flow:
        """Name, categories or endpoint; not the state."""
        flow = msgspec.structs.replace(flow, **members, updated_at=self._clock.now())
        await self.shelf.put(flow.id, flow)
        return flow

    async def set_json(self, flow: Flow, text: str) -> Flow:
        return await self.change(flow, json=text, errors=validate(text))

    async def set_state(self, flow: Flow, state: str) -> Flow:
        """From now on it is in that state, and the business hears of it."""
        before = flow.state
        flow = await self.change(flow, state=state)
        if before != state:
            value = {
                "event": "FLOW_STATUS_CHANGE",
                "message": f"Flow {flow.name} changed status from {before} to {state}",
                "flow_id": flow.id,
                "old_status": before,
                "new_status": state,
            }
            await self._webhooks.announce("flows", value)
        return flow

    async def publish(self, flow: Flow) -> Flow:
        """Raises code 139002 with what stands against it."""
        if flow.state == "BLOCKED":
            raise _refusal(139000, "Blocked By Integrity", "The flow is blocked.")
        if flow.state != "DRAFT":
            raise _refusal(139002, "Publishing Flow in invalid state", "Only a draft can be published.")
        if flow.json is None or flow.errors:
            raise _refusal(
                139002,
                "Publishing Flow with validation errors",
                "Flow JSON is missing or has validation errors: see validation_errors of the flow.",
            )
        if version_of(flow.json, "data_api_version") is not None:
            self._check_endpoint(flow)
        return await self.set_state(flow, "PUBLISHED")

    async def deprecate(self, flow: Flow) -> Flow:
        if flow.state == "DRAFT":
            raise _refusal(139003, "Can't deprecate unpublished flow", "The flow was not published.")
        if flow.state == "DEPRECATED":
            raise _refusal(139003, "Flow is already deprecated", "The flow is already deprecated.")
        return await self.set_state(flow, "DEPRECATED")

    async def delete(self, flow: Flow) -> None:
        if flow.state != "DRAFT":
            raise _refusal(139004, "Can't delete published Flow", "Only a draft can be deleted.")
        await self.shelf.remove(flow.id)

    def check_draft(self, flow: Flow) -> None:
        """Raises unless the flow may still be changed."""
        if flow.state == "BLOCKED":
            raise _refusal(139000, "Blocked By Integrity", "The flow is blocked.")
        if flow.state != "DRAFT":
            raise _refusal(139001, "Flow can't be updated", "Only a draft can be changed.")

    async def preview(self, flow: Flow, *, anew: bool) -> Flow:
        """The flow with a preview that can be opened for a while."""
        now = self._clock.now()
        if not anew and flow.preview_expires_at > now:
            return flow
        token = secrets.token_urlsafe(24)
        return await self.change(flow, preview_token=token, preview_expires_at=now + PREVIEW_FOR)

    def _check_endpoint(self, flow: Flow) -> None:
        if flow.endpoint_uri is None:
            raise _refusal(
                139002,
                "Publishing without specifying endpoint_uri is forbidden",
                "A flow with data_api_version needs an endpoint_uri.",
            )
        if not len(self.keys):
            raise _refusal(
                139002, "Missing Flows Signed Public Key", "No phone number has a business_public_key."
            )


def _refusal(code: int, title: str, message: str) -> GraphError:
    return GraphError(code, user_title=title, user_message=message, details=title)
