"""Rate cards, how an account is billed, and estimates."""

from trunkline.api import pricing, pricing_forms, pricing_views
from trunkline.api.auth import Who
from trunkline.api.gate import Sheds
from trunkline.api.route import Route, Takes
from trunkline.campaigns.cost_report import CostReport

ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/v1/pricing/cards",
        operation="listRateCards",
        sheds=Sheds.LISTS,
        summary="The rate cards that estimates go by, samples among them",
        handler=pricing.list_cards,
        answers={200: pricing_views.CardList},
    ),
    Route(
        method="POST",
        path="/v1/pricing/cards",
        operation="addRateCard",
        summary="Import a file of rates that hold from a day on; every bad cell is named, good ones are used",
        handler=pricing.add_card,
        who=Who.LIVE_KEY,
        takes=Takes.LARGE_JSON,
        body=pricing_forms.CARD,
        answers={201: pricing_views.CardTaken, 200: pricing_views.CardTaken},
    ),
    Route(
        method="GET",
        path="/v1/pricing/cards/{id}",
        operation="getRateCard",
        summary="A rate card with all its rates",
        handler=pricing.show,
        answers={200: pricing_views.CardWithRates},
        refusals=("not_found",),
    ),
    Route(
        method="DELETE",
        path="/v1/pricing/cards/{id}",
        operation="removeRateCard",
        summary="Remove an imported rate card",
        handler=pricing.remove_card,
        who=Who.LIVE_KEY,
        answers={204: None},
        refusals=("not_found",),
    ),
    Route(
        method="GET",
        path="/v1/pricing/billing",
        operation="getBilling",
        summary="How the account is billed by its provider, as its owner said",
        handler=pricing.show_settings,
        answers={200: pricing_views.BillingView},
    ),
    Route(
        method="PATCH",
        path="/v1/pricing/billing",
        operation="changeBilling",
        summary="Say in which currency and time zone the account is billed, and by which rules",
        handler=pricing.change_settings,
        who=Who.LIVE_KEY,
        takes=Takes.JSON,
        body=pricing_forms.BILLING,
        answers={200: pricing_views.BillingView},
    ),
    Route(
        method="POST",
        path="/v1/pricing/estimate",
        operation="estimateCost",
        sheds=Sheds.LISTS,
        summary="What messages will cost if all are delivered, after those of this month",
        handler=pricing.estimate,
        takes=Takes.JSON,
        body=pricing_forms.ESTIMATE,
        answers={200: CostReport},
    ),
)
