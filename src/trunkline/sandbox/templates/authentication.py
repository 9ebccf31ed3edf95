"""Authentication templates: fixed texts by language, and the one-time password button.

What is stored has the texts written out and the button as a URL, as Graph gives it back.
"""

import re
from typing import Any, NamedTuple

from trunkline.sandbox.errors import invalid
from trunkline.sandbox.params import Param
from trunkline.sandbox.templates.definition import OTP_URL, Component
from trunkline.sandbox.templates.faults import bad_format, missing, too_long

LONGEST_CODE = 15
_PACKAGE = 224
_MOST_APPS = 5
_BUTTON_TEXT = 25
_OTP_TYPES = ("copy_code", "one_tap", "zero_tap")
_SIGNATURE = re.compile(r"[A-Za-z0-9+/=]{11}", re.ASCII)


class Words(NamedTuple):
    """In one language."""

    body: str
    advice: str
    footer: str
    copy: str
    autofill: str


_WORDS = {
    "en": Words(
        "*{{1}}* is your verification code.",
        " For your security, do not share this code.",
        "This code expires in {} minutes.",
        "Copy code",
        "Autofill",
    ),
    "de": Words(
        "*{{1}}* ist dein Bestätigungscode.",
        " Teile diesen Code zu deiner Sicherheit nicht.",
        "Dieser Code läuft in {} Minuten ab.",
        "Code kopieren",
        "Automatisch ausfüllen",
    ),
    "es": Words(
        "*{{1}}* es tu código de verificación.",
        " Por tu seguridad, no lo compartas.",
        "Este código caduca en {} minutos.",
        "Copiar código",
        "Autocompletar",
    ),
    "fr": Words(
        "*{{1}}* est votre code de vérification.",
        " Pour votre sécurité, ne le partagez pas.",
        "Ce code expire dans {} minutes.",
        "Copier le code",
        "Remplir",
    ),
    "pt": Words(
        "*{{1}}* é seu código de verificação.",
        " Para sua segurança, não o compartilhe.",
        "Este código expira em {} minutos.",
        "Copiar código",
        "Preencher",
    ),
}


def read_authentication(parts: list[Param], language: str) -> list[Component]:
    """The components in their stored form."""
    words = words_of(language)
    given: dict[str, Param] = {}
    for part in parts:
        type_ = part.word("type", ("body", "buttons", "footer", "header")).upper()
        if type_ in given or type_ == "HEADER":
            raise bad_format(type_, "An authentication template has one body, one footer and one button.")
        given[type_] = part
    for type_ in ("BODY", "BUTTONS"):
        if type_ not in given:
            raise missing("AUTHENTICATION", type_)
    minutes = _read_minutes(given["FOOTER"]) if "FOOTER" in given else None
    components = [_read_body(given["BODY"], words)]
    if minutes is not None:
        footer = words.footer.format(minutes)
        components.append({"type": "FOOTER", "text": footer, "code_expiration_minutes": minutes})
    return [*components, _read_button(given["BUTTONS"], words, minutes)]


def words_of(language: str) -> Words:
    """English where we have no words of our own."""
    return _WORDS.get(language.partition("_")[0], _WORDS["en"])


def preview(language: str, *, advice: bool, minutes: int | None, button: bool) -> dict[str, Any]:
    """A row of `message_template_previews`."""
    words = words_of(language)
    row: dict[str, Any] = {"body": words.body + (words.advice if advice else "")}
    if button:
        row["buttons"] = [{"autofill_text": words.autofill, "text": words.copy}]
    if minutes is not None:
        row["footer"] = words.footer.format(minutes)
    return row | {"language": language}


def _read_body(part: Param, words: Words) -> Component:
    if part.has("text"):
        raise bad_format("BODY", "The text of an authentication template is fixed: leave it out.")
    advice = _flag(part, "add_security_recommendation")
    return {
        "type": "BODY",
        "text": words.body + (words.advice if advice else ""),
        "add_security_recommendation": advice,
        "example": {"body_text": [["123456"]]},
    }


def _read_minutes(part: Param) -> int | None:
    if part.has("text"):
        raise bad_format("FOOTER", "The footer of an authentication template is fixed: leave its text out.")
    if not part.has("code_expiration_minutes"):
        return None
    minutes = part.members["code_expiration_minutes"]
    if isinstance(minutes, str) and minutes.isascii() and minutes.isdecimal() and len(minutes) < 4:
        minutes = int(minutes)
    if isinstance(minutes, bool) or not isinstance(minutes, int) or not 1 <= minutes <= 90:
        raise invalid(f"Param {part.path('code_expiration_minutes')} must be an integer between 1 and 90.")
    return minutes


def _read_button(part: Param, words: Words, minutes: int | None) -> Component:
    buttons = part.objects("buttons")
    if len(buttons) != 1:
        raise bad_format("BUTTONS", "An authentication template has exactly one button, of type OTP.")
    button = buttons[0]
    button.word("type", ("otp",))
    type_ = button.word("otp_type", _OTP_TYPES)
    if type_ != "copy_code":
        _check_apps(button)
    if type_ == "zero_tap" and not _flag(button, "zero_tap_terms_accepted"):
        raise bad_format("BUTTONS", "A zero-tap button needs zero_tap_terms_accepted to be true.")
    text = _button_text(button, "text") or words.copy
    autofill = _button_text(button, "autofill_text") or words.autofill
    query = f"{OTP_URL}{type_.upper()}"
    if type_ != "copy_code":
        query += f"&cta_display_name={autofill.replace(' ', '+')}"
    if minutes is not None:
        query += f"&code_expiration_minutes={minutes}"
    stored = {
        "type": "URL",
        "text": text,
        "url": f"{query}&code=otp{{{{1}}}}",
        "example": [f"{query}&code=otp123456"],
    }
    return {"type": "BUTTONS", "buttons": [stored]}


def _check_apps(button: Param) -> None:
    apps = button.objects("supported_apps", most=_MOST_APPS)
    for app in apps or [button]:
        for key in ("package_name", "signature_hash"):
            if not app.has(key):
                raise missing("BUTTONS", key)
        app.text("package_name", _PACKAGE)
        if _SIGNATURE.fullmatch(app.text("signature_hash")) is None:
            raise bad_format("BUTTONS", "The signature hash of an app has exactly 11 characters.")


def _button_text(button: Param, key: str) -> str | None:
    text = button.text_if_any(key)
    if text is not None and len(text) > _BUTTON_TEXT:
        raise too_long("BUTTONS", key, _BUTTON_TEXT)
    return text


def _flag(part: Param, key: str) -> bool:
    part.flag_if_any(key)
    return part.members.get(key) in (True, "true", "1")
