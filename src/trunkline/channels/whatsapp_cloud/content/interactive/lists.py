"""What stands in sections: the rows of a list, and products of a catalog."""

from collections.abc import Iterator
from typing import Any

from trunkline.channels.whatsapp_cloud.content.interactive.frame import refuse_repeated
from trunkline.shape import Array, Findings, Object, Rule, Text

MOST_ROWS = 10  # over all sections of a list
MOST_PRODUCTS = 30  # over all sections of a product list


def _sections(action: dict[str, Any], at: str) -> Iterator[tuple[str, dict[str, Any]]]:
    sections = action.get("sections")
    if type(sections) is list:
        for index, section in enumerate(sections):
            if type(section) is dict:
                yield f"{at}/sections/{index}", section


def _several_need_titles(action: dict[str, Any], at: str, findings: Findings) -> None:
    sections = list(_sections(action, at))
    for where, section in sections if len(sections) > 1 else []:
        if "title" not in section:
            detail = "With more than one section, each needs a title."
            findings.refuse(f"{where}/title", "required", detail, expected="text of at most 24 characters")


def _together(name: str, most: int) -> Rule:
    def rule(action: dict[str, Any], at: str, findings: Findings) -> None:
        lists = [section.get(name) for _, section in _sections(action, at)]
        total = sum(len(items) for items in lists if type(items) is list)
        if total > most:
            detail = f"The sections have {total} {name} together; at most {most} are allowed."
            expected = f"at most {most} {name} in all"
            findings.refuse(f"{at}/sections", "too_many", detail, found=total, expected=expected)

    return rule


def _row_ids_differ(action: dict[str, Any], at: str, findings: Findings) -> None:
    rows = (
        (f"{where}/rows/{index}/id", row.get("id"))
        for where, section in _sections(action, at)
        if type(section.get("rows")) is list
        for index, row in enumerate(section["rows"])
        if type(row) is dict
    )
    refuse_repeated(rows, "id", findings)


def _section(name: str, item: Object, most: int) -> Object:
    return Object(
        {name: Array(item, at_least=1, at_most=most)},
        {"title": Text(at_most=24, empty_is_absent=True, about="Required with more than one section.")},
        # The page's table of sections repeats the rows of its table of headers.
        ignored={"type": "A section has no type; it is not sent on."},
    )


PRODUCT_ID = Text(about="The product's id in the catalog.")
_CATALOG_ID = Text(about="The catalog's id.")
_ROW = Object(
    {"id": Text(at_most=200), "title": Text(at_most=24)},
    {"description": Text(at_most=72, empty_is_absent=True)},
)
LIST_ACTION = Object(
    {
        "button": Text(at_most=20, about="What the recipient taps to open the list."),
        "sections": Array(_section("rows", _ROW, MOST_ROWS), at_least=1, at_most=10),
    },
    rules=[_several_need_titles, _together("rows", MOST_ROWS), _row_ids_differ],
    misplaced={"buttons": "`buttons` belongs to reply buttons; a list has one `button`."},
)
_PRODUCT = Object({"product_retailer_id": PRODUCT_ID})
PRODUCT_ACTION = Object({"catalog_id": _CATALOG_ID, "product_retailer_id": PRODUCT_ID})
PRODUCTS_ACTION = Object(
    {
        "catalog_id": _CATALOG_ID,
        "sections": Array(_section("product_items", _PRODUCT, MOST_PRODUCTS), at_least=1, at_most=10),
    },
    rules=[_several_need_titles, _together("product_items", MOST_PRODUCTS)],
    # The page lists it as required here too; Meta takes it for a single product only.
    ignored={"product_retailer_id": "The products stand in the sections; this one is not sent on."},
)
