"""Where providers reach us."""

from trunkline.api import hook_routes
from trunkline.api.auth import Who
from trunkline.api.route import Route, Takes

ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/hooks/{connector}/{hook_key}",
        operation="checkHook",
        summary="A provider checks our hook's address",
        handler=hook_routes.check,
        who=Who.ANYONE,
        answers={200: "text/plain"},
        hot=True,
    ),
    Route(
        method="POST",
        path="/hooks/{connector}/{hook_key}",
        operation="receiveHook",
        summary="A provider tells of messages; signed, and kept before it is answered",
        handler=hook_routes.receive,
        who=Who.ANYONE,
        takes=Takes.BYTES,
        answers={200: "text/plain"},
        hot=True,
    ),
)
