"""FORMATS: events as they go out, to endpoints in bodies of posts and to callers of the API.

`show_event` is the one public view of an event, which lists, the stream and endpoints of format `events` all
show; format `meta` is the provider's own webhook, which the connector writes. Pure: in come rows of the log
and the directory's numbers, out goes a view, or the bytes of a body.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from trunkline.channels.contract import Connector, Told
from trunkline.clock import to_rfc3339
from trunkline.model.events import chosen
from trunkline.store.delivery_log import Ahead
from trunkline.store.endpoints import MAPPING, EndpointRow
from trunkline.store.events import EventRow
from trunkline.store.numbers import NumberRow

TEST = "endpoint.test"
_FALLBACK_CONNECTOR = "whatsapp_cloud"
ERROR_MEMBERS = ("code", "title", "cause", "actor", "remedy", "detail")


class EventView(msgspec.Struct, kw_only=True):
    """Something that happened, as it is told wherever events are told."""

    id: Annotated[str, Meta(description="Sorts by the order in which things happened; also `webhook-id`.")]
    type: str
    timestamp: Annotated[
        str,
        Meta(extra_json_schema={"format": "date-time"}, examples=["2026-11-22T17:00:00.123Z"]),
    ]
    sequence: Annotated[
        int, Meta(description="Of this object's events: drop what is older than one you have seen.")
    ]
    object_id: Annotated[str, Meta(description="What it is about: a message, contact, number, endpoint …")]
    data: Annotated[
        dict[str, Any], Meta(description="The object as it was then. Members depend on the type.")
    ]


class Batch(msgspec.Struct, kw_only=True):
    """Several events in one post, oldest first."""

    type: Annotated[str, Meta(description="Always `batch`.")]
    timestamp: Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
    data: list[EventView]


def show_event(event: EventRow, digits: str | None) -> EventView:
    """`digits` are those of its number; None where it has none, or that is not known any more."""
    return EventView(
        id=event.id,
        type=event.type,
        timestamp=to_rfc3339(event.at),
        sequence=event.sequence,
        object_id=event.object_id,
        data=_shown(event, msgspec.json.decode(event.data, type=dict[str, Any]), digits),
    )


def wanted(endpoint: EndpointRow, connectors: Mapping[str, Connector]) -> Callable[[EventRow | Ahead], bool]:
    """Whether an event goes to this endpoint: by type, by number, and by what its format can say.

    A test goes to the endpoint that it is for, whatever that asked for.
    """
    means = chosen(msgspec.json.decode(endpoint.event_types, type=list[str]))
    is_told = can_tell(endpoint, connectors)

    def is_wanted(event: EventRow | Ahead) -> bool:
        if event.type == TEST:
            return event.object_id == endpoint.id
        if not means(event.type):
            return False
        if endpoint.number_id is not None and event.number_id != endpoint.number_id:
            return False
        return is_told(event.type)

    return is_wanted


def can_tell(endpoint: EndpointRow, connectors: Mapping[str, Connector]) -> Callable[[str], bool]:
    """Whether the endpoint's format has a shape for a type."""
    if endpoint.format == "events":
        return lambda type_: True
    return lambda type_: any(connector.tells(type_) for connector in connectors.values())


def render(
    endpoint: EndpointRow,
    events: Sequence[EventRow],
    numbers: Mapping[str, NumberRow],
    connectors: Mapping[str, Connector],
) -> bytes:
    """The body of one post, for events that are `wanted`; a batch where there are several."""
    if endpoint.format == "meta":
        is_mapping = endpoint.created_by == MAPPING
        return as_provider(events, numbers, connectors, endpoint.number_id, names_recipients=not is_mapping)
    views = [show_event(event, _digits(event, numbers)) for event in events]
    if len(views) == 1:
        return msgspec.json.encode(views[0])
    return msgspec.json.encode(Batch(type="batch", timestamp=views[-1].timestamp, data=views))


def as_provider(
    events: Sequence[EventRow],
    numbers: Mapping[str, NumberRow],
    connectors: Mapping[str, Connector],
    tested_number_id: str | None = None,
    *,
    names_recipients: bool = True,
) -> bytes:
    """An endpoint's events are of one provider: those of a post are told by the first one's connector."""
    told = [_told(event, numbers, tested_number_id) for event in events]
    kinds = (numbers[event.number_id or ""].connector for event in events if event.number_id in numbers)
    connector = connectors[next(kinds, _FALLBACK_CONNECTOR)]
    return connector.webhook(told, names_recipients=names_recipients)


def _told(event: EventRow, numbers: Mapping[str, NumberRow], tested_number_id: str | None) -> Told:
    """A number that was removed meanwhile leaves its members empty: better than not telling at all."""
    number = numbers.get(event.number_id or tested_number_id or "")
    if number is None and event.type == TEST:
        number = next((row for row in numbers.values() if row.account_id == event.account_id), None)
    return Told(
        id=event.id,
        type=event.type,
        at=event.at,
        data=msgspec.json.decode(event.data, type=dict[str, Any]),
        digits=number.digits if number else "",
        phone_number_id=number.phone_number_id if number else "",
        waba_id=number.waba_id if number else "",
    )


def _digits(event: EventRow, numbers: Mapping[str, NumberRow]) -> str | None:
    number = numbers.get(event.number_id or "")
    return number.digits if number else None


def _shown(event: EventRow, data: dict[str, Any], digits: str | None) -> dict[str, Any]:
    shown = {name: _member(name, value) for name, value in data.items()}
    if event.number_id is not None:
        shown[place_of_digits(event.type)] = digits
    return shown


def place_of_digits(type_: str) -> str:
    """Messages name our number as the API does; whatever else belongs to a number says `number`."""
    if type_ == "message.received":
        return "to"
    return "from" if type_.startswith("message.") else "number"


def _member(name: str, value: Any) -> Any:
    if isinstance(value, int) and is_moment(name):
        return to_rfc3339(value)
    if name == "error" and isinstance(value, dict):
        return _error(value)
    if name == "detail" and isinstance(value, dict) and "errors" in value:
        return value | {"errors": [_error(error) for error in value["errors"]]}
    return value


def is_moment(name: str) -> bool:
    """Of a member of `data`, by our own rule for names."""
    return name == "at" or name.endswith(("_at", "_until"))


def _error(error: dict[str, Any]) -> dict[str, Any]:
    """What callers are shown of a refusal; how we acted on it is our own affair."""
    return {name: error.get(name) for name in ERROR_MEMBERS}
