"""A table of limits: a member of a body, values that are taken, values that are refused, and how."""

import asyncio
import json
from typing import Any, NamedTuple

from tests.sandbox.rig import PHONE, caller
from trunkline.sandbox import Identity

ABSENT = object()
"""In place of a value: the member is left out."""


class Limit(NamedTuple):
    body: dict[str, Any]
    path: str
    """Names and places, `interactive.action.buttons.0.reply.title`; empty for the body itself."""
    taken: list[Any]
    refused: list[Any]
    code: int
    words: str
    """What the error's message or details say."""


def message(members: dict[str, Any]) -> dict[str, Any]:
    """A body for the send endpoint; a member that is None is left out."""
    body = {"messaging_product": "whatsapp", "to": PHONE, **members}
    return {key: value for key, value in body.items() if value is not None}


def changed(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The body with another value at the path."""
    if not path:
        return {**body, **value}
    body = json.loads(json.dumps(body))  # a deep copy would keep members that are one object as one
    *way, last = [int(part) if part.isdecimal() else part for part in path.split(".")]
    holder: Any = body
    for part in way:
        holder = holder[part]
    if value is ABSENT:
        del holder[last]
    else:
        holder[last] = value
    return body


def check_limit(shared: Identity, limit: Limit) -> None:
    """Post every value of the row."""

    async def scenario() -> None:
        async with caller(shared) as tools:
            path = f"/v25.0/{shared.phone_number_id}/messages"
            for value in limit.taken:
                body = message(changed(limit.body, limit.path, value))
                response = await tools.call("POST", path, body)
                assert response.status == 200, (limit.path, value, await response.text())
            for value in limit.refused:
                body = message(changed(limit.body, limit.path, value))
                response = await tools.call("POST", path, body)
                answer = await response.json()
                assert "error" in answer, (limit.path, value, "was taken")
                error = answer["error"]
                expected = {132001: 404, 131005: 403}.get(limit.code, 400)
                assert (response.status, error["code"]) == (expected, limit.code), (value, error)
                said = (error["message"], error.get("error_data", {}).get("details", ""))
                assert limit.words in said[0] or limit.words in said[1], (value, said)

    asyncio.run(scenario())


def names(limits: list[Limit]) -> list[str]:
    return [f"{limit.path or 'body'}: {limit.words[:50]}" for limit in limits]
