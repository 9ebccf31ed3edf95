"""Contact cards of a send."""

import datetime as dt

from trunkline.sandbox.errors import invalid_value
from trunkline.sandbox.params import Param

_NAME_PARTS = ("first_name", "last_name", "middle_name", "suffix", "prefix")
_ORGANISATION = ("company", "department", "title")
_LISTS = {
    "addresses": ("street", "city", "state", "zip", "country", "country_code", "type"),
    "emails": ("email", "type"),
    "phones": ("phone", "type", "wa_id"),
    "urls": ("url", "type"),
}


def check_contacts(envelope: Param) -> None:
    for contact in envelope.objects("contacts", 1, 257):
        contact.only("name", "org", "birthday", *_LISTS)
        _check_name(contact.object("name"))
        for key, members in _LISTS.items():
            for item in contact.objects(key):
                _check_texts(item, members)
        if (org := contact.object_if_any("org")) is not None:
            _check_texts(org, _ORGANISATION)
        _check_birthday(contact.text_if_any("birthday"))


def _check_name(name: Param) -> None:
    name.only("formatted_name", *_NAME_PARTS).text("formatted_name")
    parts = [name.text_if_any(part) for part in _NAME_PARTS]
    if not any(parts):
        raise invalid_value("The name of a contact needs one more part beside formatted_name.")


def _check_texts(item: Param, members: tuple[str, ...]) -> None:
    item.only(*members)
    for member in members:
        item.text_if_any(member)


def _check_birthday(birthday: str | None) -> None:
    if not birthday:
        return
    try:
        # `fromisoformat` knows other forms too, which are as long only by chance.
        known = dt.date.fromisoformat(birthday).isoformat() == birthday
    except ValueError:
        known = False
    if not known:
        raise invalid_value("The birthday of a contact must be formatted as YYYY-MM-DD.")
