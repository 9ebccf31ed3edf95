"""Messages with products of a catalog. Whether catalog and products exist is not asked."""

from trunkline.sandbox.content.interactive.named_action import read_parameters_if_any
from trunkline.sandbox.content.interactive.reply import read_sections
from trunkline.sandbox.errors import invalid_value
from trunkline.sandbox.params import Param


def check_product(action: Param) -> None:
    action.only("catalog_id", "product_retailer_id")
    action.text("catalog_id")
    action.text("product_retailer_id")


def check_product_list(action: Param) -> None:
    # The retailer id of a single product is tolerated beside the sections, where older clients put it.
    action.only("catalog_id", "sections", "product_retailer_id", "name").text("catalog_id")
    check_product_sections(action)


def check_product_sections(holder: Param) -> None:
    """Sections of a product list, or of a template's button that opens one."""
    total = 0
    for section in read_sections(holder, "product_items"):
        items = section.objects("product_items", 1)
        total += len(items)
        for item in items:
            item.only("product_retailer_id").text("product_retailer_id")
    if total > 30:
        raise invalid_value("Total product count exceed max allowed count: 30")


def check_catalog(action: Param) -> None:
    parameters = read_parameters_if_any(action, "catalog_message", "thumbnail_product_retailer_id")
    if parameters.has("thumbnail_product_retailer_id"):
        parameters.text("thumbnail_product_retailer_id")
