"""A template as the registry keeps it, and its parts as the rest asks for them.

Components are stored in the form in which Graph gives them back: checked by `checks.py`, types in capitals.
"""

from typing import Any

import msgspec

Component = dict[str, Any]

CATEGORIES = ("AUTHENTICATION", "MARKETING", "UTILITY")
SENDABLE = "APPROVED"
STATUSES = (
    "APPROVED",
    "ARCHIVED",
    "DELETED",
    "DISABLED",
    "IN_APPEAL",
    "LIMIT_EXCEEDED",
    "PAUSED",
    "PENDING",
    "PENDING_DELETION",
    "REJECTED",
)
REASONS = (
    "ABUSIVE_CONTENT",
    "CATEGORY_NOT_AVAILABLE",
    "INCORRECT_CATEGORY",
    "INVALID_FORMAT",
    "NONE",
    "PROMOTIONAL",
    "SCAM",
    "TAG_CONTENT_MISMATCH",
)
SCORES = ("GREEN", "RED", "UNKNOWN", "YELLOW")
OTP_URL = "https://www.whatsapp.com/otp/code/?otp_type="
"""What the URL of a one-time password button begins with, once the template is stored."""


class Template(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One language of a template. Changed by putting a changed copy on the shelf."""

    id: str
    name: str
    language: str
    category: str
    components: list[Component]
    status: str = "PENDING"
    parameter_format: str = "POSITIONAL"
    created_at: int
    updated_at: int
    rejected_reason: str = "NONE"
    quality: str = "UNKNOWN"
    quality_at: int | None = None
    previous_category: str | None = None
    correct_category: str | None = None
    """What it will be recategorised as at `category_at`."""
    category_at: int | None = None
    review_at: int | None = None
    """When the review decides; None when it is not under review, or only by hand."""
    pauses: int = 0
    paused_until: int | None = None
    edits: tuple[int, ...] = ()
    """When it was edited while it was approved; those of the last 30 days count."""
    deleted_at: int | None = None
    source: str = "manual"
    extras: dict[str, Any] = {}
    """Members that are given back as they came: `message_send_ttl_seconds`, `sub_category` …"""

    @property
    def is_named(self) -> bool:
        return self.parameter_format == "NAMED"

    @property
    def is_gone(self) -> bool:
        return self.deleted_at is not None


def part_of(components: list[Component], type_: str) -> Component:
    """The component of that type, empty when there is none."""
    return next((component for component in components if component["type"] == type_), {})


def buttons_of(components: list[Component]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = part_of(components, "BUTTONS").get("buttons", [])
    return found


def is_otp(button: dict[str, Any]) -> bool:
    return button["type"] == "URL" and str(button.get("url", "")).startswith(OTP_URL)
