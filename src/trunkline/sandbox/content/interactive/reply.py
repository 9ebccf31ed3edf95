"""Reply buttons and lists."""

from trunkline.sandbox.content.interactive.link import check_link_button
from trunkline.sandbox.content.limits import check_count, check_length, check_longest
from trunkline.sandbox.errors import invalid_value
from trunkline.sandbox.params import Param


def check_buttons(action: Param) -> None:
    buttons = action.only("buttons").objects("buttons")
    check_count(len(buttons), "buttons", 1, 3)
    check_replies(buttons, "reply")


def check_mixed_buttons(action: Param) -> None:
    """Those of a Direct Send: up to ten, the first two of which may open an address."""
    buttons = action.only("buttons").objects("buttons")
    check_count(len(buttons), "buttons", 1, 10)
    kinds = [button.word("type", ("cta_url", "reply")) for button in buttons]
    links = kinds.count("cta_url")
    if links > 2:
        raise invalid_value("Invalid cta_url buttons count. Max allowed cta_url buttons: 2")
    if "cta_url" in kinds[links:]:
        raise invalid_value("Buttons of type cta_url must come before buttons of type reply.")
    for button in buttons[:links]:
        check_link_button(button.only("type", "cta_url").object("cta_url"))
    check_replies(buttons[links:], "reply")


def check_replies(buttons: list[Param], member: str) -> None:
    """Buttons whose title and id stand in `member`, which is also their type."""
    titles: set[str] = set()
    ids: set[str] = set()
    for button in buttons:
        button.word("type", (member,))
        reply = button.only("type", member).object(member).only("id", "title")
        title, id_ = reply.text("title", empty=True), reply.text("id", empty=True)
        check_length(title, "Button title", 20)
        check_length(id_, "Button id", 256)
        if id_ != id_.strip():
            raise invalid_value("Button id must not begin or end with a space")
        if title in titles:
            raise invalid_value("Duplicate button title")
        if id_ in ids:
            raise invalid_value("Duplicate button id")
        titles.add(title)
        ids.add(id_)


def check_list(action: Param) -> None:
    label = action.only("button", "sections").text("button")
    check_longest(label, "Button label", 20)
    ids: set[str] = set()
    total = 0
    for section in read_sections(action, "rows"):
        rows = section.objects("rows", 1)
        total += len(rows)
        for row in rows:
            _check_row(row, ids)
    if total > 10:
        raise invalid_value("Total row count exceed max allowed count: 10")


def read_sections(action: Param, items: str) -> list[Param]:
    """Sections of a list or of products, whose contents stand in `items`."""
    sections = action.objects("sections")
    check_count(len(sections), "sections", 1, 10)
    for section in sections:
        title = section.only("title", items).text_if_any("title") or ""
        check_longest(title, "Section title", 24)
        if not title and len(sections) > 1:
            raise invalid_value("Section title is required when there is more than one section.")
    return sections


def _check_row(row: Param, ids: set[str]) -> None:
    id_ = row.only("id", "title", "description").text("id")
    check_longest(id_, "Row id", 200)
    check_longest(row.text("title"), "Row title", 24)
    check_longest(row.text_if_any("description") or "", "Row description", 72)
    if id_ in ids:
        raise invalid_value(f"Duplicated row id: {id_}")
    ids.add(id_)
