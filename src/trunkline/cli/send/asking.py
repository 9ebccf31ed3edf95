"""The commands for interactive messages with one button of WhatsApp's own: a page, a form, a request, a call.

Carousels and orders have too many parts for options: `trunkline send --json FILE`.
"""

from typing import Annotated, Any

import typer

from trunkline.cli.send import bodies
from trunkline.cli.send.commands import Body, Footer, Header, To, hand_in, kind
from trunkline.cli.send.way import Way

Button = Annotated[str, typer.Option("--button", metavar="TEXT", help="The button's words.")]


@kind("link")
def link(
    to: To,
    body: Body,
    button: Button,
    url: Annotated[str, typer.Option("--url", metavar="URL", help="What the person's browser opens.")],
    way: Way,
    header: Header = None,
    footer: Footer = None,
) -> None:
    """A text with a button that opens a page of the web."""
    action = bodies.named("cta_url", display_text=button, url=url)
    hand_in(to, way, lambda: bodies.interactive("cta_url", body, action, header=header, footer=footer))


@kind("flow")
def flow(
    to: To,
    body: Body,
    form: Annotated[str, typer.Argument(metavar="FLOW", help="The form's id, or its name.")],
    button: Button,
    way: Way,
    screen: Annotated[
        str | None, typer.Option("--screen", metavar="ID", help="The screen that opens first.")
    ] = None,
    token: Annotated[
        str | None, typer.Option("--token", metavar="TEXT", help="Comes back with the answer.")
    ] = None,
    draft: Annotated[bool, typer.Option("--draft", help="For a form that is not published.")] = False,
    header: Header = None,
    footer: Footer = None,
) -> None:
    """A text with a button that opens a form of WhatsApp Flows. Data for its screen: --json FILE."""
    action = bodies.named(
        "flow",
        flow_message_version="3",
        **{"flow_id" if form.isdecimal() else "flow_name": form},
        flow_cta=button,
        flow_token=token,
        mode="draft" if draft else None,
        flow_action_payload={"screen": screen} if screen else None,
    )
    hand_in(to, way, lambda: bodies.interactive("flow", body, action, header=header, footer=footer))


@kind("catalog")
def catalog(
    to: To,
    body: Body,
    way: Way,
    thumbnail: Annotated[
        str | None, typer.Option("--thumbnail", metavar="PRODUCT", help="The product whose picture is shown.")
    ] = None,
    footer: Footer = None,
) -> None:
    """A text with a button that opens the catalog."""
    action = bodies.named("catalog_message", thumbnail_product_retailer_id=thumbnail)
    hand_in(to, way, lambda: bodies.interactive("catalog_message", body, action, footer=footer))


@kind("location-request")
def location_request(to: To, body: Body, way: Way) -> None:
    """A text with a button that sends where the person is."""
    _bare(to, way, "location_request_message", "send_location", body)


@kind("contact-request")
def contact_request(to: To, body: Body, way: Way) -> None:
    """A text with a button that sends the person's phone number."""
    _bare(to, way, "request_contact_info", "request_contact_info", body)


@kind("address-request")
def address_request(to: To, body: Body, way: Way, footer: Footer = None) -> None:
    """A text with a button that asks for a postal address; India only. Saved addresses: --json FILE."""
    action = bodies.named("address_message", country="IN")
    hand_in(to, way, lambda: bodies.interactive("address_message", body, action, footer=footer))


@kind("call-button")
def call_button(
    to: To,
    body: Body,
    way: Way,
    button: Annotated[
        str | None, typer.Option("--button", metavar="TEXT", help="The button's words. Default: WhatsApp's.")
    ] = None,
    minutes: Annotated[
        int | None, typer.Option("--minutes", metavar="N", help="How long it works. Default: a week.")
    ] = None,
    payload: Annotated[
        str | None, typer.Option("--payload", metavar="TEXT", help="Comes back with the call.")
    ] = None,
    header: Header = None,
    footer: Footer = None,
) -> None:
    """A text with a button that calls the business."""
    action = bodies.named("voice_call", display_text=button, ttl_minutes=minutes, payload=payload)
    hand_in(to, way, lambda: bodies.interactive("voice_call", body, action, header=header, footer=footer))


@kind("call-permission")
def call_permission(
    to: To,
    way: Way,
    body: Annotated[str | None, typer.Option("--body", metavar="TEXT", help="The text.")] = None,
) -> None:
    """A question whether the business may call."""
    _bare(to, way, "call_permission_request", "call_permission_request", body)


def _bare(to: str, way: Way, kind_: str, action: str, body: str | None) -> None:
    named: dict[str, Any] = {"name": action}
    hand_in(to, way, lambda: bodies.interactive(kind_, body, named))
