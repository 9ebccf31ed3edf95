"""What Graph answers to a definition that it does not take: code 100 with a subcode and words for a person.

Titles are those of Meta's page on template creation errors, the sentences ours.
"""

from typing import Any

from trunkline.sandbox.errors import GraphError

_TITLES = {
    2388019: "Message template limit reached",
    2388023: "Message template language is being deleted",
    2388024: "Content in this language already exists",
    2388039: "Message template status can't be changed",
    2388040: "Character limit exceeded",
    2388043: 'Message template "components" param is missing expected field(s)',
    2388046: "Name format is incorrect",
    2388047: "Message header format is incorrect",
    2388072: "Message body format is incorrect",
    2388073: "Message footer format is incorrect",
    2388155: "Template name is already used as a sample template",
    2388293: "Parameters words ratio exceeds limit",
    2388299: "Variables can't be at the start or end of the template",
    2388330: "Message template can't be deleted",
    2593002: "Message template not found",
}

HEADER, BODY, FOOTER = 2388047, 2388072, 2388073
_FORMAT = {"HEADER": HEADER, "BODY": BODY, "FOOTER": FOOTER}


def refuse(subcode: int, words: str) -> GraphError:
    return GraphError(
        100,
        "Invalid parameter",
        subcode=subcode,
        user_title=_TITLES.get(subcode, "Invalid parameter"),
        user_message=words,
    )


def bad_format(type_: str, words: str) -> GraphError:
    """Of a header, body or footer; of other components without a subcode, as none is known."""
    subcode = _FORMAT.get(type_)
    if subcode is not None:
        return refuse(subcode, words)
    title = f"Message {type_.lower().replace('_', ' ')} format is incorrect"
    return GraphError(100, "Invalid parameter", user_title=title, user_message=words)


def too_long(type_: str, what: str, most: int) -> GraphError:
    return refuse(2388040, f"The {what} of component {type_} must not be longer than {most} characters.")


def missing(type_: str, *fields: str) -> GraphError:
    return refuse(2388043, f"component of type {type_} is missing expected field(s) ({', '.join(fields)})")


def not_found(what: Any) -> GraphError:
    return refuse(2593002, f"There is no message template {what}.")
