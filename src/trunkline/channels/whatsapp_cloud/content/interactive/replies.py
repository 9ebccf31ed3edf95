"""Buttons that answer: reply buttons below a message, quick replies on the cards of a carousel."""

from collections.abc import Iterator
from typing import Any

from trunkline.channels.whatsapp_cloud.content.interactive.frame import refuse_repeated
from trunkline.shape import Array, Choice, Findings, Object, Schema, Shape, Text

MOST_BUTTONS = 3

_ID = Text(
    at_most=256,
    pattern=r"[^ \t\r\n](?:[\s\S]*[^ \t\r\n])?",
    form="text of at most 256 characters, without spaces at its ends",
    about="Comes back when the button is tapped.",
)
_REPLY = Object({"id": _ID, "title": Text(at_most=20)})


class _ReplyButton(Shape):
    """`{"type", "reply": {"id", "title"}}` as Meta has it, or flat as the page describes it; made nested."""

    kind = "an object"
    _type = Choice("reply")
    _nested = Object(
        {"reply": _REPLY},
        {"type": _type},
        misplaced={name: f"`{name}` stands inside `reply`." for name in ("id", "title")},
    )
    _flat = Object(_REPLY.required, {"type": _type})

    def __init__(self) -> None:
        super().__init__("a reply button with id and title", "")

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        nested = type(value) is dict and value.get("reply") is not None
        if nested or type(value) is not dict:
            button = self._nested.check(value, at, findings)
            return {**button, "type": "reply"} if nested else button
        flat = self._flat.check({k: v for k, v in value.items() if k != "reply"}, at, findings)
        return {"type": "reply", "reply": {k: v for k, v in flat.items() if k != "type"}}

    def schema(self) -> Schema:
        return {"anyOf": [self._nested.schema(), self._flat.schema()]}


class _Buttons(Array):
    """One to three, with titles and ids of their own, which stand in the member `word`."""

    def __init__(self, button: Shape, word: str) -> None:
        super().__init__(button, at_least=1, at_most=MOST_BUTTONS)
        self._word = word

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        buttons = super().check(value, at, findings)
        if type(buttons) is list:
            for name in ("title", "id"):
                refuse_repeated(self._replies(value, buttons, at, name), name, findings)
        return buttons

    def _replies(self, given: list[Any], buttons: list[Any], at: str, name: str) -> Iterator[tuple[str, Any]]:
        for index, button in enumerate(buttons):
            if type(button) is dict and type(button.get(self._word)) is dict:
                inside = f"{self._word}/" if given[index].get(self._word) is not None else ""
                yield f"{at}/{index}/{inside}{name}", button[self._word].get(name)


REPLY_BUTTONS_ACTION = Object(
    {"buttons": _Buttons(_ReplyButton(), "reply")},
    misplaced={
        "button": "`button` belongs to a list; reply buttons stand in `buttons`.",
        "sections": "`sections` belongs to lists.",
    },
)
QUICK_REPLIES_ACTION = Object(
    {"buttons": _Buttons(Object({"type": Choice("quick_reply"), "quick_reply": _REPLY}), "quick_reply")},
    misplaced=dict.fromkeys(("name", "parameters"), "A card has quick replies or one link, not both."),
)
