"""A template as a caller wants it: every problem that keeps Meta from taking it, and the linter's words.

In comes the decoded body of a request or of a file; out goes a draft in the form in which Meta gives
templates back, so that what was read from Meta and what was written by hand can be compared. Pure.
"""

from typing import Any

from trunkline.channels.template_contract import CheckedTemplate, TemplateDraft
from trunkline.channels.whatsapp_cloud.templates import check_authentication, lint
from trunkline.channels.whatsapp_cloud.templates.check_buttons import MOST_BUTTONS, buttons_of
from trunkline.channels.whatsapp_cloud.templates.check_carousel import (
    CAROUSEL,
    OFFER,
    check_once,
    check_parts,
)
from trunkline.channels.whatsapp_cloud.templates.check_texts import (
    EXAMPLE,
    FOOTER_TEXT,
    HEADER_TEXT,
    Fixed,
    Handles,
    Wording,
    check_body,
    check_footer,
    check_text_header,
)
from trunkline.channels.whatsapp_cloud.templates.definition import BODY_BESIDE_OTHERS
from trunkline.channels.whatsapp_cloud.templates.languages import LANGUAGES
from trunkline.channels.whatsapp_cloud.templates.setting import Setting, Word, in_capitals, setting_of
from trunkline.shape import Anything, Array, Boolean, Findings, Integer, Object, Schema, Shape, Tagged, Text
from trunkline.shape.findings import did_you_mean

CATEGORIES = ("MARKETING", "UTILITY", "AUTHENTICATION")
NAME = Text(
    at_most=512,
    pattern="[a-z0-9_]+",
    form="at most 512 lower-case letters, digits and underscores, such as order_update",
)
_MEDIA = ("IMAGE", "VIDEO", "DOCUMENT", "GIF")
_LIVES = {"AUTHENTICATION": (30, 900), "UTILITY": (30, 43_200), "MARKETING": (43_200, 2_592_000)}
_IDENTITY = ("name", "language", "category")


class Language(Text):
    """One of those that Meta has templates in."""

    def __init__(self) -> None:
        super().__init__(form="a language of Meta's, such as en, en_US or pt_BR")

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        code = super().check(value, at, findings)
        if type(code) is str and code and code not in LANGUAGES:
            detail = (
                f"Meta has no templates in this language.{did_you_mean(code.replace('-', '_'), LANGUAGES)}"
            )
            findings.refuse(at, "language", detail, found=code, expected=self.says)
        return code


def check(body: Any) -> CheckedTemplate:
    findings = Findings(setting_of(body))
    normal = TEMPLATE.check(body, "", findings)
    if findings.problems:
        return CheckedTemplate(
            draft=None, problems=tuple(findings.problems), warnings=tuple(findings.warnings)
        )
    definition = {name: value for name, value in normal.items() if name not in _IDENTITY}
    draft = TemplateDraft(**{name: normal[name] for name in _IDENTITY}, definition=definition)
    return CheckedTemplate(draft=draft, warnings=(*findings.warnings, *lint.lint(draft)))


def _check_header(header: dict[str, Any], at: str, findings: Findings) -> None:
    kind = header.get("format")
    if kind == "TEXT":
        if "text" not in header:
            findings.refuse(f"{at}/text", "required", "`text` is missing.", expected="the text of the header")
        check_text_header(header, at, findings)
        return
    if "text" in header and type(kind) is str:
        detail = f"A header of format {kind} has no text."
        findings.refuse(f"{at}/text", "misplaced_member", detail, found=header["text"])
    if kind in _MEDIA:
        _check_media_sample(header, kind, at, findings)
    elif type(kind) is str:
        header.pop("example", None)


def _check_media_sample(header: dict[str, Any], kind: str, at: str, findings: Findings) -> None:
    example = header.get("example")
    if type(example) is not dict or "header_handle" not in example:
        detail = f"There is no sample {kind.lower()}: Meta's reviewers want to see one."
        expected = '"example": {"header_handle": "med_…"}'
        findings.refuse(f"{at}/example/header_handle", "sample_missing", detail, expected=expected)
    else:
        header["example"] = {"header_handle": example["header_handle"]}


_HEADER = Object(
    {"format": Word("TEXT", *_MEDIA, "LOCATION", "PRODUCT")},
    {
        "text": Wording(at_most=HEADER_TEXT),
        "example": Object(
            {},
            {"header_text": Anything(), "header_text_named_params": Anything(), "header_handle": Handles()},
        ),
    },
    rules=[_check_header, in_capitals],
)
COMPONENT = Tagged(
    "type",
    {
        "header": _HEADER,
        "body": Object(
            {"text": Wording(at_most=BODY_BESIDE_OTHERS)},
            {"example": EXAMPLE},
            rules=[check_body, in_capitals],
        ),
        "footer": Object({"text": Fixed(at_most=FOOTER_TEXT)}, rules=[check_footer, in_capitals]),
        "buttons": buttons_of(MOST_BUTTONS),
        "carousel": CAROUSEL,
        "limited_time_offer": OFFER,
    },
    capitals=True,
)


class Components(Shape):
    """All components: those of authentication templates have shapes of their own."""

    kind = "an array"
    _most = 8
    _usual = Array(COMPONENT, at_least=1, at_most=_most)
    _authentication = Array(check_authentication.COMPONENT, at_least=1, at_most=_most)

    def __init__(self) -> None:
        super().__init__(self._usual.says, "What the template consists of; a body at least.")

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        setting: Setting = findings.setting
        is_code = setting.category == "AUTHENTICATION"
        components = (self._authentication if is_code else self._usual).check(value, at, findings)
        if type(components) is not list or not components:
            return components
        check_once(components, at, findings)
        known = [part if type(part) is dict else {} for part in components]
        if len(known) == len(value) and not any(part.get("type") == "BODY" for part in known):
            detail = "A template needs a body."
            findings.refuse(at, "required", detail, expected='{"type": "BODY", …}')
        if is_code:
            check_authentication.check_authentication(components, at, findings)
        else:
            check_parts(known, at, findings)
        return components

    def schema(self) -> Schema:
        both = [self._usual.schema(), self._authentication.schema()]
        return {**super().schema(), "anyOf": both}


def _check_life(template: dict[str, Any], at: str, findings: Findings) -> None:
    life, category = template.get("message_send_ttl_seconds"), template.get("category")
    if type(life) is not int or category not in _LIVES:
        return
    least, most = _LIVES[category]
    if not least <= life <= most and not (life == -1 and category != "MARKETING"):
        endless = "" if category == "MARKETING" else ", or -1 for 30 days"
        detail = f"Meta tries to deliver {category} templates for {least} to {most} seconds{endless}."
        expected = f"{least} to {most}{endless}"
        findings.refuse(
            f"{at}/message_send_ttl_seconds", "out_of_range", detail, found=life, expected=expected
        )


def _check_source(template: dict[str, Any], at: str, findings: Findings) -> None:
    """Its components, or the name of one in Meta's library; what was read from Meta may have both."""
    if "components" in template:
        for name in (
            "library_template_name",
            "library_template_button_inputs",
            "library_template_body_inputs",
        ):
            if template.pop(name, None) is not None:
                detail = "The components are given, so Meta's library is not asked; this is not sent on."
                findings.warn(f"{at}/{name}", "ignored", detail)
    elif "library_template_name" not in template:
        expected = "components, or the name of a template in Meta's library"
        findings.refuse(f"{at}/components", "required", "`components` is missing.", expected=expected)


def _set_format(template: dict[str, Any], at: str, findings: Findings) -> None:
    template.setdefault("parameter_format", "POSITIONAL")


EDITABLE: dict[str, Shape] = {
    "components": Components(),
    "message_send_ttl_seconds": Integer(about="For how long Meta tries to deliver a message of it."),
}
_TOLD = "Meta decides that; it is not sent on."
TEMPLATE = Object(
    {"name": NAME, "language": Language(), "category": Word(*CATEGORIES)},
    {
        **EDITABLE,
        "parameter_format": Word("POSITIONAL", "NAMED"),
        "sub_category": Word(
            *(
                "BOOKING_STATUS",
                "CALL_PERMISSIONS_REQUEST",
                "FLIGHT_DELAY_AND_GATE_CHANGE_ALERT",
                "FRAUD_ALERT",
            ),
            *("ORDER_DETAILS", "ORDER_STATUS", "RICH_ORDER_STATUS"),
        ),
        "cta_url_link_tracking_opted_out": Boolean("Meta does not count who opens links."),
        "is_primary_device_delivery_only": Boolean("Only the phone gets it, no linked device."),
        "display_format": Text(at_most=512),
        "degrees_of_freedom_spec": Anything("What Meta may change of a marketing template by itself."),
        "library_template_name": NAME,
        "library_template_button_inputs": Array(Anything(), at_most=MOST_BUTTONS),
        "library_template_body_inputs": Anything(),
    },
    rules=[_check_source, _check_life, _set_format],
    ignored={
        "allow_category_change": "Since April 2025 Meta changes the category without asking.",
        **dict.fromkeys(("id", "status", "quality_score", "rejected_reason", "previous_category"), _TOLD),
    },
)
