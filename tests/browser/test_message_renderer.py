"""Every type of message as the shared renderer draws it, under the policy that the pages run under."""

import json

import pytest
from playwright.sync_api import expect

from tests.browser.wall import Wall, interactive, m, template


@pytest.mark.parametrize(
    ("message", "label"),
    [
        (m("text", {"body": "*Hello* there"}, status="read"), "Business, Hello there, 14:05, read"),
        (m("image", {"caption": "A boat"}), "Business, image, caption A boat, 14:05"),
        (m("audio", {"voice": True}, **{"from": "handset"}), "Handset, voice message, 14:05"),
        (m("document", {"filename": "a.pdf"}), "Business, document, a.pdf, 14:05"),
        (m("location", {"latitude": 1, "longitude": 2}), "Business, location, 1.00000, 2.00000, 14:05"),
        (m("contacts", [{"name": {"formatted_name": "Mina Vale"}}]), "Business, contact, Mina Vale, 14:05"),
        (interactive("list", {"sections": [{}]}), "Business, message with a list, Some words, 14:05"),
        (template(), "Business, template, Some words, 14:05"),
        (m("hologram", {}), "Business, message of type hologram, 14:05"),
    ],
)
def test_a_message_is_an_article_with_a_readable_label(
    wall: Wall, message: dict[str, object], label: str
) -> None:
    wall.draw(message)
    expect(wall.page.get_by_role("article")).to_have_accessible_name(label)


def test_marks_of_text_become_what_they_mean(wall: Wall) -> None:
    body = "*b* _i_ ~s~ `c` snake_case_name 2*3*4\n> said\n- one\n- two\n```x *y*```\nsee https://a.example/x_y_z."
    drawn = wall.draw(m("text", {"body": body}))
    for tag, words in (("strong", "b"), ("em", "i"), ("s", "s"), ("blockquote", "said"), ("pre", "x *y*")):
        assert drawn.locator(f".wa-text {tag}").all_inner_texts() == [words]
    assert drawn.get_by_role("listitem").all_inner_texts() == ["one", "two"]
    link = drawn.get_by_role("link")
    expect(link).to_have_attribute("href", "https://a.example/x_y_z")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(drawn).to_contain_text("snake_case_name 2*3*4")


def test_a_marked_phrase_may_hold_another(wall: Wall) -> None:
    drawn = wall.draw(m("text", {"body": "*all _of_ it*"}))
    expect(drawn.locator("strong em")).to_have_text("of")


def test_a_long_text_is_opened_by_its_button(wall: Wall) -> None:
    drawn = wall.draw(m("text", {"body": "word " * 600 + "end"}))
    expect(drawn).not_to_contain_text("end")
    drawn.get_by_role("button", name="Read more").click()
    expect(drawn).to_contain_text("end")


def test_a_preview_names_the_host_and_fetches_nothing(wall: Wall) -> None:
    body = {"body": "Look: https://shop.example.com/a?b=1", "preview_url": True}
    drawn = wall.draw(m("text", body))
    expect(drawn.get_by_role("link", name="shop.example.com /a?b=1")).to_be_visible()
    assert [url for url in wall.asked if not url.startswith(wall.url)] == []


@pytest.mark.parametrize(
    ("status", "mark"),
    [
        ("queued", "Waiting"),
        ("sent", "Sent"),
        ("delivered", "Delivered"),
        ("read", "Read"),
        ("failed", "Failed"),
    ],
)
def test_own_messages_carry_their_status(wall: Wall, status: str, mark: str) -> None:
    drawn = wall.draw(m("text", {"body": "x"}, status=status), viewer="business")
    expect(drawn.get_by_role("img", name=mark, exact=True)).to_be_visible()
    expect(wall.draw(m("text", {"body": "x"}, status=status)).get_by_role("img", name=mark)).to_have_count(0)


def test_a_failure_gives_its_reason(wall: Wall) -> None:
    error = {"code": 131047, "title": "Re-engagement message", "details": "Too late."}
    drawn = wall.draw(m("text", {"body": "x"}, status="failed", error=error))
    expect(drawn).to_contain_text("Re-engagement message 131047")
    expect(drawn).to_contain_text("Too late.")


def test_a_quotation_leads_to_what_it_quotes(wall: Wall) -> None:
    quoted = {**m("image", {"caption": "A *red* boat"}), "id": "wamid.0"}
    drawn = wall.draw(m("text", {"body": "That one"}, context={"id": "wamid.0"}), quoted=quoted)
    drawn.get_by_role("button", name="In reply to Business Image: A red boat").click()
    assert wall.last_action() == {"action": "show_quoted", "id": "wamid.0", "of": "wamid.1"}


def test_reactions_are_one_chip_that_says_who(wall: Wall) -> None:
    reactions = [{"from": "handset", "emoji": "👍"}, {"from": "business", "emoji": "🙏"}]
    drawn = wall.draw(m("text", {"body": "x"}, reactions=reactions))
    expect(drawn.get_by_text("Handset reacted 👍, Business reacted 🙏")).to_be_attached()
    expect(drawn.get_by_text("👍 🙏 2")).to_be_visible()


def test_a_new_status_leaves_a_playing_voice_note_alone(wall: Wall) -> None:
    media = {"url": "samples/voice.wav", "mime_type": "audio/wav"}
    drawn = wall.draw(m("audio", {"voice": True}, media=media, status="sent"), viewer="business")
    drawn.get_by_role("button", name="Play voice message").click()
    drawn.evaluate("(one) => { one.message = { ...one.message, status: 'read' }; }")
    expect(drawn.get_by_role("img", name="Read")).to_be_visible()
    assert drawn.locator("audio").evaluate("(sound) => !sound.paused || sound.ended")


def test_a_voice_note_plays_and_pauses(wall: Wall) -> None:
    media = {"url": "samples/voice.wav", "mime_type": "audio/wav"}
    drawn = wall.draw(m("audio", {"voice": True}, media=media))
    expect(drawn.get_by_text("0:02")).to_be_visible()
    drawn.get_by_role("button", name="Play voice message").click()
    drawn.get_by_role("button", name="Pause voice message").click()
    expect(drawn.get_by_role("button", name="Play voice message")).to_be_visible()
    expect(drawn.get_by_role("slider", name="Position in the voice message")).to_be_enabled()


@pytest.mark.parametrize(
    ("message", "media"),
    [
        (m("image", {}, media={"url": "samples/photo.svg"}), "img[alt='Image']"),
        (m("sticker", {}, media={"url": "samples/sticker.svg"}), "img[alt='Sticker']"),
        (m("video", {}, media={"url": "samples/clip.webm"}), "video[controls]"),
        (m("document", {"filename": "a.pdf"}, media={"url": "samples/photo.svg"}), "a[download='a.pdf']"),
        (template(header={"type": "image", "media": {"url": "samples/shoe.svg"}}), "img"),
    ],
)
def test_media_of_this_origin_are_drawn(wall: Wall, message: dict[str, object], media: str) -> None:
    expect(wall.draw(message).locator(media)).to_be_visible()


def test_media_from_elsewhere_are_named_and_not_loaded(wall: Wall) -> None:
    drawn = wall.draw(m("image", {"link": "https://pictures.example.com/a.png"}))
    link = drawn.get_by_role("link", name="pictures.example.com")
    expect(link).to_have_attribute("href", "https://pictures.example.com/a.png")
    expect(drawn.locator("img")).to_have_count(0)


def test_a_picture_that_does_not_load_says_so(wall: Wall) -> None:
    drawn = wall.draw(m("image", {}, media={"url": "gallery.json", "mime_type": "image/png"}))
    expect(drawn.get_by_text("Image not available")).to_be_visible()


def test_a_location_shows_where(wall: Wall) -> None:
    drawn = wall.draw(
        m("location", {"latitude": 54.32133, "longitude": "10.1", "name": "Shop", "address": "Quay"})
    )
    expect(drawn.get_by_role("img", name="Drawn map, not to scale")).to_be_visible()
    for words in ("Shop", "Quay", "54.32133, 10.10000"):
        expect(drawn.get_by_text(words, exact=True)).to_be_visible()


def test_a_contact_opens_with_all_that_is_known(wall: Wall) -> None:
    contact = {
        "name": {"formatted_name": "Mina Vale"},
        "phones": [{"phone": "+1 555 000 1234", "type": "WORK"}],
    }
    wall.draw(m("contacts", [contact])).get_by_role("button", name="View contact").click()
    sheet = wall.page.get_by_role("dialog", name="Contact")
    expect(sheet.get_by_text("+1 555 000 1234")).to_be_visible()
    wall.page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (m("button", {"text": "Thanks", "payload": "p"}), "Thanks"),
        (m("interactive", {"type": "button_reply", "button_reply": {"id": "y", "title": "Yes"}}), "Yes"),
        (m("interactive", {"type": "list_reply", "list_reply": {"title": "T", "description": "D"}}), "D"),
        (
            m("interactive", {"type": "nfm_reply", "nfm_reply": {"response_json": '{"seats": [1, 2]}'}}),
            "1, 2",
        ),
        (m("interactive", {"type": "nfm_reply", "nfm_reply": {"response_json": "{oops"}}), "{oops"),
        (m("order", {"product_items": [{"product_retailer_id": "LAMP", "quantity": 2}]}), "2 items"),
        (m("system", {"body": "Number changed"}), "Number changed"),
        (m("unsupported", {"type": "poll_creation"}), "poll_creation"),
        (m("deleted", {}), "This message was deleted."),
        (m("reaction", {"emoji": "🙏"}), "Reacted 🙏"),
        (template(limited_time_offer={"text": "Be quick", "expiration_time_ms": 1}), "Be quick"),
        (template(header={"type": "text", "text": "Title"}, footer="Foot"), "Foot"),
        (template(header={"type": "location", "location": {"latitude": 1, "longitude": 2}}), "1.00000"),
    ],
)
def test_other_kinds_show_what_they_say(wall: Wall, message: dict[str, object], words: str) -> None:
    expect(wall.draw(message).get_by_text(words).first).to_be_visible()


@pytest.mark.parametrize(
    "message",
    [m("hologram", {"beam": 7}), m("text", {}), m("interactive", {"type": "juggling"}), None, 7, [], {}],
)
def test_what_can_not_be_read_is_shown_by_type_and_json(wall: Wall, message: object) -> None:
    drawn = wall.draw(message)
    expect(drawn.get_by_text("This message can not be drawn here")).to_be_visible()
    drawn.get_by_text("Show as JSON").click()
    expected = json.dumps(message, indent=2) if message else str(json.dumps(message))
    expect(drawn.locator("pre")).to_have_text(expected)
