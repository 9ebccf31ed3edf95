"""Every address of the API, on one table.

From it come the router, the OpenAPI document and the test that no account reaches another's things. A new
route is a line here. `hot` routes are dispatched before the router, by their path alone.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import Enum, auto
from typing import Any

import msgspec

from trunkline.api import (
    accounts,
    clock,
    documentation,
    doubts,
    health,
    hook_routes,
    keys,
    messages,
    metrics,
    numbers,
    whatsapp,
)
from trunkline.api.auth import Caller, Who
from trunkline.api.context import Api
from trunkline.api.gate import Sheds
from trunkline.api.http import Request, Response
from trunkline.api.views import AccountSettings, AccountView, MessageLife, NewKeyView, NumberView
from trunkline.shape import Object

Handler = Callable[[Api, Request, Caller], Awaitable[Response]]


class Takes(Enum):
    """What a route makes of a body."""

    NOTHING = auto()  # what comes is not looked at
    JSON = auto()
    LARGE_JSON = auto()
    BYTES = auto()  # as it is, whatever its type


class Route(msgspec.Struct, frozen=True, kw_only=True):
    method: str
    path: str
    """`{name}` is one part of the path, `{name:path}` may have slashes in it."""
    operation: str
    """The operation id; SDKs name their functions after it."""
    summary: str
    handler: Handler
    who: Who = Who.KEY
    takes: Takes = Takes.NOTHING
    body: Any = None
    """Schema of the request body, by name in `openapi.BODIES`, or the shape that checks it."""
    query: Object | None = None
    answers: Mapping[int, Any] = {}
    """Status → the type of the body, a content type for what is not JSON, or None for no body."""
    refusals: Sequence[str] = ()
    """Reasons of its own, beside those that come with its key and its body."""
    once: bool = False
    """Takes an Idempotency-Key."""
    hot: bool = False
    sheds: Sheds = Sheds.NEVER
    """When it is refused under overload."""
    on_virtual_time: bool = False
    """Exists only on a server that was started with `--virtual-time`."""

    @property
    def accepts(self) -> bool:
        """Whether messages are born here, of which an account has a share in flight."""
        return self.sheds in (Sheds.ACCEPTS, Sheds.BATCHES)


HTML, CSS, JS = "text/html", "text/css", "text/javascript"

ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        path="/v1/whatsapp/messages",
        operation="sendWhatsappMessage",
        sheds=Sheds.ACCEPTS,
        summary="Send a WhatsApp message, or mark one as read",
        handler=whatsapp.send,
        takes=Takes.JSON,
        body="SendRequest",
        answers={200: whatsapp.Accepted},
        refusals=("test_key",),
        once=True,
        hot=True,
    ),
    Route(
        method="POST",
        path="/v1/messages/batch",
        operation="sendMessages",
        sheds=Sheds.BATCHES,
        summary="Send up to 1,000 messages; each has its own result",
        handler=messages.send_batch,
        takes=Takes.LARGE_JSON,
        body="BatchRequest",
        answers={200: messages.BatchResult},
        once=True,
    ),
    Route(
        method="POST",
        path="/v1/messages/validate",
        operation="validateMessage",
        sheds=Sheds.REPORTS,
        summary="Dry run: all that is wrong with a message, or what the provider would get",
        handler=messages.validate,
        takes=Takes.JSON,
        body="SendRequest",
        answers={200: messages.Verdict},
    ),
    Route(
        method="GET",
        path="/v1/messages",
        operation="listMessages",
        sheds=Sheds.LISTS,
        summary="Messages, newest first",
        handler=messages.list_page,
        query=messages.QUERY,
        answers={200: messages.MessagePage},
        refusals=("invalid_request",),
    ),
    Route(
        method="POST",
        path="/v1/messages/{id:path}/cancel",
        operation="cancelMessage",
        summary="Withdraw a message before it is sent",
        handler=messages.cancel,
        answers={200: MessageLife},
        refusals=("not_found", "wrong_state"),
    ),
    Route(
        method="POST",
        path="/v1/messages/{id:path}/resend",
        operation="resendMessage",
        summary="Send a message in doubt once more, knowing that it may arrive twice",
        handler=doubts.resend,
        answers={200: MessageLife},
        refusals=("not_found", "wrong_state", "test_key"),
    ),
    Route(
        method="POST",
        path="/v1/messages/{id:path}/abandon",
        operation="abandonMessage",
        summary="Give a message in doubt up: it is not sent again",
        handler=doubts.abandon,
        answers={200: MessageLife},
        refusals=("not_found", "wrong_state"),
    ),
    Route(
        method="GET",
        path="/v1/messages/{id:path}",
        operation="getMessage",
        sheds=Sheds.REPORTS,
        summary="A message with every attempt and fact of its life",
        handler=messages.show,
        answers={200: MessageLife},
        refusals=("not_found",),
    ),
    Route(
        method="GET",
        path="/v1/numbers",
        operation="listNumbers",
        sheds=Sheds.LISTS,
        summary="The account's business numbers",
        handler=numbers.list_all,
        answers={200: numbers.NumberList},
    ),
    Route(
        method="POST",
        path="/v1/numbers",
        operation="registerNumber",
        summary="Register a business number, or give one new credentials",
        handler=numbers.register,
        who=Who.OPERATOR,
        takes=Takes.JSON,
        body=numbers.FORM,
        answers={201: NumberView, 200: NumberView},
        refusals=("already_exists",),
    ),
    Route(
        method="POST",
        path="/v1/numbers/{id}/default",
        operation="setDefaultNumber",
        summary="Send from this number when a message names none",
        handler=numbers.set_default,
        who=Who.LIVE_KEY,
        answers={200: NumberView},
        refusals=("not_found",),
    ),
    Route(
        method="POST",
        path="/v1/numbers/{id}/release",
        operation="releaseNumber",
        summary="End a number's hold: what waits goes on",
        handler=numbers.release,
        who=Who.LIVE_KEY,
        answers={200: NumberView},
        refusals=("not_found",),
    ),
    Route(
        method="DELETE",
        path="/v1/numbers/{id}",
        operation="removeNumber",
        summary="Remove a number; its messages stay readable",
        handler=numbers.remove,
        who=Who.LIVE_KEY,
        answers={204: None},
        refusals=("not_found",),
    ),
    Route(
        method="GET",
        path="/v1/keys",
        operation="listKeys",
        sheds=Sheds.LISTS,
        summary="The account's API keys, without the keys themselves",
        handler=keys.list_all,
        answers={200: keys.KeyList},
    ),
    Route(
        method="POST",
        path="/v1/keys",
        operation="createKey",
        summary="Make an API key; it is shown this once",
        handler=keys.create,
        who=Who.LIVE_KEY,
        takes=Takes.JSON,
        body=keys.FORM,
        answers={201: NewKeyView},
    ),
    Route(
        method="DELETE",
        path="/v1/keys/{id}",
        operation="revokeKey",
        summary="Revoke an API key, for good",
        handler=keys.revoke,
        who=Who.LIVE_KEY,
        answers={204: None},
        refusals=("not_found",),
    ),
    Route(
        method="GET",
        path="/v1/account",
        operation="getAccount",
        summary="The account itself, and what it wants done about doubts",
        handler=accounts.show,
        answers={200: AccountSettings},
    ),
    Route(
        method="PATCH",
        path="/v1/account",
        operation="changeAccount",
        summary="Change what is done about doubts; what is not named stays",
        handler=accounts.change,
        who=Who.LIVE_KEY,
        takes=Takes.JSON,
        body=accounts.CHANGES,
        answers={200: AccountSettings},
    ),
    Route(
        method="GET",
        path="/v1/accounts",
        operation="listAccounts",
        sheds=Sheds.LISTS,
        summary="All accounts of this server",
        handler=accounts.list_all,
        who=Who.OPERATOR,
        answers={200: accounts.AccountList},
    ),
    Route(
        method="POST",
        path="/v1/accounts",
        operation="createAccount",
        summary="Make an account",
        handler=accounts.create,
        who=Who.OPERATOR,
        takes=Takes.JSON,
        body=accounts.FORM,
        answers={201: AccountView},
        refusals=("already_exists",),
    ),
    Route(
        method="GET",
        path="/v1/clock",
        operation="getClock",
        summary="Where the virtual clocks stand",
        handler=clock.show,
        who=Who.OPERATOR,
        answers={200: clock.ClockView},
        on_virtual_time=True,
    ),
    Route(
        method="POST",
        path="/v1/clock/advance",
        operation="advanceClock",
        summary="Put the clocks of the server and its sandbox forward",
        handler=clock.advance,
        who=Who.OPERATOR,
        takes=Takes.JSON,
        body=clock.FORM,
        answers={200: clock.ClockView},
        on_virtual_time=True,
    ),
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
    Route(
        method="GET",
        path="/livez",
        operation="getLiveness",
        summary="Whether the process answers; says nothing of the store or the provider",
        handler=documentation.livez,
        who=Who.ANYONE,
        answers={200: documentation.Alive},
    ),
    Route(
        method="GET",
        path="/readyz",
        operation="getReadiness",
        summary="Whether work moves: the store takes writes, what is due is sent, what came in is applied",
        handler=health.readyz,
        who=Who.ANYONE,
        answers={200: health.Ready, 503: health.Ready},
    ),
    Route(
        method="GET",
        path="/metrics",
        operation="getMetrics",
        summary="What this process counts and measures, for Prometheus; for the operator or metrics.token",
        handler=metrics.show,
        who=Who.ANYONE,
        answers={200: "text/plain"},
        refusals=("key_missing", "key_invalid"),
    ),
    Route(
        method="GET",
        path="/openapi.json",
        operation="getOpenapi",
        summary="This API as an OpenAPI 3.1 document",
        handler=documentation.openapi,
        who=Who.ANYONE,
        answers={200: "application/json"},
    ),
    Route(
        method="GET",
        path="/docs",
        operation="getDocs",
        summary="This API as a page to read",
        handler=documentation.page,
        who=Who.ANYONE,
        answers={200: HTML},
    ),
    Route(
        method="GET",
        path="/docs/errors",
        operation="getErrorDocs",
        summary="Every reason for a refusal, as a page to read",
        handler=documentation.errors_page,
        who=Who.ANYONE,
        answers={200: HTML},
    ),
    Route(
        method="GET",
        path="/docs/docs.css",
        operation="getDocsStyles",
        summary="Styles of the pages to read",
        handler=documentation.styles,
        who=Who.ANYONE,
        answers={200: CSS},
    ),
    Route(
        method="GET",
        path="/docs/docs.js",
        operation="getDocsScript",
        summary="The script that draws the page from the OpenAPI document",
        handler=documentation.script,
        who=Who.ANYONE,
        answers={200: JS},
    ),
)
