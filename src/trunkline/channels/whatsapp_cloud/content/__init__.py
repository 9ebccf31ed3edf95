"""What a caller may send through WhatsApp.

Comes in: the decoded body of a send request, from the strict JSON gate. Goes out: a `Draft` in normal form,
or every problem that keeps it from being one; and warnings either way. Called by outbound/accept and by the
dry run. Pure: nothing is fetched, stored or asked.

The rules are those of the vendor's page and of Meta's Cloud API documentation. Where the two differ we
accept what either allows; the comment beside the rule says so.
"""

from typing import Any, NamedTuple

from trunkline.channels.contract import Checked
from trunkline.channels.whatsapp_cloud.content.envelope import MESSAGE
from trunkline.channels.whatsapp_cloud.content.examples import EXAMPLES
from trunkline.channels.whatsapp_cloud.content.reaction_and_read import READ_MARK
from trunkline.model.message import Draft, Priority
from trunkline.shape import Findings, Schema

__all__ = ["EXAMPLES", "SCHEMA", "Checked", "Setting", "check"]

SCHEMA: Schema = {
    "title": "Message",
    "anyOf": [{"title": "message", **MESSAGE.schema()}, {"title": "read mark", **READ_MARK.schema()}],
}


class Setting(NamedTuple):
    """What the rules need to know beside the body."""

    now: int
    http_links: bool


def check(body: Any, *, now: int, http_links: bool) -> Checked:
    """`http_links`: the operator allows media links by http to this machine."""
    findings = Findings(Setting(now, http_links))
    is_read_mark = type(body) is dict and "status" in body and "type" not in body
    normal = (READ_MARK if is_read_mark else MESSAGE).check(body, "", findings)
    if findings.problems:
        return Checked(None, tuple(findings.problems), tuple(findings.warnings))
    draft = _read_mark(normal) if is_read_mark else _draft(normal)
    return Checked(draft, (), tuple(findings.warnings))


def _draft(message: dict[str, Any]) -> Draft:
    type_ = message["type"]
    content = message[type_]
    context = message.get("context")
    context_id = context["message_id"] if context is not None else None
    if type_ == "reaction":
        context_id, content = content["message_id"], {"emoji": content["emoji"]}
    fallback = message["fallback"]["template"] if "fallback" in message else None
    return Draft(
        type=type_,
        recipient=message["to"] if "to" in message else message["recipient"],
        recipient_kind="phone" if "to" in message else "user_id",
        sender=message.get("from"),
        content={type_: content},
        context_id=context_id,
        callback_data=message.get("biz_opaque_callback_data"),
        send_at=message.get("send_at"),
        priority=Priority[message.get("priority", "normal").upper()],
        languages=_languages(content) if type_ == "template" else (),
        fallback_languages=_languages(fallback) if fallback is not None else (),
        fallback={"template": fallback} if fallback is not None else None,
        purpose=message.get("purpose"),
    )


def _languages(template: dict[str, Any]) -> tuple[str, ...]:
    """Taken out of it: the provider does not know them."""
    return tuple(template["language"].pop("fallback", ()))


def _read_mark(mark: dict[str, Any]) -> Draft:
    content: dict[str, Any] = {"status": mark["status"]}
    if "typing_indicator" in mark:
        content["typing_indicator"] = mark["typing_indicator"]
    return Draft(
        type="read",
        recipient=mark["message_id"],
        recipient_kind="none",
        sender=mark.get("from"),
        content=content,
        context_id=mark["message_id"],
    )
