"""Graph's error bodies: one exception, and the codes that this emulator can answer with.

Titles and HTTP statuses are those of Meta's page on WhatsApp error codes, wordings of code 100 those seen on
the wire. Nothing here decides when an error happens.
"""

import base64
import os
from typing import Any, NamedTuple


class Code(NamedTuple):
    """A row of Meta's table."""

    status: int
    title: str


CODES: dict[int, Code] = {
    1: Code(400, "API Unknown"),
    2: Code(503, "Service temporarily unavailable"),
    4: Code(400, "API Too Many Calls"),
    10: Code(403, "Permission Denied"),
    100: Code(400, "Invalid parameter"),
    190: Code(401, "Invalid OAuth access token - Cannot parse access token"),
    368: Code(403, "Temporarily blocked for policies violations"),
    130403: Code(400, "User is blocked by the business"),
    130429: Code(400, "Rate limit hit"),
    130472: Code(400, "User's number is part of an experiment"),
    131000: Code(500, "Something went wrong"),
    131005: Code(403, "Access denied"),
    131008: Code(400, "Required parameter is missing"),
    131009: Code(400, "Parameter value is not valid"),
    131016: Code(500, "Service unavailable"),
    131021: Code(400, "Recipient cannot be sender"),
    131026: Code(400, "Message undeliverable"),
    131030: Code(400, "Recipient phone number not in allowed list"),
    131031: Code(403, "Account has been locked"),
    131042: Code(400, "Business eligibility payment issue"),
    131047: Code(400, "Re-engagement message"),
    131048: Code(400, "Spam rate limit hit"),
    131049: Code(400, "This message was not delivered to maintain healthy ecosystem engagement."),
    131050: Code(400, "User has stopped marketing messages from this business"),
    131051: Code(400, "Unsupported message type"),
    131053: Code(400, "Media upload error"),
    131056: Code(400, "(Business Account, Consumer Account) pair rate limit hit"),
    131057: Code(500, "Account in maintenance mode"),
    131062: Code(400, "Business-scoped user ids cannot receive this message"),
    132000: Code(400, "Number of parameters does not match the expected number of params"),
    132001: Code(404, "Template name does not exist in the translation"),
    132012: Code(400, "Parameter format does not match format in the created template"),
    133010: Code(400, "Phone number not registered"),
}

DETAILS: dict[int, str] = {
    130429: "Message failed to send because there were too many messages sent from this phone number "
    "in a short period of time.",
    130472: "Message was not sent because the recipient is part of an experiment.",
    131000: "Message failed to send due to an unknown error.",
    131016: "Message failed to send because a service is temporarily unavailable.",
    131026: "Unable to deliver message. The recipient may not be on WhatsApp, may have an old version of it, "
    "or has not accepted its terms.",
    131030: "Recipient phone number not in allowed list: add the recipient to the list of test recipients.",
    131031: "Business account has been locked.",
    131042: "Message failed to send because there were one or more errors related to the payment method.",
    131047: "Message failed to send because more than 24 hours have passed since the customer last replied "
    "to this number.",
    131048: "Message failed to send because this phone number has reached its messaging limit.",
    131049: "This message was not delivered to maintain healthy ecosystem engagement.",
    131050: "The recipient has chosen to stop receiving marketing messages from this business.",
    131053: "Unable to download the media from its link.",
    131056: "Message failed to send because too many messages were sent from this phone number to the same "
    "recipient in a short period of time.",
}

_WITHOUT_NUMBER = {2, 190}
"""Graph's own errors, whose message does not begin with `(#code)`."""

ERROR_CODES_PAGE = (
    "https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes"
)


class GraphError(Exception):
    """An answer of Graph that is an error. Without `message` it is `(#code) title`."""

    def __init__(  # noqa: PLR0913 - the members of Graph's error body
        self,
        code: int,
        message: str | None = None,
        *,
        details: str | None = None,
        status: int | None = None,
        kind: str = "OAuthException",
        subcode: int | None = None,
    ) -> None:
        row = CODES.get(code, CODES[1])
        self.code = code
        self.status = status or row.status
        self.message = message or (row.title if code in _WITHOUT_NUMBER else f"(#{code}) {row.title}")
        self.details = details
        self.kind = kind
        self.subcode = subcode
        super().__init__(self.message)

    def body(self) -> dict[str, Any]:
        """`{"error": …}` as Graph writes it; a new trace id each time."""
        error: dict[str, Any] = {"message": self.message, "type": self.kind, "code": self.code}
        if self.details is not None:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        error["fbtrace_id"] = trace_id()
        return {"error": error}


def trace_id() -> str:
    """A random id in the shape of `fbtrace_id`."""
    return "A" + base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")


def known_error(code: int, status: int | None = None) -> GraphError:
    """The error of that code with its usual details."""
    return GraphError(code, details=DETAILS.get(code), status=status)


def invalid(wording: str) -> GraphError:
    """Code 100 in Graph's wording: `invalid("The parameter to is required.")`."""
    return GraphError(100, f"(#100) {wording}")


def invalid_value(details: str) -> GraphError:
    """Code 131009, whose reason stands in the details."""
    return GraphError(131009, details=details)


def unknown_node(node: str, method: str) -> GraphError:
    """What Graph says of an object that does not exist or that the token may not see."""
    return GraphError(
        100,
        f"Unsupported {method.lower()} request. Object with ID '{node}' does not exist, cannot be loaded due "
        "to missing permissions, or does not support this operation. Please read the Graph API documentation "
        "at https://developers.facebook.com/docs/graph-api",
        kind="GraphMethodException",
        subcode=33,
    )


def unknown_path(rest: str) -> GraphError:
    """What Graph says of an edge that an object does not have."""
    return GraphError(2500, f"Unknown path components: {rest}", status=400)


def status_error(code: int) -> dict[str, Any]:
    """An entry of `errors[]` in a `failed` status."""
    title = CODES[code].title
    return {
        "code": code,
        "title": title,
        "message": title,
        "error_data": {"details": DETAILS.get(code, title)},
        "href": ERROR_CODES_PAGE,
    }
