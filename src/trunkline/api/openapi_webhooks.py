"""The `webhooks` section of the OpenAPI document: what endpoints of format `events` are posted, type by type.

Made of the types of events and the `data` of each; format `meta` is described by the provider.
"""

from typing import Any

import msgspec

from trunkline.api.http import JSON
from trunkline.api.views import ProviderError
from trunkline.delivery.endpoints import EndpointData
from trunkline.delivery.formats import EventView, is_moment, place_of_digits
from trunkline.model.campaign_events import CampaignData, ClickData, ErasedData, ImportData
from trunkline.model.events import (
    TYPES,
    ContactChangedData,
    InboundData,
    MessageData,
    NoticeData,
    NumberData,
    OptData,
    TemplateData,
)

Schema = dict[str, Any]

_NOTICES = ("number.changed", "account.changed")
_DATA: dict[str, type[msgspec.Struct]] = {
    "message.received": InboundData,
    "contact.changed": ContactChangedData,
    "contact.opted_out": OptData,
    "contact.opted_in": OptData,
    "contact.erased": ErasedData,
    "link.clicked": ClickData,
    "campaign.changed": CampaignData,
    "import.finished": ImportData,
    "number.held": NumberData,
    "number.released": NumberData,
    **dict.fromkeys(_NOTICES, NoticeData),
    "template.changed": TemplateData,
}
_ABOUT: dict[type[msgspec.Struct], str] = {
    MessageData: "A message of the account's, as it was then. `status` is the fact that the event is about.",
    InboundData: "A message from somebody, whole.",
    ContactChangedData: "Somebody, as they are known now.",
    OptData: "Who does not want to be written to any more, or wants it again.",
    ErasedData: "Somebody who is no more.",
    ClickData: "A link of a message, and how often it was opened.",
    CampaignData: "A campaign as it is now.",
    ImportData: "What became of a file of people.",
    NumberData: "A number that is held, or was.",
    TemplateData: "A template as it is now, and how it came to be so.",
    NoticeData: "What the provider told, under `value` as it came.",
    EndpointData: "An endpoint, as it was then.",
}
_HEADERS = {
    "webhook-id": "The event's id, however often it is posted; of a batch the post's.",
    "webhook-timestamp": "When it was posted, in seconds.",
    "webhook-signature": "`v1,` and a base64 HMAC-SHA-256 of `id.timestamp.body`, one for each secret.",
}
_REF = "#/components/schemas/{name}"


def webhooks() -> Schema:
    return {type_: {"post": _operation(type_, about)} for type_, about in TYPES.items()}


def schemas() -> dict[str, Schema]:
    """The `data` of every type, as it goes out: moments as text, the number by its digits as well."""
    structs = list(dict.fromkeys(_data_of(type_) for type_ in TYPES))
    _, found = msgspec.json.schema_components([*structs, ProviderError, EventView], ref_template=_REF)
    for struct in structs:
        schema = found[struct.__name__]
        schema["description"] = _ABOUT[struct]
        _as_shown(schema["properties"])
        if "number_id" in struct.__struct_fields__ or struct is NumberData:
            schema["properties"] |= _digits(struct)
    return found


def _data_of(type_: str) -> type[msgspec.Struct]:
    if type_.startswith("endpoint."):
        return EndpointData
    return _DATA.get(type_, MessageData)


def _as_shown(properties: Schema) -> None:
    for name, schema in properties.items():
        schema.pop("default", None)  # a member is always there
        if is_moment(name):
            may_be_null = "anyOf" in schema or "null" in schema.get("type", ())
            kinds: Any = ["string", "null"] if may_be_null else "string"
            properties[name] = {"type": kinds, "format": "date-time"}
        elif name == "error":
            error = {"$ref": _REF.format(name=ProviderError.__name__)}
            properties[name] = {"anyOf": [error, {"type": "null"}]}


def _digits(struct: type[msgspec.Struct]) -> Schema:
    type_ = next(type_ for type_ in TYPES if _data_of(type_) is struct)
    about = "Digits of the business number; null where it has none any more."
    return {place_of_digits(type_): {"type": ["string", "null"], "description": about}}


def _operation(type_: str, about: str) -> Schema:
    event = {"$ref": _REF.format(name=EventView.__name__)}
    data = {"$ref": _REF.format(name=_data_of(type_).__name__)}
    body = {"allOf": [event, {"properties": {"type": {"const": type_}, "data": data}}]}
    kind, _, what = type_.partition(".")
    return {
        "operationId": f"on{kind.title()}{what.title().replace('_', '')}",
        "summary": about,
        "tags": ["endpoints"],
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": True,
                "description": told,
                "schema": {"type": "string"},
            }
            for name, told in _HEADERS.items()
        ],
        "requestBody": {"content": {JSON: {"schema": body}}, "required": True},
        "responses": {
            "2XX": {"description": "Taken."},
            "410": {"description": "Gone: the endpoint is disabled."},
            "default": {"description": "Not taken; it is posted again."},
        },
        "security": [],
    }
