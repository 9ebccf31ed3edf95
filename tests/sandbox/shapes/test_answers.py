"""Every answer of Graph has the shape that Meta's page on it shows: its members, their types, no others."""

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.sandbox.content.bodies import MESSAGES
from tests.sandbox.graph.forms import field, file, png, post_form, post_raw, upload
from tests.sandbox.graph.test_flows import FLOW as FLOW_JSON
from tests.sandbox.shapes import answers
from tests.sandbox.shapes.causes import ASK_CODE, PIN, blocking
from tests.sandbox.shapes.shape import Shape, check
from tests.sandbox.shapes.stage import Stage, Theatre
from tests.sandbox.templates.drafts import draft, login, template

USER_ID = "US.13491208655302741918"
PRODUCT = {"messaging_product": "whatsapp"}
TO = "15550001234"
HEADERS = {
    "content-type": "application/json; charset=UTF-8",
    "facebook-api-version": "v25.0",
    "cache-control": "private, no-cache, no-store, must-revalidate",
    "access-control-allow-origin": "*",
}
SINGLE_HEADERS = ("x-fb-request-id", "x-fb-trace-id", "x-fb-rev", "x-fb-debug")

CALLS: dict[str, tuple[str, str, Any, Shape]] = {
    "number": ("GET", "/{phone}", None, answers.NUMBER_NODE),
    "number, all fields": (
        "GET",
        f"/{{phone}}?fields={','.join(answers.NUMBER_MORE['properties'])}",
        None,
        answers.NUMBER_MORE,
    ),
    "numbers": ("GET", "/{waba}/phone_numbers", None, answers.paged(answers.NUMBER_NODE)),
    "settings": ("GET", "/{phone}/settings", None, answers.SETTINGS),
    "change settings": (
        "POST",
        "/{phone}/settings",
        {"user_identity_change": {"enable_identity_key_check": True}},
        answers.SUCCESS,
    ),
    "profile": ("GET", "/{phone}/whatsapp_business_profile", None, answers.PROFILE),
    "change profile": (
        "POST",
        "/{phone}/whatsapp_business_profile",
        {**PRODUCT, "about": "Open at nine", "websites": ["https://shop.example"], "vertical": "RETAIL"},
        answers.SUCCESS,
    ),
    "account": ("GET", "/{waba}", None, answers.ACCOUNT),
    "account, all fields": (
        "GET",
        f"/{{waba}}?fields={','.join(answers.ACCOUNT_MORE['properties'])}",
        None,
        answers.ACCOUNT_MORE,
    ),
    "subscribed apps": ("GET", "/{waba}/subscribed_apps", None, answers.SUBSCRIBED_APPS),
    "templates": ("GET", "/{waba}/message_templates?limit=2", None, answers.paged(answers.TEMPLATE)),
    "template fields": (
        "GET",
        "/{waba}/message_templates?fields=id,rejected_reason,quality_score,last_updated_time",
        None,
        answers.paged(answers.TEMPLATE_MORE),
    ),
    "commerce": ("GET", "/{phone}/whatsapp_commerce_settings", None, answers.COMMERCE),
    "change commerce": (
        "POST",
        "/{phone}/whatsapp_commerce_settings",
        {"is_catalog_visible": True},
        answers.SUCCESS,
    ),
    "take a username": (
        "POST",
        "/{phone}/username",
        {"username": "lamp_house"},
        answers.obj(status=answers.TEXT),
    ),
    "me": ("GET", "/me", None, answers.obj(id=answers.DIGITS, name=answers.TEXT)),
    "client credentials": (
        "GET",
        "/oauth/access_token?client_id={app}&client_secret={secret}&grant_type=client_credentials",
        None,
        answers.ACCESS_TOKEN,
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_answers_in_its_shape(stage: Theatre, name: str) -> None:
    method, path, body, shape = CALLS[name]

    async def tell(the: Stage) -> None:
        given = path.replace("{secret}", the.identity.app_secret)
        check(await the.do(method, given, body), shape)

    stage.play(tell)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_send_of_every_type_answers_in_its_shape(stage: Theatre, name: str) -> None:
    async def tell(the: Stage) -> None:
        body = {**PRODUCT, "to": "+1 (555) 000-1234", **MESSAGES[name]}
        body = {key: value for key, value in body.items() if value is not None}
        answer = await the.do("POST", "/v25.0/{phone}/messages", body)
        check(answer, answers.SENT_TEMPLATE if body.get("type") == "template" else answers.SENT)
        assert answer["contacts"] == [{"input": "+1 (555) 000-1234", "wa_id": TO}]

    stage.play(tell)


def test_a_send_to_a_user_id_answers_with_that_id_and_a_send_to_both_with_both(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        text = {**PRODUCT, "type": "text", "text": {"body": "Hello"}}
        only = await the.do("POST", "/{phone}/messages", {**text, "recipient": USER_ID})
        check(only, answers.SENT_TO_USER_ID)
        both = await the.do("POST", "/{phone}/messages", {**text, "to": TO, "recipient": USER_ID})
        check(both, answers.SENT_TO_BOTH)

    stage.play(tell)


def test_a_read_mark_with_and_without_typing_answers_success(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        written = await the.tools.act("send", type="text", text={"body": "Hi"})
        mark = {**PRODUCT, "status": "read", "message_id": written["message"]["id"]}
        check(await the.do("POST", "/{phone}/messages", mark), answers.SUCCESS)
        typing = {**mark, "typing_indicator": {"type": "text"}}
        check(await the.do("POST", "/{phone}/messages", typing), answers.SUCCESS)

    stage.play(tell)


def test_media_from_upload_to_deletion(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        uploaded = await (await upload(the.tools, png(), "image/png")).json()
        check(uploaded, answers.UPLOADED)
        found = await the.do("GET", f"/{uploaded['id']}")
        check(found, answers.MEDIA)
        assert found["file_size"] == str(len(png()))
        check(await the.do("GET", f"/{uploaded['id']}?phone_number_id={{phone}}"), answers.MEDIA)
        path = found["url"].removeprefix(the.identity.url)
        fetched = await the.tools.call("GET", path)
        assert (fetched.status, fetched.headers["content-type"]) == (200, "image/png")
        assert (await the.tools.call("GET", path, token=None)).status == 401
        check(await the.do("DELETE", f"/{uploaded['id']}"), answers.SUCCESS)

    stage.play(tell)


def test_a_resumable_upload_from_session_to_handle(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        query = "file_length=4&file_type=image/png&file_name=a.png"
        session = await the.do("POST", f"/{{app}}/uploads?{query}")
        check(session, answers.UPLOAD_SESSION)
        check(await the.do("GET", f"/{session['id']}"), answers.UPLOAD_OFFSET)
        headers = {"authorization": f"OAuth {the.identity.token}", "file_offset": "0"}
        ended = await post_raw(the.tools, f"/{session['id']}", b"1234", "application/octet-stream", headers)
        check(await ended.json(), answers.UPLOAD_HANDLE)

    stage.play(tell)


def test_templates_from_submission_to_deletion(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        made = await the.do("POST", "/{waba}/message_templates", draft(name="shape_of_one"))
        check(made, answers.TEMPLATE_MADE)
        await the.tools.eventually(f"/{made['id']}?fields=status", lambda node: node["status"] == "APPROVED")
        check(await the.do("GET", f"/{made['id']}"), answers.TEMPLATE)
        edited = {"components": [{"type": "BODY", "text": "Your parcel has left our house today."}]}
        check(await the.do("POST", f"/{made['id']}", edited), answers.TEMPLATE_EDITED)
        gone = await the.do("DELETE", f"/{{waba}}/message_templates?hsm_id={made['id']}&name=shape_of_one")
        check(gone, answers.SUCCESS)
        bulk = login(name="shape_of_codes", languages=["en_US", "es"], language=None)
        check(await the.do("POST", "/{waba}/upsert_message_templates", bulk), answers.TEMPLATE_UPSERTED)

    stage.play(tell)


def test_a_number_from_adding_to_deregistration(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        given = {"cc": "1", "phone_number": the.somebody(), "verified_name": "Second Shop"}
        added = await the.do("POST", "/{waba}/phone_numbers", given)
        check(added, answers.ADDED)
        number = f"/{added['id']}"
        check(await the.do("GET", number), answers.NUMBER_NODE)
        check(await the.do("POST", f"{number}/request_code", ASK_CODE), answers.SUCCESS)
        code = (await the.do("GET", f"/_sandbox/numbers{number}"))["code"]
        check(await the.do("POST", f"{number}/verify_code", {"code": code}), answers.VERIFIED)
        check(await the.do("POST", f"{number}/register", PIN), answers.SUCCESS)
        check(await the.do("POST", number, {"pin": "135791"}), answers.SUCCESS)
        check(await the.do("POST", number, {"new_display_name": "Third Shop"}), answers.SUCCESS)
        check(await the.do("POST", f"{number}/deregister"), answers.SUCCESS)

    stage.play(tell)


def test_a_profile_with_everything(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        about = {"about": "Hi", "address": "1 Road", "description": "Lamps", "email": "shop@shop.example"}
        more = {"websites": ["https://shop.example"], "vertical": "RETAIL"}
        await the.do("POST", "/{phone}/whatsapp_business_profile", {**PRODUCT, **about, **more})
        fields = "about,address,description,email,profile_picture_url,websites,vertical"
        profile = await the.do("GET", f"/{{phone}}/whatsapp_business_profile?fields={fields}")
        check(profile, answers.PROFILE)
        assert set(about) | set(more) <= set(profile["data"][0])

    stage.play(tell)


def test_blocking_listing_and_unblocking(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        person = the.somebody()
        check(await the.do("POST", "/{phone}/block_users", blocking(person)), answers.BLOCKED)
        check(await the.do("GET", "/{phone}/block_users"), answers.BLOCK_LIST)
        check(await the.do("DELETE", "/{phone}/block_users", blocking(person)), answers.UNBLOCKED)
        status, failed = await the.ask("POST", "/{phone}/block_users", blocking(person, "12"))
        assert (status, failed["error"]["code"]) == (400, 139100)
        check(failed, answers.BLOCK_FAILED)

    stage.play(tell)


def test_qr_codes(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        given = {"prefilled_message": "Hello", "generate_qr_image": "PNG"}
        made = await the.do("POST", "/{phone}/message_qrdls", given)
        check(made, answers.QR_CODE)
        assert "qr_image_url" in made
        check(await the.do("GET", "/{phone}/message_qrdls"), answers.QR_CODES)
        check(await the.do("GET", f"/{{phone}}/message_qrdls/{made['code']}"), answers.QR_CODE_FOUND)
        check(await the.do("DELETE", f"/{{phone}}/message_qrdls/{made['code']}"), answers.SUCCESS)

    stage.play(tell)


def test_conversational_components(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        command = {"command_name": "hours", "command_description": "When we are open"}
        given = {"commands": [command], "prompts": ["Where is my parcel?"], "enable_welcome_message": False}
        check(await the.do("POST", "/{phone}/conversational_automation", given), answers.SUCCESS)
        found = await the.do("GET", "/{phone}?fields=conversational_automation")
        check(found, answers.AUTOMATION)

    stage.play(tell)


def test_the_key_of_flows(stage: Theatre) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    async def tell(the: Stage) -> None:
        path = "/{phone}/whatsapp_business_encryption"
        check(await the.do("POST", path, {"business_public_key": pem}), answers.SUCCESS)
        check(await the.do("GET", path), answers.ENCRYPTION)

    stage.play(tell)


def test_flows_from_a_draft_to_the_end(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        made = await the.do("POST", "/{waba}/flows", {"name": "Survey", "categories": ["SURVEY"]})
        check(made, answers.FLOW_MADE)
        flow = f"/{made['id']}"
        parts = (
            file(json.dumps(FLOW_JSON).encode(), "application/json"),
            field("name", "flow.json"),
            field("asset_type", "FLOW_JSON"),
        )
        uploaded = await post_form(the.tools, f"{flow}/assets", *parts)
        check(await uploaded.json(), answers.FLOW_UPLOADED)
        check(await the.do("GET", f"{flow}/assets"), answers.FLOW_ASSETS)
        check(await the.do("GET", flow), answers.FLOW)
        check(await the.do("GET", f"{flow}?fields=preview"), answers.FLOW_PREVIEW)
        check(await the.do("GET", "/{waba}/flows"), answers.paged(answers.FLOW))
        check(await the.do("POST", flow, {"name": "Another survey"}), answers.SUCCESS)
        check(await the.do("POST", f"{flow}/publish"), answers.SUCCESS)
        check(await the.do("POST", f"{flow}/deprecate"), answers.SUCCESS)
        draft_ = await the.do("POST", "/{waba}/flows", {"name": "A draft", "categories": ["OTHER"]})
        check(await the.do("DELETE", f"/{draft_['id']}"), answers.SUCCESS)

    stage.play(tell)


def test_a_flow_with_mistakes_says_what_they_are(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        given = {"name": "Wrong", "categories": ["OTHER"], "flow_json": {"version": "7.3", "screens": []}}
        made = await the.do("POST", "/{waba}/flows", given)
        check(made, answers.FLOW_MADE)
        assert made["validation_errors"]

    stage.play(tell)


def test_the_app_and_its_subscriptions(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        given = {
            "object": "whatsapp_business_account",
            "callback_url": the.receiver.url,
            "verify_token": the.receiver.verify_token,
            "fields": "messages,account_update",
        }
        path, token = "/{app}/subscriptions", the.app_token
        check(await the.do("POST", path, given, token=token), answers.SUCCESS)
        check(await the.do("GET", path, token=token), answers.SUBSCRIPTIONS)
        check(await the.do("DELETE", path, token=token), answers.SUCCESS)

    stage.play(tell)


def test_debug_token_of_living_and_dead_tokens(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        path = f"/debug_token?input_token={the.identity.token}"
        found = await the.do("GET", path, token=the.app_token)
        check(found, answers.DEBUG_TOKEN)
        assert (found["data"]["is_valid"], found["data"]["expires_at"]) == (True, 0)
        made = await the.do("POST", "/_sandbox/tokens", {"expires_in_seconds": 60})
        the.clock.advance(120_000)
        dead = await the.do("GET", f"/debug_token?input_token={made['token']}", token=the.app_token)
        check(dead, answers.DEBUG_TOKEN)
        assert not dead["data"]["is_valid"]

    stage.play(tell)


def test_the_account_takes_and_loses_its_callback(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        callback = {
            "override_callback_uri": the.receiver.url,
            "verify_token": the.receiver.verify_token,
        }
        check(await the.do("DELETE", "/{waba}/subscribed_apps"), answers.SUCCESS)
        check(await the.do("POST", "/{waba}/subscribed_apps"), answers.SUCCESS)
        check(await the.do("POST", "/{waba}/subscribed_apps", callback), answers.SUCCESS)
        check(await the.do("GET", "/{waba}/subscribed_apps"), answers.SUBSCRIBED_APPS)
        check(await the.do("POST", "/{phone}", {"webhook_configuration": callback}), answers.SUCCESS)

    stage.play(tell)


def measured(field_: str, **arguments: str) -> str:
    return f"/{{waba}}?fields={field_}" + "".join(f".{name}({value})" for name, value in arguments.items())


def test_analytics_of_what_was_sent(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        content = {**template("hello_world"), "text": None}
        await the.statuses_of(await the.sent(**content), "read")
        await the.statuses_of(await the.sent(), "read")
        now = the.clock.now() // 1000
        span = {"start": str(now - 86_400), "end": str(now + 60)}
        check(await the.do("GET", measured("analytics", **span, granularity="DAY")), answers.ANALYTICS)
        of_conversations = "CONVERSATION_CATEGORY,CONVERSATION_DIRECTION,CONVERSATION_TYPE,COUNTRY,PHONE"
        of_prices = "COUNTRY,PHONE,PRICING_CATEGORY,PRICING_TYPE,TIER"
        for name, dimensions, shape in (
            ("conversation_analytics", of_conversations, answers.CONVERSATIONS),
            ("pricing_analytics", of_prices, answers.PRICES),
        ):
            path = measured(name, **span, granularity="DAILY", dimensions=f"[{dimensions}]")
            check(await the.do("GET", path), shape)
        await the.do("POST", "/{waba}", {"is_enabled_for_insights": True})
        id_ = (await the.do("GET", "/{waba}/message_templates?name=hello_world"))["data"][0]["id"]
        query = f"start={span['start']}&end={span['end']}&granularity=daily&template_ids=[{id_}]"
        check(await the.do("GET", f"/{{waba}}/template_analytics?{query}"), answers.TEMPLATE_ANALYTICS)

    stage.play(tell)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/v25.0/{phone}/messages", {**PRODUCT, "to": TO, "text": {"body": "x"}}, 200),
        ("POST", "/v25.0/{phone}/messages", {}, 400),
        ("POST", "/v25.0/1/messages", {}, 400),
        ("GET", "/v25.0/{phone}", None, 200),
        ("GET", "/v25.0/1", None, 400),
        ("GET", "/v25.0/{phone}/nothing", None, 400),
    ],
)
def test_answers_and_errors_carry_the_headers_of_graph(
    stage: Theatre, method: str, path: str, body: Any, status: int
) -> None:
    async def tell(the: Stage) -> None:
        response = await the.tools.call(method, the.path(path), body)
        assert response.status == status
        headers = dict(response.headers.items())
        assert {name: headers.get(name) for name in HEADERS} == HEADERS
        assert all(headers.get(name) for name in SINGLE_HEADERS)
        assert "etag" not in headers
        if path.endswith("/messages"):
            assert "x-business-use-case-usage" not in headers  # sends do not count
            return
        (measured_,) = json.loads(headers["x-business-use-case-usage"])[the.identity.waba_id]
        assert measured_.pop("type") == "whatsapp_business_management"
        times = {"call_count", "total_cputime", "total_time", "estimated_time_to_regain_access"}
        assert set(measured_) == times
        assert all(isinstance(value, int) for value in measured_.values())

    stage.play(tell)


def test_without_a_version_the_newest_is_meant_and_an_old_one_is_served_by_the_oldest_alive(
    stage: Theatre,
) -> None:
    async def tell(the: Stage) -> None:
        told = {}
        for version in ("", "/v12.0", "/v21.0", "/v26.0"):
            response = await the.tools.call("GET", f"{version}/{the.identity.phone_number_id}")
            assert response.status == 200
            told[version] = response.headers["facebook-api-version"]
        assert told == {"": "v26.0", "/v12.0": "v21.0", "/v21.0": "v21.0", "/v26.0": "v26.0"}

    stage.play(tell)


def test_a_message_id_says_whom_it_is_to_and_from(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        raw = base64.b64decode((await the.sent(TO)).removeprefix("wamid."))
        assert raw[:3] == bytes((0x1C, 0x18, len(TO)))
        assert raw[3 : 3 + len(TO)] == TO.encode()
        rest = raw[3 + len(TO) :]
        assert rest[:6] == bytes((0x15, 2, 0, 0x11, 0x18, 18))
        assert (len(rest), rest[-1]) == (6 + 18 + 1, 0)

    stage.play(tell)
