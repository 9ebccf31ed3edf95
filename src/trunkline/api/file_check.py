"""What is wrong with the files that a message names, looked at now: fetched, where they are behind links.

It is what is done before each send anyway; here somebody wants to know before there is a message.
"""

import asyncio
from collections.abc import Iterator
from typing import Any

from trunkline.api.context import Api
from trunkline.api.whatsapp import Judgement
from trunkline.channels.contract import NamedFile
from trunkline.errors import Problem
from trunkline.shape import Choice, Object
from trunkline.store.numbers import NumberRow

QUERY = Object(
    {},
    {
        "files": Choice(
            "check",
            about="`check` has the files that the message names fetched and looked at now; that may take "
            "some seconds.",
        )
    },
)

SECONDS = 20.0


async def problems_of(api: Api, judged: Judgement, body: Any) -> list[Problem]:
    draft, number = judged.draft, judged.number
    if draft is None or number is None:
        return []
    contents = [draft.content] if draft.fallback is None else [draft.content, draft.fallback]
    connector = api.runtime.connectors[number.connector]
    files = dict.fromkeys(file for content in contents for file in connector.files_of(content))
    found = await asyncio.gather(*(_problem_of(api, number, file) for file in files))
    return [
        Problem(_pointer_to(body, file.name), "unusable_file", detail)
        for file, detail in zip(files, found, strict=True)
        if detail is not None
    ]


async def _problem_of(api: Api, number: NumberRow, file: NamedFile) -> str | None:
    try:
        async with asyncio.timeout(SECONDS):
            error = await api.dispatcher.preparation.look(number, file)
    except TimeoutError:
        return f"The file was not there within {SECONDS:g} seconds."
    return None if error is None else f"{error.title}: {error.cause}"


def _pointer_to(body: Any, name: str) -> str:
    return next(_pointers(body, name, ""), "")


def _pointers(value: Any, name: str, at: str) -> Iterator[str]:
    """Where the body names this file."""
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from _pointers(each, name, f"{at}/{index}")
    elif isinstance(value, dict):
        for key, each in value.items():
            if key in ("id", "link") and each == name:
                yield f"{at}/{key}"
            else:
                yield from _pointers(each, name, f"{at}/{key}")
