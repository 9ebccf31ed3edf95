"""Authentication templates: Meta writes their texts; a definition says which there shall be. Pure.

What Meta stored has the texts written out and the button as a URL. It is taken as well, so that a template
that was read from Meta can be handed in again, under another name or in another account.
Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/authentication-templates
"""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from trunkline.channels.whatsapp_cloud.templates.check_buttons import OTP
from trunkline.channels.whatsapp_cloud.templates.definition import OTP_URL
from trunkline.channels.whatsapp_cloud.templates.setting import in_capitals
from trunkline.shape import Array, Boolean, Findings, Integer, Object, Shape, Tagged

_FIXED = "Meta writes this text of authentication templates in each language; it is not sent on."


class OneTimeCode(Shape):
    """The one button: as it is authored, or as Meta has stored it."""

    kind = OTP.kind

    def __init__(self) -> None:
        super().__init__(OTP.says, "")

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        return OTP.check(as_authored(value), at, findings)

    def schema(self) -> dict[str, Any]:
        return OTP.schema()


def as_authored(button: Any) -> Any:
    url = button.get("url") if type(button) is dict else None
    if type(url) is not str or not url.startswith(OTP_URL):
        return button
    query = {name: values[-1] for name, values in parse_qs(urlsplit(url).query).items()}
    authored: dict[str, Any] = {"type": "OTP", "otp_type": query.get("otp_type", "")}
    if "text" in button:
        authored["text"] = button["text"]
    if "cta_display_name" in query:
        authored["autofill_text"] = query["cta_display_name"]
    if "package_name" in query and "signature_hash" in query:
        names = ("package_name", "signature_hash")
        authored["supported_apps"] = [{name: query[name] for name in names}]
    return authored


COMPONENT = Tagged(
    "type",
    {
        "body": Object(
            {},
            {"add_security_recommendation": Boolean("Adds: do not share this code.")},
            ignored={"text": _FIXED, "example": _FIXED},
            rules=[in_capitals],
        ),
        "footer": Object(
            {},
            {"code_expiration_minutes": Integer(at_least=1, at_most=90, about="Adds when the code expires.")},
            ignored={"text": _FIXED},
            rules=[in_capitals],
        ),
        "buttons": Object({"buttons": Array(OneTimeCode(), at_least=1, at_most=1)}, rules=[in_capitals]),
    },
    capitals=True,
)


def check_authentication(components: list[Any], at: str, findings: Findings) -> None:
    """What such a template has to have beside its body."""
    types = [part.get("type") for part in components if type(part) is dict]
    if "BUTTONS" not in types:
        detail = "An authentication template needs the button of its one-time code."
        expected = '{"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE"}]}'
        findings.refuse(at, "required", detail, expected=expected)
