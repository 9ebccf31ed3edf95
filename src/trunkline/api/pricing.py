"""Prices: rate cards, how the account is billed, and what messages will cost."""

from typing import Any

import msgspec

from trunkline.api import forms
from trunkline.api.auth import Caller
from trunkline.api.context import Api
from trunkline.api.http import Request, Response, as_json
from trunkline.api.pricing_forms import BILLING, CARD, ESTIMATE
from trunkline.api.pricing_views import (
    CardList,
    CardTaken,
    show_billing,
    show_card,
    show_fault,
    show_rates,
)
from trunkline.campaigns import cost_report
from trunkline.campaigns.price_book import PriceBook, card_of, open_book, written
from trunkline.channels.pricing_contract import Load
from trunkline.clock import to_rfc3339
from trunkline.errors import Problem, Refusal
from trunkline.model import ids
from trunkline.pricing.cards import RateCard
from trunkline.pricing.reading import Heading, Reading
from trunkline.store import Tx, rate_cards
from trunkline.store.rate_cards import RateCardRow

MOST_CARDS = 100
_MOST_FAULTS = 1000


async def list_cards(api: Api, request: Request, caller: Caller) -> Response:
    """GET /v1/pricing/cards"""
    book = await _book(api, caller)
    data = [show_card(card, _sample_id(card), None) for card in book.pricing.samples()]
    data += [show_card(card_of(row), row.id, row.created_at) for row in await _rows(api, caller)]
    return as_json(CardList(data))


async def show(api: Api, request: Request, caller: Caller) -> Response:
    """GET /v1/pricing/cards/{id}"""
    book, wanted = await _book(api, caller), request.params["id"]
    for card in book.pricing.samples():
        if _sample_id(card) == wanted:
            return as_json(show_rates(card, wanted, None))
    for row in await _rows(api, caller):
        if row.id == wanted:
            return as_json(show_rates(card_of(row), row.id, row.created_at))
    raise _no_card()


async def add_card(api: Api, request: Request, caller: Caller) -> Response:
    """POST /v1/pricing/cards: 201; 200 for a dry run."""
    given = forms.read_body(CARD, request)
    book = await _book(api, caller)
    reading = _read(book, given)
    card, faults = reading.card, [show_fault(fault) for fault in reading.faults[:_MOST_FAULTS]]
    if card is None:
        raise _unreadable(reading)
    if given.get("dry_run", False):
        return as_json(CardTaken(card=show_card(card, None, None), faults=faults))
    row = RateCardRow(
        account_id=caller.account_id,
        id=ids.new_id(ids.RATE_CARD),
        connector=book.kind,
        currency=card.currency,
        effective_from=card.effective_from.isoformat(),
        source=card.source,
        card=written(card),
        created_at=api.runtime.clock.now(),
    )
    await api.runtime.store.write(lambda tx: _insert(tx, row))
    return as_json(CardTaken(card=show_card(card, row.id, row.created_at), faults=faults), 201)


async def remove_card(api: Api, request: Request, caller: Caller) -> Response:
    """DELETE /v1/pricing/cards/{id}"""
    card_id = request.params["id"]
    if not await api.runtime.store.write(lambda tx: rate_cards.remove(tx, caller.account_id, card_id)):
        raise _no_card()
    return Response(204)


async def show_settings(api: Api, request: Request, caller: Caller) -> Response:
    """GET /v1/pricing/billing"""
    return as_json(show_billing((await _book(api, caller)).billing))


async def change_settings(api: Api, request: Request, caller: Caller) -> Response:
    """PATCH /v1/pricing/billing"""
    given = forms.read_body(BILLING, request)
    book = await _book(api, caller)
    if "currency" in given and given["currency"] not in book.pricing.currencies:
        raise _one_of("/currency", given["currency"], sorted(book.pricing.currencies))
    changes: dict[str, Any] = {
        name: given[name] for name in ("currency", "time_zone", "country") if name in given
    }
    if "utility_in_window" in given:
        changes["is_utility_charged_in_window"] = given["utility_in_window"] == "charged"
    if "exempt" in given:
        changes["is_exempt"] = given["exempt"]
    if "international" in given:
        changes["international"] = {one["market"]: one["since"] for one in given["international"]}
    billing = msgspec.structs.replace(book.said, **changes)
    text = msgspec.json.encode(billing).decode()
    await api.runtime.store.write(lambda tx: rate_cards.put_billing(tx, caller.account_id, book.kind, text))
    return as_json(show_billing(book.pricing.with_told(billing, book.infos)))


async def estimate(api: Api, request: Request, caller: Caller) -> Response:
    """POST /v1/pricing/estimate"""
    given = forms.read_body(ESTIMATE, request)["messages"]
    book, now = await _book(api, caller), api.runtime.clock.now()
    loads = [_load(api, caller, book, one, f"/messages/{n}") for n, one in enumerate(given)]
    loads.sort(key=lambda load: load.at)
    month = await book.month(api.runtime.store, now)
    read = book.pricing.estimate(loads, book.cards, book.billing, month)
    rules = book.pricing.rules_at(loads[0].at, book.billing)
    return as_json(cost_report.show(read, book.billing, book.cards, rules))


def _load(api: Api, caller: Caller, book: PriceBook, one: dict[str, Any], at: str) -> Load:
    if one["category"] not in book.pricing.categories:
        raise _one_of(f"{at}/category", one["category"], book.pricing.categories)
    moment = one.get("at", api.runtime.clock.now())
    try:
        book.pricing.rules_at(moment, book.billing)
    except (LookupError, OverflowError, ValueError) as fault:
        detail = "Nothing is known of how messages of that day are charged."
        raise Refusal(
            "invalid_request", problems=[Problem(f"{at}/at", "out_of_range", detail, to_rfc3339(moment))]
        ) from fault
    return Load(
        address=one["to"],
        number_id=_number(api, caller, one.get("from"), f"{at}/from"),
        category=one["category"],
        at=moment,
        count=one.get("count", 1),
        is_window_open=one.get("window_open", False),
        is_free_entry=one.get("free_entry", False),
    )


def _number(api: Api, caller: Caller, digits: str | None, at: str) -> str:
    directory = api.runtime.directory
    if digits is None:
        default = directory.default_of(caller.account_id)
        return default.id if default else ""
    for row in directory.of_account(caller.account_id):
        if row.digits == digits:
            return row.id
    detail = "There is no such business number in this account."
    raise Refusal("invalid_request", problems=[Problem(at, "unknown_number", detail, digits)])


def _read(book: PriceBook, given: dict[str, Any]) -> Reading:
    source = given.get("source", "imported without a source")
    heading = Heading(given["currency"], given["effective_from"], source)
    if given["currency"] not in book.pricing.currencies:
        raise _one_of("/currency", given["currency"], sorted(book.pricing.currencies))
    return book.pricing.read_card(given["rates"].encode("utf-8", "replace"), heading)


async def _insert(tx: Tx, row: RateCardRow) -> None:
    if await rate_cards.count(tx, row.account_id) >= MOST_CARDS:
        raise Refusal("invalid_request", f"There are {MOST_CARDS} rate cards; remove some that are old.")
    await rate_cards.insert(tx, row)


async def _rows(api: Api, caller: Caller) -> list[RateCardRow]:
    return await api.runtime.store.read(lambda tx: rate_cards.of_account(tx, caller.account_id))


async def _book(api: Api, caller: Caller) -> PriceBook:
    book = await open_book(api.runtime, caller.account_id)
    if book is None:
        raise Refusal("not_found", "The provider of this account charges for nothing.")
    return book


def _sample_id(card: RateCard) -> str:
    return f"sample-{card.currency.lower()}-{card.effective_from.isoformat()}"


def _no_card() -> Refusal:
    return Refusal("not_found", "There is no rate card of that id that could be meant here.")


def _one_of(at: str, found: str, words: Any) -> Refusal:
    detail = "This word is not one of those allowed here."
    return Refusal("invalid_request", problems=[Problem(at, "one_of", detail, found, ", ".join(words))])


def _unreadable(reading: Reading) -> Refusal:
    problems = [
        Problem(
            "/rates",
            "rate",
            f"Line {fault.line}, column {fault.column or '(all)'}: {fault.reason}.",
            fault.found,
        )
        for fault in reading.faults[:_MOST_FAULTS]
    ]
    return Refusal("invalid_request", "Not one rate could be read.", problems=problems)
