"""Graph's error bodies: one exception, and the codes that this emulator can answer with.

Titles and HTTP statuses are those of Meta's page on WhatsApp error codes, wordings of code 100 those seen on
the wire. Nothing here decides when an error happens.
"""

import base64
from typing import Any, NamedTuple

from trunkline.sandbox.ids import random_bytes


class Code(NamedTuple):
    """A row of Meta's table."""

    status: int
    title: str


CODES: dict[int, Code] = {
    0: Code(401, "AuthException"),
    1: Code(400, "API Unknown"),
    2: Code(503, "Service temporarily unavailable"),
    3: Code(500, "API Method"),
    4: Code(400, "API Too Many Calls"),
    10: Code(403, "Permission Denied"),
    100: Code(400, "Invalid parameter"),
    190: Code(401, "Invalid OAuth access token - Cannot parse access token"),
    200: Code(403, "API Permission"),
    368: Code(403, "Temporarily blocked for policies violations"),
    803: Code(404, "Some of the aliases you requested do not exist"),
    1026: Code(400, "Receiver Incapable"),
    2500: Code(400, "Unknown path components"),
    80007: Code(400, "Rate limit issues"),
    130403: Code(400, "User is blocked by the business"),
    130429: Code(400, "Rate limit hit"),
    130472: Code(400, "User's number is part of an experiment"),
    130497: Code(403, "Business account is restricted from messaging users in this country"),
    131000: Code(500, "Something went wrong"),
    131005: Code(403, "Access denied"),
    131008: Code(400, "Required parameter is missing"),
    131009: Code(400, "Parameter value is not valid"),
    131016: Code(500, "Service unavailable"),
    131020: Code(400, "Group not found"),
    131021: Code(400, "Recipient cannot be sender"),
    131026: Code(400, "Message undeliverable"),
    131030: Code(400, "Recipient phone number not in allowed list"),
    131031: Code(403, "Account has been locked"),
    131037: Code(400, "WhatsApp provided number needs display name approval before message can be sent"),
    131041: Code(400, "Message to group failed"),
    131042: Code(400, "Business eligibility payment issue"),
    131044: Code(400, "Business eligibility payment issue for calls"),
    131045: Code(500, "Incorrect certificate"),
    131047: Code(400, "Re-engagement message"),
    131048: Code(400, "Spam rate limit hit"),
    131049: Code(400, "This message was not delivered to maintain healthy ecosystem engagement."),
    131050: Code(400, "User has stopped marketing messages from this business"),
    131051: Code(400, "Unsupported message type"),
    131052: Code(400, "Media download error"),
    131053: Code(400, "Media upload error"),
    131055: Code(400, "Method not allowed"),
    131056: Code(400, "(Business Account, Consumer Account) pair rate limit hit"),
    131057: Code(500, "Account in maintenance mode"),
    131059: Code(400, "Invalid cursor"),
    131060: Code(400, "This message is unavailable"),
    131061: Code(400, "Business is not eligible for the Marketing Messages API"),
    131062: Code(400, "Business-scoped user ids cannot receive this message"),
    131063: Code(400, "Marketing templates disabled for Cloud API"),
    131064: Code(400, "Rate limited because of template misclassification"),
    131065: Code(400, "Bid is not valid"),
    131070: Code(400, "Thread is owned by another app"),
    132000: Code(400, "Number of parameters does not match the expected number of params"),
    132001: Code(404, "Template name does not exist in the translation"),
    132005: Code(400, "Translated text too long"),
    132007: Code(400, "Template format character policy violated"),
    132008: Code(400, "Template parameter value is not valid"),
    132012: Code(400, "Parameter format does not match format in the created template"),
    132015: Code(400, "Template is paused"),
    132016: Code(400, "Template is disabled"),
    132018: Code(400, "Template validation error"),
    132021: Code(400, "Template name is taken by a template that Direct Send did not create"),
    132068: Code(400, "Flow is blocked"),
    132069: Code(400, "Flow is throttled"),
    133000: Code(500, "Incomplete deregistration"),
    133004: Code(503, "Server temporarily unavailable"),
    133005: Code(400, "Two step verification PIN mismatch"),
    133006: Code(400, "Phone number re-verification needed"),
    133008: Code(400, "Too many two step verification PIN guesses"),
    133009: Code(400, "Two step verification PIN guessed too fast"),
    133010: Code(400, "Phone number not registered"),
    133015: Code(400, "Please wait a few minutes before attempting to register this phone number"),
    133016: Code(400, "Account register deregister rate limit exceeded"),
    134011: Code(400, "WhatsApp Payments terms of service has not been accepted"),
    134100: Code(400, "Only marketing messages supported"),
    134101: Code(400, "Your template is still syncing"),
    134102: Code(500, "Template unavailable for use"),
    135000: Code(400, "Generic user error"),
    136024: Code(400, "Phone number is already verified"),
    137000: Code(400, "Recipient identity key hash mismatch"),
    138000: Code(400, "Calling API not enabled"),
    139000: Code(400, "Blocked by integrity"),
    139001: Code(400, "Flow is already published"),
    139002: Code(400, "Flow is not a draft"),
    139003: Code(400, "Cannot deprecate an unpublished flow"),
    139004: Code(400, "Cannot delete a published flow"),
    139006: Code(400, "Flow metrics are below the threshold"),
    139100: Code(400, "Failed to block or unblock some users"),
    139101: Code(400, "Block list is full"),
    139102: Code(400, "Block list was changed while it was read"),
    139103: Code(400, "Block list could not be changed"),
    139200: Code(400, "Direct Send is blocked"),
    147001: Code(400, "Business username is not available"),
    147002: Code(400, "Account is not eligible for a business username"),
    147003: Code(400, "A Facebook account must be linked for this business username"),
    147004: Code(400, "An Instagram account must be linked for this business username"),
    147005: Code(400, "Business username belongs to another phone number of the portfolio"),
    200005: Code(400, "Template insights are not available"),
    200006: Code(400, "Template insights cannot be disabled"),
    200007: Code(400, "Template insights are not enabled"),
    1752041: Code(400, "Duplicate request"),
    2494100: Code(400, "Account is in maintenance mode"),
}
"""Not among them: errors of calls and of moving a number, and those of template definitions, which are
subcodes of 100."""

DETAILS: dict[int, str] = {
    4: "The app has reached its API call rate limit.",
    368: "The business account is temporarily blocked because it violated a platform policy.",
    1026: "The recipient's app is too old to receive this message.",
    80007: "The business account has reached its rate limit of API calls.",
    130403: "The recipient is on the block list of this phone number.",
    130429: "Message failed to send because there were too many messages sent from this phone number "
    "in a short period of time.",
    130472: "Message was not sent because the recipient is part of an experiment.",
    130497: "The business account may not message users in the recipient's country.",
    131000: "Message failed to send due to an unknown error.",
    131016: "Message failed to send because a service is temporarily unavailable.",
    131026: "Unable to deliver message. The recipient may not be on WhatsApp, may have an old version of it, "
    "or has not accepted its terms.",
    131030: "Recipient phone number not in allowed list: add the recipient to the list of test recipients.",
    131031: "Business account has been locked.",
    131037: "The display name of this phone number must be approved before messages can be sent.",
    131042: "Message failed to send because there were one or more errors related to the payment method.",
    131047: "Message failed to send because more than 24 hours have passed since the customer last replied "
    "to this number.",
    131048: "Message failed to send because this phone number has reached its messaging limit.",
    131049: "This message was not delivered to maintain healthy ecosystem engagement.",
    131050: "The recipient has chosen to stop receiving marketing messages from this business.",
    131052: "Unable to download the media that the user sent.",
    131053: "Unable to download the media from its link.",
    131055: "Only marketing template messages are supported",
    131056: "Message failed to send because too many messages were sent from this phone number to the same "
    "recipient in a short period of time.",
    131057: "The business account is in maintenance mode, perhaps because its throughput is being raised.",
    131062: "Authentication templates need a phone number: they cannot be sent to a business-scoped user id.",
    131063: "Your template is categorized as Marketing, but marketing templates are currently disabled for "
    "your Cloud API configuration.",
    132015: "The template is paused because of its low quality.",
    132016: "The template was paused too often because of its low quality and is disabled for good.",
    132018: "There's an issue with the parameters in your template.",
    132068: "The flow is blocked.",
    132069: "The flow is throttled and 10 messages with it were sent in the last hour.",
    133010: "The phone number is not registered with the Cloud API.",
    134100: "You're only able to send marketing messages on this API.",
    134101: "When you send a message from a template, the template syncing process can take up to 10 minutes "
    "to complete. Wait a few minutes, and then try sending your message again.",
    134102: "Please check your eligibility status to ensure you are onboarded or contact support.",
    135000: "Message failed to send because of an unknown error with the parameters of the request.",
    137000: "The recipient's identity has changed since the given hash was received.",
    138000: "Calling is not enabled for this phone number.",
    139200: "Direct Send is blocked for this business account.",
}

_WITHOUT_NUMBER = {2, 190}
"""Graph's own errors, whose message does not begin with `(#code)`."""

_TRANSIENT = {2, 4}
"""Those that Graph itself calls passing."""

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
        kind: str | None = None,
        subcode: int | None = None,
        user_title: str | None = None,
        user_message: str | None = None,
    ) -> None:
        row = CODES.get(code, CODES[1])
        self.code = code
        self.status = status or row.status
        self.message = message or (row.title if code in _WITHOUT_NUMBER else f"(#{code}) {row.title}")
        self.details = details
        self.kind = kind or ("GraphMethodException" if code == 2 else "OAuthException")
        self.subcode = subcode
        self.user_title = user_title
        self.user_message = user_message
        super().__init__(self.message)

    @property
    def in_words(self) -> str:
        """For people: without the number."""
        return self.details or self.message.removeprefix(f"(#{self.code}) ")

    def body(self) -> dict[str, Any]:
        """`{"error": …}` as Graph writes it; a new trace id each time."""
        error: dict[str, Any] = {"message": self.message, "type": self.kind, "code": self.code}
        if self.details is not None:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        if self.code in _TRANSIENT:
            error["is_transient"] = True
        more = {
            "error_subcode": self.subcode,
            "error_user_title": self.user_title,
            "error_user_msg": self.user_message,
        }
        error.update({key: value for key, value in more.items() if value is not None})
        error["fbtrace_id"] = trace_id()
        return {"error": error}


def trace_id() -> str:
    """A random id in the shape of `fbtrace_id`."""
    return "A" + base64.urlsafe_b64encode(random_bytes(16)).decode().rstrip("=")


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


def unknown_alias(name: str) -> GraphError:
    """What Graph says of a word that names nothing."""
    return GraphError(803, f"(#803) Some of the aliases you requested do not exist: {name:.200}")


def unknown_path(rest: str) -> GraphError:
    """What Graph says of an edge that an object does not have."""
    return GraphError(2500, f"Unknown path components: {rest}", status=400)


def status_error(code: int, details: str = "") -> dict[str, Any]:
    """An entry of `errors[]` in a `failed` status."""
    title = CODES.get(code, CODES[1]).title
    return {
        "code": code,
        "title": title,
        "message": title,
        "error_data": {"details": details or DETAILS.get(code, title)},
        "href": ERROR_CODES_PAGE,
    }
