"""Messages that open a flow. Whether it may be sent in its state is asked by `sends/rules.py`."""

from trunkline.sandbox.content.emoji import has_emoji
from trunkline.sandbox.content.interactive.named_action import read_parameters
from trunkline.sandbox.content.limits import check_length
from trunkline.sandbox.errors import GraphError, invalid, invalid_value
from trunkline.sandbox.params import Param

_MEMBERS = (
    "flow_message_version",
    "flow_id",
    "flow_name",
    "flow_cta",
    "flow_token",
    "flow_action",
    "flow_action_payload",
    "mode",
)


def check_flow(action: Param) -> None:
    parameters = read_parameters(action, "flow", *_MEMBERS)
    _check_version(parameters)
    if parameters.has("flow_id") == parameters.has("flow_name"):
        raise GraphError(100, details=f"{parameters.name} needs exactly one of flow_id and flow_name.")
    parameters.text("flow_id" if parameters.has("flow_id") else "flow_name", 200)
    label = parameters.text("flow_cta")
    check_length(label, "Flow CTA", 30)
    if has_emoji(label):
        raise invalid_value("Flow CTA must not contain emoji.")
    if parameters.has("flow_token"):
        parameters.text("flow_token")
    if parameters.has("mode"):
        parameters.word("mode", ("draft", "published"))
    _check_start(parameters)


def read_flow(envelope: Param) -> tuple[str, str] | None:
    """Id or name of the flow and the mode that is asked for; None for other interactive messages."""
    interactive = envelope.object("interactive")
    if interactive.members.get("type") != "flow":
        return None
    asked = interactive.object("action").object("parameters").members
    return str(asked.get("flow_id") or asked.get("flow_name")), str(asked.get("mode", "published")).lower()


def _check_version(parameters: Param) -> None:
    version = parameters.need("flow_message_version")
    if version not in ("3", 3) or isinstance(version, float):
        raise invalid(
            f'Param {parameters.path("flow_message_version")} must be one of {{3}} - got "{version}".'
        )


def _check_start(parameters: Param) -> None:
    """The first screen, which only `navigate` chooses."""
    action = "navigate"
    if parameters.has("flow_action"):
        action = parameters.word("flow_action", ("navigate", "data_exchange"))
    payload = parameters.object_if_any("flow_action_payload")
    if payload is None:
        return
    if action != "navigate":
        raise invalid_value("Flow action payload is only allowed when flow_action is navigate.")
    payload.only("screen", "data")
    if payload.has("screen"):
        payload.text("screen")
    data = payload.object_if_any("data")
    if data is not None and not data.members:
        raise invalid_value("Flow action payload data must not be empty.")
