"""Who must not be written to, and who agreed to what."""

from trunkline.api import consents, suppressions
from trunkline.api.auth import Who
from trunkline.api.gate import Sheds
from trunkline.api.route import Route, Takes

ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/v1/suppressions",
        operation="listSuppressions",
        sheds=Sheds.LISTS,
        summary="Who must not be written to",
        handler=suppressions.list_page,
        query=suppressions.QUERY,
        answers={200: suppressions.SuppressionPage},
        refusals=("invalid_request",),
    ),
    Route(
        method="POST",
        path="/v1/suppressions",
        operation="addSuppression",
        summary="Stop writing to somebody, at every address that they are known by",
        handler=suppressions.add,
        who=Who.LIVE_KEY,
        takes=Takes.JSON,
        body=suppressions.FORM,
        answers={201: suppressions.SuppressionList, 200: suppressions.SuppressionList},
    ),
    Route(
        method="POST",
        path="/v1/suppressions/import",
        operation="importSuppressions",
        summary="Stop writing to up to 10,000 people, such as those who opted out elsewhere",
        handler=suppressions.add_many,
        who=Who.LIVE_KEY,
        takes=Takes.LARGE_JSON,
        body=suppressions.IMPORT_FORM,
        answers={200: suppressions.ImportResult},
    ),
    Route(
        method="GET",
        path="/v1/suppressions/{address}",
        operation="getSuppression",
        summary="What stands against writing to an address; 404 when nothing does",
        handler=suppressions.show,
        answers={200: suppressions.SuppressionList},
        refusals=("not_found",),
    ),
    Route(
        method="DELETE",
        path="/v1/suppressions/{address}",
        operation="liftSuppression",
        summary="Write to somebody again; with a proof where they had opted out themselves",
        handler=suppressions.lift,
        who=Who.LIVE_KEY,
        query=suppressions.LIFT_QUERY,
        answers={200: suppressions.SuppressionList},
        refusals=("not_found", "invalid_request"),
    ),
    Route(
        method="GET",
        path="/v1/consents",
        operation="listConsents",
        sheds=Sheds.LISTS,
        summary="The ledger of consents, newest first",
        handler=consents.list_page,
        query=consents.QUERY,
        answers={200: consents.ConsentPage},
        refusals=("invalid_request",),
    ),
    Route(
        method="POST",
        path="/v1/consents",
        operation="recordConsent",
        summary="Write down that somebody agreed, or took it back; entries are never changed",
        handler=consents.append,
        who=Who.LIVE_KEY,
        takes=Takes.JSON,
        body=consents.FORM,
        answers={201: consents.ConsentView},
    ),
)
