"""The components of a send, or of one of its cards, found by their type, with the pointers to them. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from trunkline.shape import Findings

Parameters = Sequence[Mapping[str, Any]]


class Sent(NamedTuple):
    at: str
    """Where the components stand."""
    whole: str
    """What they are of, as a sentence begins with it."""
    by_type: Mapping[str, tuple[int, Mapping[str, Any]]]
    """All but the buttons."""
    buttons: Sequence[tuple[int, Mapping[str, Any]]]

    @property
    def lower_whole(self) -> str:
        return self.whole[0].lower() + self.whole[1:]

    def parameters(self, type_: str) -> Parameters:
        found: Parameters = self.by_type[type_][1].get("parameters", ()) if type_ in self.by_type else ()
        return found

    def cards(self) -> Sequence[Mapping[str, Any]]:
        found: Parameters = self.by_type["carousel"][1].get("cards", ()) if "carousel" in self.by_type else ()
        return found

    def pointer(self, type_: str) -> str:
        """To the component, or to where it is missing."""
        return f"{self.at}/{self.by_type[type_][0]}" if type_ in self.by_type else self.at


def sent_of(
    components: Sequence[Mapping[str, Any]], at: str, findings: Findings, *, whole: str = "The template"
) -> Sent:
    """Meta refuses a component that is given twice."""
    sent = Sent(at, whole, by_type := {}, buttons := [])
    indices: set[int] = set()
    for place, component in enumerate(components):
        type_ = component["type"]
        if type_ == "button":
            if component["index"] in indices:
                detail = f"Button {component['index']} is given twice."
                findings.refuse(f"{at}/{place}/index", "duplicate", detail, found=component["index"])
            else:
                indices.add(component["index"])
                buttons.append((place, component))
        elif type_ in by_type:
            detail = f"There are two components of type {type_}."
            findings.refuse(f"{at}/{place}", "duplicate", detail, expected="one, with all parameters")
        else:
            by_type[type_] = (place, component)
    return sent
