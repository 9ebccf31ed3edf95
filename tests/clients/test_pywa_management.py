"""pywa manages what a business has at Meta: media, templates, number, profile, block list, codes, forms.

What pywa reads of an answer is what these tests look at, so that a member that it needs may not go missing.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pywa import WhatsApp
from pywa.errors import WhatsAppError
from pywa.types import (
    Command,
    FlowCategory,
    FlowJSON,
    FlowStatus,
    Industry,
    Pagination,
    QRCodeImageType,
    TemplateStatusUpdate,
)
from pywa.types.flows import Layout, LayoutType, Screen, TextBody
from pywa.types.templates import (
    AuthenticationBody,
    AuthenticationFooter,
    BodyText,
    Buttons,
    Carousel,
    CarouselCard,
    CopyCodeOTPButton,
    FooterText,
    HeaderImage,
    HeaderText,
    ParamFormat,
    QuickReplyButton,
    Template,
    TemplateCategory,
    TemplateLanguage,
    TemplateStatus,
    URLButton,
)

from tests.clients.desk import HANDSET, Desk
from tests.clients.files import PNG
from tests.clients.pywa_desk import VERIFY_TOKEN, pywa_client, pywa_inbox

ENGLISH = TemplateLanguage.ENGLISH_US
SITE = URLButton(text="Track", url="https://example.com/{{1}}", example="https://example.com/7")


@pytest.fixture(scope="module")
def client(desk: Desk) -> Iterator[WhatsApp]:
    with pywa_client(desk) as client:
        yield client


def test_media_are_uploaded_looked_up_fetched_and_deleted(client: WhatsApp, tmp_path: Path) -> None:
    media = client.upload_media(PNG, "image/png", "picture.png")
    found = client.get_media_url(media.id)
    assert (found.mime_type, int(found.file_size)) == ("image/png", len(PNG))  # a string at Meta
    assert client.get_media_bytes(found.url) == PNG
    assert client.download_media(url=found.url, path=tmp_path, filename="got.png").read_bytes() == PNG
    assert client.delete_media(media.id)
    with pytest.raises(WhatsAppError):
        client.get_media_url(media.id)


def _parcel(name: str) -> Template:
    return Template(
        name=name, language=ENGLISH, category=TemplateCategory.UTILITY, parameter_format=ParamFormat.NAMED,
        components=[
            HeaderText("Parcel {{number}}", number="7"),
            BodyText("Hello {{name}}, your parcel comes on {{day}}. Be at home.", name="Ada", day="Friday"),
            FooterText(text="Example shop"),
            Buttons(buttons=[QuickReplyButton(text="Not at home"), SITE]),
        ],
    )  # fmt: skip


def _offer(name: str) -> Template:
    card = CarouselCard(
        components=[HeaderImage(example=PNG, mime_type="image/png"), BodyText("Cheap today"),
                    Buttons(buttons=[QuickReplyButton(text="More")])],
    )  # fmt: skip
    return Template(
        name=name, language=ENGLISH, category=TemplateCategory.MARKETING,
        components=[BodyText("Look at these, all of them new"), Carousel(cards=[card, card])],
    )  # fmt: skip


def _picture(name: str) -> Template:
    return Template(
        name=name, language=ENGLISH, category=TemplateCategory.MARKETING,
        components=[HeaderImage(example=PNG, mime_type="image/png"), BodyText("A picture of our shop")],
    )  # fmt: skip


def _code(name: str) -> Template:
    return Template(
        name=name, language=ENGLISH, category=TemplateCategory.AUTHENTICATION,
        components=[
            AuthenticationBody(add_security_recommendation=True),
            AuthenticationFooter(code_expiration_minutes=5),
            Buttons(buttons=[CopyCodeOTPButton(text="Copy")]),
        ],
    )  # fmt: skip


@pytest.mark.parametrize("kind", [_parcel, _offer, _picture, _code], ids=lambda kind: kind.__name__[1:])
def test_a_template_is_created_read_listed_and_deleted(kind: Any, client: WhatsApp) -> None:
    name = f"pywa{kind.__name__}"
    created = client.create_template(kind(name))
    assert created.status in (TemplateStatus.PENDING, TemplateStatus.APPROVED)
    template = client.get_template(created.id)
    assert (template.name, template.language, len(template.components)) == (
        name,
        ENGLISH,
        len(kind(name).components),
    )
    assert [one.id for one in client.get_templates(name=name)] == [created.id]
    assert client.delete_template(name)
    assert [
        one for one in client.get_templates(name=name) if one.status != TemplateStatus.PENDING_DELETION
    ] == []


def test_templates_are_listed_page_by_page(client: WhatsApp) -> None:
    names = {f"pywa_page_{n}" for n in range(5)}
    for name in names:
        client.create_template(_picture(name))
    page = client.get_templates(pagination=Pagination(limit=2))
    seen = {one.name for one in page}
    while page.has_next:
        assert len(page) == 2
        page = client.get_templates(pagination=Pagination(limit=2, after=page.after))
        seen |= {one.name for one in page}
    assert names <= seen


def test_an_approved_template_is_told_of_and_sent(desk: Desk) -> None:
    parcel = _parcel("pywa_told")
    with pywa_inbox(desk) as (client, inbox):
        client.override_waba_callback_url(inbox.url, VERIFY_TOKEN)
        created = client.create_template(parcel)
        told = inbox.wait_for_a(TemplateStatusUpdate, lambda update: str(update.template_id) == created.id)
        assert told.new_status == TemplateStatus.APPROVED
        header, body, _, buttons = parcel.components
        sent = client.send_template(
            HANDSET, template=parcel,
            params=[
                header.params(number="9"), body.params(name="Bo", day="Monday"),
                buttons.buttons[0].params(callback_data="away", index=0),
                SITE.params(url_variable="9", index=1),
            ],
        )  # fmt: skip
        assert desk.body_of(sent.id)["template"]["name"] == "pywa_told"
        client.delete_waba_callback_url()


def test_a_template_is_edited(desk: Desk, client: WhatsApp) -> None:
    created = client.create_template(_picture("pywa_edited"))
    desk.ask("POST", f"/templates/{created.id}/review", {"status": "APPROVED"})
    changed = client.update_template(
        created.id,
        new_components=[HeaderImage(example=PNG, mime_type="image/png"), BodyText("Another picture")],
    )
    assert changed
    assert client.get_template(created.id).get_component(BodyText).text == "Another picture"


def test_a_template_against_the_rules_is_refused_with_the_exception_for_its_subcode(client: WhatsApp) -> None:
    bad = Template(
        name="pywa_bad", language=ENGLISH, category=TemplateCategory.UTILITY,
        components=[BodyText("{{1}} is your number", "7")],
    )  # fmt: skip
    with pytest.raises(WhatsAppError) as refusal:
        client.create_template(bad)
    assert refusal.value.subcode == 2388299


def test_the_business_profile_is_written_and_read(client: WhatsApp) -> None:
    assert client.update_business_profile(
        about="Open till six", address="1 Main Street", description="A shop", email="shop@example.com",
        industry=Industry.RETAIL, websites=["https://example.com"],
    )  # fmt: skip
    profile = client.get_business_profile()
    assert (profile.about, profile.email, profile.industry) == (
        "Open till six",
        "shop@example.com",
        Industry.RETAIL,
    )
    assert list(profile.websites) == ["https://example.com"]


def test_a_profile_picture_is_uploaded(client: WhatsApp) -> None:
    assert client.update_business_profile(profile_picture=PNG)
    assert client.get_business_profile().profile_picture_url


def test_the_number_and_the_account_are_read(desk: Desk, client: WhatsApp) -> None:
    number = client.get_business_phone_number()
    assert (number.id, number.platform_type) == (desk.phone_number_id, "CLOUD_API")
    assert [one.id for one in client.get_business_phone_numbers()] == [desk.phone_number_id]
    assert client.get_business_account().id == desk.waba_id


def test_the_number_is_registered(client: WhatsApp) -> None:
    with pytest.raises(WhatsAppError, match="136024"):  # it is verified already
        client.request_verification_code(code_method="SMS", language_code="en_US")
    assert client.register_phone_number("123456")


def test_commands_and_prompts_are_set(client: WhatsApp) -> None:
    command = Command(name="hours", description="When we are open")
    assert client.update_conversational_automation(ice_breakers=["Are you open?"], commands=[command])
    automation = client.get_business_phone_number().conversational_automation
    assert [one.name for one in automation.commands] == ["hours"]


def test_commerce_settings_are_switched(client: WhatsApp) -> None:
    assert client.update_commerce_settings(is_catalog_visible=True, is_cart_enabled=False)
    settings = client.get_commerce_settings()
    assert (settings.is_catalog_visible, settings.is_cart_enabled) == (True, False)


def test_a_user_is_blocked_and_let_in_again(desk: Desk, client: WhatsApp) -> None:
    someone = "15550004799"
    desk.act("send", someone, type="text", text={"body": "Hello"})  # only who wrote of late can be blocked
    assert [user.wa_id for user in client.block_users([someone]).added_users] == [someone]
    assert _blocked(desk, client) == [someone]
    assert [user.wa_id for user in client.unblock_users([someone]).removed_users] == [someone]
    assert _blocked(desk, client) == []


def _blocked(desk: Desk, client: WhatsApp) -> list[str]:
    """pywa's own list wants a member `input` that Meta gives only when users are blocked."""
    return [user["wa_id"] for user in client.api.get_blocked_users(desk.phone_number_id)["data"]]


def test_a_code_to_scan_is_created_changed_and_deleted(client: WhatsApp) -> None:
    code = client.create_qr_code("Hello, I have a question", QRCodeImageType.SVG)
    assert code.qr_image_url and code.code in code.deep_link_url
    assert client.get_qr_code(code.code).prefilled_message == "Hello, I have a question"
    assert client.update_qr_code(code.code, "Hello again").prefilled_message == "Hello again"
    assert code.code in [one.code for one in client.get_qr_codes()]
    assert client.delete_qr_code(code.code)
    assert code.code not in [one.code for one in client.get_qr_codes()]


def test_a_form_is_drafted_published_and_retired(client: WhatsApp) -> None:
    children = [TextBody(text="Hello")]
    screen = Screen(
        id="FIRST",
        title="First",
        terminal=True,
        layout=Layout(type=LayoutType.SINGLE_COLUMN, children=children),
    )
    created = client.create_flow("Sign up", [FlowCategory.SIGN_UP])
    assert client.get_flow(created.id).status == FlowStatus.DRAFT
    assert client.update_flow_json(created.id, FlowJSON(version="7.1", screens=[screen]))
    assert [asset.name for asset in client.get_flow_assets(created.id)] == ["flow.json"]
    assert client.publish_flow(created.id)
    assert created.id in [flow.id for flow in client.get_flows() if flow.status == FlowStatus.PUBLISHED]
    assert client.deprecate_flow(created.id)
    assert client.get_flow(created.id).status == FlowStatus.DEPRECATED
    draft = client.create_flow("Second thoughts", [FlowCategory.OTHER])
    assert client.delete_flow(draft.id)


def test_the_app_subscribes_with_its_own_token(desk: Desk) -> None:
    with pywa_inbox(desk) as (client, inbox):
        token = client.get_app_access_token(desk.app_id, desk.app_secret)
        assert client.set_app_callback_url(desk.app_id, token, inbox.url, VERIFY_TOKEN, ["messages"])
