"""Which of an account's numbers leads to the templates of a provider's account, and whose token still works.

Several numbers may share the account at the provider, each with a token of its own: what one may not do, or
not any more, another may.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from trunkline.channels.contract import Number
from trunkline.channels.template_contract import ProviderTemplate, TemplateError, Templates
from trunkline.runtime import Runtime
from trunkline.store.numbers import NumberRow

T = TypeVar("T")
Question = Callable[[Templates, Number], Awaitable[T]]


def wabas_of(runtime: Runtime, account_id: str) -> list[str]:
    """The provider's accounts whose templates this account has, in the order of its numbers."""
    rows = runtime.directory.of_account(account_id)
    return list(dict.fromkeys(row.waba_id for row in rows if _templates(runtime, row) is not None))


def templates_of(runtime: Runtime, account_id: str, waba_id: str) -> Templates | None:
    found = (_templates(runtime, row) for row in _rows(runtime, account_id, waba_id))
    return next((templates for templates in found if templates is not None), None)


class _Unseen(TemplateError):
    """Nothing of that id; or the token may not see it."""


async def read(runtime: Runtime, account_id: str, waba_id: str, provider_id: str) -> ProviderTemplate | None:
    """One of them; None when no token sees it. `TemplateError`."""

    async def question(templates: Templates, number: Number) -> ProviderTemplate:
        found = await templates.read(number, provider_id)
        if found is None:
            raise _Unseen("the provider has none of that id")
        return found

    try:
        return await ask(runtime, account_id, waba_id, question)
    except _Unseen:
        return None


async def ask(runtime: Runtime, account_id: str, waba_id: str, question: Question[T]) -> T:
    """By the first number that is let in. `TemplateError`: of the last one that was not."""
    refused = TemplateError("no number of this account leads to these templates any more")
    for templates, number in _ways(runtime, account_id, waba_id):
        try:
            return await question(templates, number)
        except _Unseen as error:
            refused = error
        except TemplateError as error:
            if error.error is None or error.error.actor != "operator":
                raise
            refused = refused if isinstance(refused, _Unseen) else error
    raise refused


def _ways(runtime: Runtime, account_id: str, waba_id: str) -> Sequence[tuple[Templates, Number]]:
    """Each token once; those of numbers that are held, perhaps for their token, last."""
    ways: dict[tuple[str, str], tuple[Templates, Number]] = {}
    for row in sorted(_rows(runtime, account_id, waba_id), key=lambda row: row.held_reason is not None):
        templates, number = _templates(runtime, row), runtime.directory.opened(row.id)
        if templates is not None:
            ways.setdefault((number.base_url, number.token), (templates, number))
    return list(ways.values())


def _rows(runtime: Runtime, account_id: str, waba_id: str) -> Sequence[NumberRow]:
    return [row for row in runtime.directory.of_account(account_id) if row.waba_id == waba_id]


def _templates(runtime: Runtime, row: NumberRow) -> Templates | None:
    return runtime.connectors[row.connector].templates
