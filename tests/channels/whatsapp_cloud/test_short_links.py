"""Where links stand in messages, and which of them become short ones."""

from typing import Any

import pytest

from trunkline.channels.whatsapp_cloud.links import with_links

BASE = "https://go.example/l/"
LONG = "https://shop.example/sale?utm_source=whatsapp&utm_campaign=spring"


class Tracked:
    """Calls its links 1, 2 … padded to the length of a token."""

    base = BASE
    token_length = 14

    def __init__(self) -> None:
        self.urls: list[str] = []

    def token(self, url: str, *, is_whole: bool = False) -> str | None:
        self.urls.append(url)
        return f"{len(self.urls):014}"


def changed(content: dict[str, Any], definition: dict[str, Any] | None = None) -> tuple[Any, list[str]]:
    tracked = Tracked()
    return with_links(content, definition, tracked), tracked.urls


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"See {LONG}.", f"See {BASE}00000000000001."),
        (f"See {LONG}!!! Now", f"See {BASE}00000000000001!!! Now"),
        (f"(see {LONG})", f"(see {BASE}00000000000001)"),
        ("https://a.example/x_(y)", f"{BASE}00000000000001"),
        (f"*{LONG}*", f"*{BASE}00000000000001*"),
        (f"{LONG}\n{LONG}", f"{BASE}00000000000001\n{BASE}00000000000002"),
        (f"HTTPS{LONG[5:]}", f"{BASE}00000000000001"),
        ("no link, http: or ://", "no link, http: or ://"),
    ],
)
def test_a_link_in_a_text_ends_where_the_phone_thinks_it_does(text: str, expected: str) -> None:
    content, _ = changed({"text": {"body": text, "preview_url": True}})
    assert content == {"text": {"body": expected, "preview_url": True}}


def test_a_text_never_becomes_longer_than_it_may_be() -> None:
    full = "https://a.example " + "x" * 4070
    assert changed({"text": {"body": full}})[0]["text"]["body"] == full


def test_links_in_captions_and_interactive_messages_are_found() -> None:
    image = {"image": {"id": "1", "caption": LONG}}
    assert changed(image)[0] == {"image": {"id": "1", "caption": f"{BASE}00000000000001"}}
    assert changed({"image": {"link": LONG}})[0] == {"image": {"link": LONG}}
    action = {"name": "cta_url", "parameters": {"display_text": "Look", "url": LONG}}
    interactive = {"type": "cta_url", "body": {"text": f"Sale {LONG}"}, "action": action}
    content, _ = changed({"interactive": interactive})
    assert content["interactive"]["body"]["text"] == f"Sale {BASE}00000000000001"
    assert content["interactive"]["action"]["parameters"]["url"] == f"{BASE}00000000000002"
    assert interactive["action"]["parameters"]["url"] == LONG  # the caller's own is left alone


def template(*components: dict[str, Any]) -> dict[str, Any]:
    return {"template": {"name": "sale", "language": {"code": "en"}, "components": list(components)}}


def url_button(text: str) -> dict[str, Any]:
    return {"type": "button", "sub_type": "url", "index": 0, "parameters": [{"type": "text", "text": text}]}


def definition(url: str) -> dict[str, Any]:
    button = {"type": "URL", "text": "Look", "url": url}
    return {"components": [{"type": "BODY", "text": "Hi {{1}}"}, {"type": "BUTTONS", "buttons": [button]}]}


def test_the_end_of_a_buttons_address_is_a_token_where_the_template_leads_here() -> None:
    content, urls = changed(template(url_button(LONG)), definition(BASE + "{{1}}"))
    [button] = content["template"]["components"]
    assert button["parameters"] == [{"type": "text", "text": "00000000000001"}]
    assert urls == [LONG]


@pytest.mark.parametrize("url", ["https://shop.example/{{1}}", "https://go.example/{{1}}"])
def test_the_end_of_another_address_stays_as_it_is(url: str) -> None:
    given = template(url_button(LONG))
    assert changed(given, definition(url)) == (given, [])
    assert changed(given, None) == (given, [])


def test_what_is_no_whole_link_stays_the_end_of_the_address() -> None:
    given = template(url_button("orders/7"))
    assert changed(given, definition(BASE + "{{1}}")) == (given, [])


def test_a_link_in_a_templates_text_becomes_short_only_if_it_is_shorter() -> None:
    body = {"type": "body", "parameters": [{"type": "text", "text": LONG}, {"type": "text", "text": "Ada"}]}
    content, _ = changed(template(body), definition("https://shop.example"))
    [component] = content["template"]["components"]
    assert [parameter["text"] for parameter in component["parameters"]] == [f"{BASE}00000000000001", "Ada"]
    brief = template({"type": "body", "parameters": [{"type": "text", "text": "https://a.example"}]})
    assert changed(brief, definition("https://shop.example"))[0] == brief


def test_buttons_of_cards_are_found() -> None:
    card = {"card_index": 0, "components": [url_button(LONG)]}
    known = {
        "components": [
            {"type": "BODY", "text": "Look"},
            {"type": "CAROUSEL", "cards": [definition(BASE + "{{1}}")]},
        ]
    }
    content, _ = changed(template({"type": "carousel", "cards": [card]}), known)
    [button] = content["template"]["components"][0]["cards"][0]["components"]
    assert button["parameters"][0]["text"] == "00000000000001"
