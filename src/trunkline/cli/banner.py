"""What `serve` says to people once everything runs: where it is, the key, and a first message to paste."""

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from trunkline.cli.itself import how_to_call, options_to_reach

if TYPE_CHECKING:
    from rich.console import Console

    from trunkline.app import Ready

HANDSET = "15550001234"
"""A number that nobody has: in the sandbox it is somebody's."""


def show(where: "Ready", screen: "Console") -> None:
    """Nothing in it is wrapped, so that every line can be copied."""
    from rich.text import Text

    for label, value in _places(where):
        screen.print(Text.assemble((f"  {label:<11}", "dim"), value), soft_wrap=True)
    for line in _next_steps(where):
        style = "bold" if line.startswith("  ") else "dim"
        screen.print(Text(line, style=style), soft_wrap=True)


def _places(where: "Ready") -> list[tuple[str, str]]:
    places = [
        ("API", where.api_url),
        ("reference", f"{where.api_url}/docs"),
        ("data", str(Path(where.data).absolute())),
        ("hook", where.hook_url),
    ]
    if where.sandbox_url:
        places.append(
            ("sandbox", f"{where.sandbox_url}  (stands in for WhatsApp; nothing leaves this machine)")
        )
    if where.handsets_url:
        places.append(("handsets", f"{where.handsets_url}  (open it, answer as the customer)"))
    places.append(("number", where.from_ or f"none yet: {how_to_call()} numbers add --help"))
    if where.api_key:
        places.append(("API key", f"{where.api_key}  (shown once; keep it)"))
    else:
        another = f"{how_to_call()} keys create{options_to_reach(where.data)}"
        places.append(("API key", f"as shown at the first start; another: {another}"))
    return places


def _next_steps(where: "Ready") -> list[str]:
    if where.from_ is None:
        return ["", "Ready. Ctrl-C stops."]
    steps = ["", "Send a first message:", *(f"  {line}" for line in curl(where)), ""]
    steps += ["Follow it, with the id from the answer:"]
    steps += [f"  {how_to_call()} messages show{options_to_reach(where.data)} ID", ""]
    if where.handsets_url:
        steps += ["See it on the customer's phone, and answer it:"]
        steps += [f"  {where.handsets_url}#/{HANDSET}/{where.phone_number_id}", ""]
    return [*steps, "Ready. Ctrl-C stops."]


def curl(where: "Ready") -> list[str]:
    """Shell lines that work when pasted: with the new key, or with one made on the spot."""
    url = f"{where.api_url}/v1/whatsapp/messages"
    body = f'{{"to": "{HANDSET}", "type": "text", "text": {{"body": "Hello from Trunkline"}}}}'
    lines = []
    key = where.api_key
    if key is None:
        lines = [f"TRUNKLINE_KEY=$({how_to_call()} keys create --quiet{options_to_reach(where.data)})"]
        key = "$TRUNKLINE_KEY"
    headers = f'-H "Authorization: Bearer {key}" -H "Content-Type: application/json"'
    return [*lines, f"curl -sS {quote(url)} {headers} -d {quote(body)}"]
