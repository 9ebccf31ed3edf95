"""What is told of campaigns, and of what they need: imports, clicks on their links, people who were erased.

The types stand with all others in `events.py`. Each function makes the event of what its caller has just
written, to be emitted in the same transaction. Pure.
"""

import msgspec

from trunkline.model.events import NewEvent, lane_of

_encode = msgspec.json.Encoder().encode


class CampaignData(msgspec.Struct, frozen=True, kw_only=True):
    """`data` of `campaign.changed`."""

    id: str
    name: str
    state: str
    state_reason: str | None
    """Why it is paused, or what went wrong."""
    before: str | None
    """The state that it was in; null for one that is new."""
    parent_id: str | None
    """The campaign of which this one is a repetition."""
    start_at: int | None
    started_at: int | None
    ended_at: int | None
    at: int


class ClickData(msgspec.Struct, frozen=True, kw_only=True):
    """`data` of `link.clicked`."""

    message_id: str
    campaign_id: str | None
    number_id: str
    to: str
    """Whom the message with the link went to."""
    url: str
    clicks: int
    """On this link of this message, with this one."""
    at: int


class ErasedData(msgspec.Struct, frozen=True, kw_only=True):
    """`data` of `contact.erased`: nothing else of them is known any more."""

    id: str
    at: int


class ImportData(msgspec.Struct, frozen=True, kw_only=True):
    """`data` of `import.finished`."""

    id: str
    state: str
    """`finished`, `failed` or `canceled`."""
    state_reason: str | None
    file_name: str
    list_id: str | None
    counts: dict[str, int]
    """Verdict → how many rows."""
    at: int


def of_campaign(account_id: str, campaign: CampaignData) -> NewEvent:
    return NewEvent(account_id, "campaign.changed", campaign.id, campaign.at, _encode(campaign).decode())


def of_click(account_id: str, click: ClickData) -> NewEvent:
    return NewEvent(
        account_id=account_id,
        type="link.clicked",
        object_id=click.message_id,
        at=click.at,
        data=_encode(click).decode(),
        number_id=click.number_id,
        lane=lane_of(click.number_id, click.to),
    )


def of_erasure(account_id: str, erased: ErasedData) -> NewEvent:
    return NewEvent(account_id, "contact.erased", erased.id, erased.at, _encode(erased).decode())


def of_import(account_id: str, finished: ImportData) -> NewEvent:
    return NewEvent(account_id, "import.finished", finished.id, finished.at, _encode(finished).decode())
