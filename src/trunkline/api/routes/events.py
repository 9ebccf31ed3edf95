"""The log of events: read, and followed."""

from trunkline.api import events
from trunkline.api.event_stream import MEDIA_TYPE
from trunkline.api.gate import Sheds
from trunkline.api.route import Route
from trunkline.delivery.formats import EventView

ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/v1/events",
        operation="listEvents",
        sheds=Sheds.LISTS,
        summary="What happened, in its order",
        handler=events.list_page,
        query=events.QUERY,
        answers={200: events.EventPage},
        refusals=("invalid_request",),
    ),
    Route(
        method="GET",
        path="/v1/events/stream",
        operation="streamEvents",
        sheds=Sheds.REPORTS,
        summary="What happens from now on, or from behind an event, as server-sent events",
        handler=events.stream,
        query=events.STREAM_QUERY,
        answers={200: MEDIA_TYPE},
        refusals=("invalid_request", "too_many_requests"),
        resumes=True,
    ),
    Route(
        method="GET",
        path="/v1/events/{id}",
        operation="getEvent",
        sheds=Sheds.REPORTS,
        summary="One event",
        handler=events.show,
        answers={200: EventView},
        refusals=("not_found",),
    ),
)
