"""Our content → the body that Meta's `POST /{version}/{phone_number_id}/messages` takes.

Comes in: an `Outgoing` whose content is in the normal form of `content.check`. Goes out: a new dict; the
content is not touched. Called by the connector, for the send and for the dry run's preview. Pure.
Source: Meta's Cloud API documentation, "Send messages" and its page for each type.
"""

from typing import Any

from trunkline.channels.contract import Outgoing


def build(message: Outgoing) -> dict[str, Any]:
    if message.recipient_kind == "none":
        return _read_mark(message)
    request: dict[str, Any] = {"messaging_product": "whatsapp", "recipient_type": "individual"}
    if message.recipient_kind == "phone":
        # Without the plus, the country code of the business number may be put in front.
        request["to"] = f"+{message.recipient}"
    else:
        request["recipient"] = message.recipient
    request["type"] = message.type
    request |= message.content
    if message.type == "reaction":
        request["reaction"] = {"message_id": message.context_id, **message.content["reaction"]}
    elif message.context_id is not None:
        request["context"] = {"message_id": message.context_id}
    if message.type == "template":
        request["template"] = _template(message.content["template"])
    request["biz_opaque_callback_data"] = message.token
    return request


def _read_mark(message: Outgoing) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", **message.content, "message_id": message.context_id}


def _template(template: dict[str, Any]) -> dict[str, Any]:
    if "components" not in template:
        return template
    return {**template, "components": [_component(part) for part in template["components"]]}


def _component(component: dict[str, Any]) -> dict[str, Any]:
    """The index of a button as text, as in all of Meta's samples; also in the cards of a carousel."""
    if "index" in component:
        return {**component, "index": str(component["index"])}
    if "cards" in component:
        cards = [
            {**card, "components": [_component(part) for part in card["components"]]}
            for card in component["cards"]
        ]
        return {**component, "cards": cards}
    return component
