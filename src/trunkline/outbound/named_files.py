"""VALIDATE, for files of ours: whether the account has what a message names by id.

In comes a draft that passed the rules of its kind, and the number it would leave from; out goes a problem for
each id of which there is no file. Whether a file fits is seen when it is made ready, as with links.
"""

from collections.abc import Iterator
from typing import Any

from trunkline.errors import Problem
from trunkline.model import ids
from trunkline.model.message import Draft
from trunkline.runtime import Runtime
from trunkline.store import Tx, media
from trunkline.store.numbers import NumberRow


async def check_files(runtime: Runtime, number: NumberRow, draft: Draft) -> list[Problem]:
    """`StoreUnavailable` when it can not be looked up now."""
    connector, problems = runtime.connectors[number.connector], []
    for content, at in ((draft.content, ""), (draft.fallback, "/fallback")):
        for name in [file.name for file in connector.files_of(content or {}) if not file.is_link]:
            if ids.is_id(name, ids.MEDIA) and not await _is_here(runtime, number.account_id, name):
                problems += [_unknown(pointer, name) for pointer in _places(content, name, at)]
    return problems


async def _is_here(runtime: Runtime, account_id: str, media_id: str) -> bool:
    async def work(tx: Tx) -> bool:
        row = await media.get(tx, account_id, media_id)
        return row is not None and row.state == "stored"

    return await runtime.store.read(work)


def _places(value: Any, name: str, at: str) -> Iterator[str]:
    """Where the request names it."""
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for member, inner in members:
        if member == "id" and inner == name:
            yield f"{at}/id"
        else:
            yield from _places(inner, name, f"{at}/{member}")


def _unknown(pointer: str, name: str) -> Problem:
    detail = "The account has no file of this id. It was never uploaded here, or it was removed."
    return Problem(pointer, "unknown_media", detail, f'"{name}"', "the id that an upload answered")
