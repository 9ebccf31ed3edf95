"""The commands: each makes one content out of its options."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from trunkline.cli import output
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.options import expanded
from trunkline.cli.send import bodies
from trunkline.cli.send.delivery import deliver
from trunkline.cli.send.way import FileWay, Form, Way

send = typer.Typer(
    invoke_without_command=True,
    help=(
        "Send a message and show its life until it is read or has failed.\n\n"
        "Either one of the kinds below, or any body from a file: `trunkline send --json FILE`."
    ),
)

To = Annotated[str, typer.Argument(metavar="TO", help="Phone number with its country code, or a user id.")]
Body = Annotated[str, typer.Argument(metavar="BODY", help="The text.")]
Link = Annotated[
    str | None, typer.Option("--link", metavar="URL", help="Where the file is; it is fetched from there.")
]
File = Annotated[
    Path | None, typer.Option("--file", metavar="PATH", help="A file here: it is uploaded first.")
]
MediaId = Annotated[str | None, typer.Option("--id", metavar="ID", help="A media id, from an upload.")]
Caption = Annotated[str | None, typer.Option("--caption", metavar="TEXT", help="Shown below it.")]
Header = Annotated[str | None, typer.Option("--header", metavar="TEXT", help="Shown above the body.")]
Footer = Annotated[str | None, typer.Option("--footer", metavar="TEXT", help="Shown below the body.")]
Lines = list[str]


@send.callback()
@expanded
def from_file(
    ctx: typer.Context,
    way: FileWay,
    json_file: Annotated[
        str | None,
        typer.Option(
            "--json", metavar="FILE", help="File with the body of the request; - is standard input."
        ),
    ] = None,
) -> None:
    """A body from a file; what the kinds of messages need comes after their names."""
    with output.command(way.output is Form.JSON) as out:
        if ctx.invoked_subcommand is not None:
            if json_file is not None or way != FileWay(key=way.key, api_url=way.api_url):
                name = ctx.invoked_subcommand
                detail = f"write options behind the kind of message: trunkline send {name} … --wait sent"
                raise Trouble(ExitCode.USAGE, detail)
            return
        if json_file is None:
            raise Trouble(ExitCode.USAGE, "what is to be sent? see: trunkline send --help")
        deliver(_content_of(json_file), way, way, out)


def _content_of(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise Trouble(ExitCode.USAGE, f"{file} can not be read: {error.strerror}") from None


def kind(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return lambda function: send.command(name)(expanded(function))


def hand_in(to: str | None, way: Way, content: Callable[[], bodies.Content]) -> None:
    with output.command(way.as_json or way.output is Form.JSON) as out:
        deliver(way.around(to, content()), way, way, out)


@kind("text")
def text(
    to: To,
    body: Body,
    way: Way,
    preview_url: Annotated[
        bool, typer.Option("--preview-url", help="Show a preview of the first link.")
    ] = False,
) -> None:
    """A text."""
    hand_in(to, way, lambda: bodies.of_type("text", body=body, preview_url=preview_url))


@kind("image")
def image(
    to: To,
    way: Way,
    link: Link = None,
    media_id: MediaId = None,
    file: File = None,
    caption: Caption = None,
) -> None:
    """A picture."""
    hand_in(to, way, lambda: bodies.of_type("image", link=link, id=media_id, file=file, caption=caption))


@kind("video")
def video(
    to: To,
    way: Way,
    link: Link = None,
    media_id: MediaId = None,
    file: File = None,
    caption: Caption = None,
) -> None:
    """A video."""
    hand_in(to, way, lambda: bodies.of_type("video", link=link, id=media_id, file=file, caption=caption))


@kind("document")
def document(
    to: To,
    way: Way,
    link: Link = None,
    media_id: MediaId = None,
    file: File = None,
    caption: Caption = None,
    filename: Annotated[
        str | None, typer.Option("--filename", metavar="NAME", help="Its name; the ending decides the icon.")
    ] = None,
) -> None:
    """A document."""
    members = {"link": link, "id": media_id, "file": file, "caption": caption, "filename": filename}
    hand_in(to, way, lambda: bodies.of_type("document", **members))


@kind("audio")
def audio(
    to: To,
    way: Way,
    link: Link = None,
    media_id: MediaId = None,
    file: File = None,
    voice: Annotated[bool, typer.Option("--voice", help="Show it as a voice note.")] = False,
) -> None:
    """A recording."""
    hand_in(to, way, lambda: bodies.of_type("audio", link=link, id=media_id, file=file, voice=voice))


@kind("sticker")
def sticker(to: To, way: Way, link: Link = None, media_id: MediaId = None, file: File = None) -> None:
    """A sticker."""
    hand_in(to, way, lambda: bodies.of_type("sticker", link=link, id=media_id, file=file))


@kind("location")
def location(
    to: To,
    latitude: Annotated[float, typer.Option("--latitude", help="Degrees north of the equator.")],
    longitude: Annotated[float, typer.Option("--longitude", help="Degrees east of Greenwich.")],
    way: Way,
    name: Annotated[str | None, typer.Option("--name", help="Name of the place.")] = None,
    address: Annotated[str | None, typer.Option("--address", help="Its address.")] = None,
) -> None:
    """A place on the map."""
    place = {"latitude": latitude, "longitude": longitude, "name": name, "address": address}
    hand_in(to, way, lambda: bodies.of_type("location", **place))


@kind("contacts")
def contacts(
    to: To,
    way: Way,
    name: Annotated[str, typer.Option("--name", help="Full name.")],
    phone: Annotated[Lines | None, typer.Option("--phone", help="Phone number; may be repeated.")] = None,
    email: Annotated[Lines | None, typer.Option("--email", help="E-mail address; may be repeated.")] = None,
    company: Annotated[str | None, typer.Option("--company", help="Where the person works.")] = None,
) -> None:
    """A contact card."""
    hand_in(to, way, lambda: bodies.contact(name, phone or [], email or [], company))


@kind("reaction")
def reaction(
    to: To,
    message_id: Annotated[str, typer.Argument(metavar="ID", help="The message reacted to.")],
    emoji: Annotated[str, typer.Argument(metavar="EMOJI", help='One emoji; "" takes the reaction back.')],
    way: Way,
) -> None:
    """A reaction to a message."""
    hand_in(to, way, lambda: bodies.of_type("reaction", message_id=message_id, emoji=emoji))


@kind("buttons")
def buttons(
    to: To,
    body: Body,
    button: Annotated[Lines, typer.Option("--button", metavar="ID=TITLE", help="One to three of them.")],
    way: Way,
    header: Header = None,
    footer: Footer = None,
) -> None:
    """A question with reply buttons."""

    def content() -> bodies.Content:
        action = {"buttons": [bodies.button(each) for each in button]}
        return bodies.interactive("button", body, action, header=header, footer=footer)

    hand_in(to, way, content)


@kind("list")
def list_(
    to: To,
    body: Body,
    button: Annotated[str, typer.Option("--button", metavar="TEXT", help="What is tapped to open the list.")],
    row: Annotated[
        Lines,
        typer.Option("--row", metavar="ID=TITLE|TEXT", help="One to ten of them; |TEXT may be left out."),
    ],
    way: Way,
    header: Header = None,
    footer: Footer = None,
) -> None:
    """A question with a list to choose from. Several sections: --json FILE."""

    def content() -> bodies.Content:
        action = {"button": button, "sections": [{"rows": [bodies.row(each) for each in row]}]}
        return bodies.interactive("list", body, action, header=header, footer=footer)

    hand_in(to, way, content)


@kind("product")
def product(
    to: To,
    catalog_id: Annotated[str, typer.Argument(metavar="CATALOG", help="The catalog's id.")],
    product_id: Annotated[str, typer.Argument(metavar="PRODUCT", help="The product's id in it.")],
    way: Way,
    body: Annotated[str | None, typer.Option("--body", metavar="TEXT", help="The text.")] = None,
    footer: Footer = None,
) -> None:
    """A product of a catalog. Several products: --json FILE."""
    action = {"catalog_id": catalog_id, "product_retailer_id": product_id}
    hand_in(to, way, lambda: bodies.interactive("product", body, action, footer=footer))


@kind("template")
def template(
    to: To,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The template's name.")],
    language: Annotated[str, typer.Argument(metavar="LANG", help="Its language, as in en_US.")],
    way: Way,
    or_language: Annotated[
        Lines | None,
        typer.Option(
            "--or-language",
            metavar="LANG",
            help="Another that will do when it can not be sent in LANG; may be repeated.",
        ),
    ] = None,
    body_param: Annotated[
        Lines | None, typer.Option("--body-param", metavar="TEXT", help="For {{1}}, {{2}} … in this order.")
    ] = None,
    header_text: Annotated[
        str | None, typer.Option("--header-param", metavar="TEXT", help="For the text in the header.")
    ] = None,
    header_image: Annotated[str | None, typer.Option("--header-image", metavar="URL")] = None,
    header_video: Annotated[str | None, typer.Option("--header-video", metavar="URL")] = None,
    header_document: Annotated[str | None, typer.Option("--header-document", metavar="URL")] = None,
    url_button: Annotated[
        Lines | None,
        typer.Option("--url-button", metavar="INDEX=TEXT", help="End of the address of a link button."),
    ] = None,
    quick_reply: Annotated[
        Lines | None,
        typer.Option("--quick-reply", metavar="INDEX=PAYLOAD", help="What tapping a reply button returns."),
    ] = None,
    components: Annotated[
        str | None,
        typer.Option(
            "--components", metavar="FILE", help="All components as a JSON array, for anything else."
        ),
    ] = None,
) -> None:
    """A template, with its parameters."""

    def content() -> bodies.Content:
        if components is not None:
            parts = bodies.parse_components(_content_of(components), components)
        else:
            media = {"image": header_image, "video": header_video, "document": header_document}
            header = bodies.template_header(header_text, media)
            parts = bodies.template_components(header, body_param or [], url_button or [], quick_reply or [])
        languages = bodies.given({"code": language, "fallback": or_language})
        return bodies.of_type("template", name=name, language=languages, components=parts)

    hand_in(to, way, content)


@kind("read")
def read(
    message_id: Annotated[str, typer.Argument(metavar="ID", help="An inbound message.")],
    way: Way,
    typing: Annotated[
        bool, typer.Option("--typing", help="Also show that an answer is being typed.")
    ] = False,
) -> None:
    """Mark an inbound message, and those before it, as read."""
    mark: dict[str, Any] = {"status": "read", "message_id": message_id}
    mark["typing_indicator"] = {"type": "text"} if typing else None
    hand_in(None, way, lambda: mark)
