"""Where the links of campaigns lead people."""

from trunkline.api import short_links
from trunkline.api.auth import Who
from trunkline.api.route import Route

ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/l/{token}",
        operation="openShortLink",
        summary="Somebody opens a short link of a message: they are led to where its sender said",
        handler=short_links.open_link,
        who=Who.ANYONE,
        answers={302: None, 404: "text/plain", 410: "text/plain"},
        refusals=("too_many_requests",),
    ),
)
