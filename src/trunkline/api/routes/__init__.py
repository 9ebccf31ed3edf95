"""Every address of the API, on one table: the sum of the tables beside this file.

From it come the router, the OpenAPI document and the test that no account reaches another's things. A new
route is an entry in one of them. `hot` routes are dispatched before the router, by their path alone.
"""

from trunkline.api.route import Route
from trunkline.api.routes import (
    accounts,
    audiences,
    campaign_reports,
    campaigns,
    conversations,
    endpoints,
    events,
    hooks,
    imports,
    media,
    messages,
    numbers,
    opt_out,
    pricing,
    server,
    short_links,
    templates,
)

ROUTES: tuple[Route, ...] = (
    *messages.ROUTES,
    *conversations.ROUTES,
    *audiences.ROUTES,
    *events.ROUTES,
    *endpoints.ROUTES,
    *media.ROUTES,
    *templates.ROUTES,
    *campaigns.ROUTES,
    *campaign_reports.ROUTES,
    *opt_out.ROUTES,
    *pricing.ROUTES,
    *imports.ROUTES,
    *numbers.ROUTES,
    *accounts.ROUTES,
    *hooks.ROUTES,
    *short_links.ROUTES,
    *server.ROUTES,
)
