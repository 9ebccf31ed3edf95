"""The webhooks of the Cloud API as Meta's pages write them: statuses, messages, facts of the account."""

from typing import Any

from tests.sandbox.shapes.answers import STATUS_ERROR
from tests.sandbox.shapes.shape import (
    DIGITS,
    FLAG,
    NUMBER,
    SECONDS,
    TEXT,
    URL,
    USER_ID,
    WAMID,
    WHOLE,
    Shape,
    also,
    either,
    like,
    maybe,
    obj,
    one_of,
    rows,
)

_METADATA = obj(display_phone_number=DIGITS, phone_number_id=DIGITS)
_PROFILE = obj(name=TEXT, username=maybe(TEXT))
_CONTACT = obj(profile=_PROFILE, wa_id=maybe(DIGITS), user_id=USER_ID)
_UNREACHED = either(obj(wa_id=DIGITS), obj(user_id=USER_ID))


def value(**members: Shape) -> Shape:
    return obj(messaging_product=one_of("whatsapp"), metadata=_METADATA, **members)


def of_number(field: str, shape: Shape) -> Shape:
    """A post about one number: without a time."""
    changes = rows(obj(field=one_of(field), value=shape), 1, 1)
    entry = obj(id=DIGITS, changes=changes)
    return obj(object=one_of("whatsapp_business_account"), entry=rows(entry, 1, 1))


def of_account(field: str, shape: Shape) -> Shape:
    """A post about the account: its time is a number."""
    changes = rows(obj(field=one_of(field), value=shape), 1, 1)
    entry = obj(id=DIGITS, time=WHOLE, changes=changes)
    return obj(object=one_of("whatsapp_business_account"), entry=rows(entry, 1, 1))


# Statuses

_CATEGORY = one_of(
    "authentication", "marketing", "marketing_lite", "utility", "service", "referral_conversion"
)
PRICING = obj(
    billable=FLAG,
    pricing_model=one_of("PMP"),
    type=one_of("regular", "free_customer_service", "free_entry_point"),
    category=_CATEGORY,
)
_CONVERSATION = obj(id=like("^[0-9a-f]{32}$"), origin=obj(type=_CATEGORY))
OPENED = also(_CONVERSATION, expiration_timestamp=SECONDS)
GOING_ON = _CONVERSATION


def status(word: str, **members: Shape) -> Shape:
    return obj(
        id=WAMID,
        status=one_of(word),
        timestamp=SECONDS,
        recipient_id=maybe(DIGITS),
        recipient_user_id=maybe(USER_ID),
        biz_opaque_callback_data=maybe(TEXT),
        **members,
    )


def status_post(shape: Shape, contact: Shape = _CONTACT) -> Shape:
    return of_number("messages", value(contacts=rows(contact, 1, 1), statuses=rows(shape, 1, 1)))


SENT = status("sent", pricing=PRICING)
DELIVERED = status("delivered", pricing=PRICING)
READ = status("read")
READ_AT_ONCE = status("read", pricing=PRICING)
PLAYED = status("played")
FAILED = obj(
    id=WAMID,
    status=one_of("failed"),
    timestamp=SECONDS,
    recipient_id=DIGITS,
    biz_opaque_callback_data=maybe(TEXT),
    errors=rows(STATUS_ERROR, 1, 1),
)
SENT_IN_CONVERSATION = status("sent", pricing=PRICING, conversation=OPENED)
DELIVERED_IN_CONVERSATION = status("delivered", pricing=PRICING, conversation=GOING_ON)
STATUS_POSTS = {
    "sent": status_post(SENT),
    "delivered": status_post(DELIVERED),
    "read": status_post(READ),
    "played": status_post(PLAYED),
    "failed": status_post(FAILED, _UNREACHED),
}

# Messages of people

ANSWER = obj(**{"from": DIGITS, "id": WAMID})
FORWARDED = obj(forwarded=one_of(True))
OFTEN_FORWARDED = obj(frequently_forwarded=one_of(True))
REFERRAL = obj(
    source_url=URL,
    source_id=TEXT,
    source_type=one_of("ad"),
    body=TEXT,
    headline=TEXT,
    media_type=one_of("image", "video"),
    image_url=maybe(URL),
    video_url=maybe(URL),
    thumbnail_url=maybe(URL),
    ctwa_clid=maybe(TEXT),
    welcome_message=maybe(obj(text=TEXT)),
)


def media(mime_type: str, **members: Shape) -> Shape:
    """`sha256` is base64 here, in a look-up it is hex."""
    return obj(
        mime_type=one_of(mime_type), sha256=like("^[A-Za-z0-9+/]{43}=$"), id=DIGITS, url=URL, **members
    )


def interactive(kind: str, reply: Shape) -> Shape:
    return obj(**{"type": one_of(kind), kind: reply})


_ITEM = obj(product_retailer_id=TEXT, quantity=NUMBER, item_price=NUMBER, currency=TEXT)
CONTENTS: dict[str, Shape] = {
    "text": obj(body=TEXT),
    "image": media("image/png", caption=maybe(TEXT)),
    "video": media("video/mp4", caption=maybe(TEXT)),
    "audio": media("audio/ogg; codecs=opus", voice=FLAG),
    "document": media("application/pdf", caption=maybe(TEXT), filename=TEXT),
    "sticker": media("image/webp", animated=FLAG),
    "location": obj(latitude=NUMBER, longitude=NUMBER, name=maybe(TEXT), address=maybe(TEXT), url=maybe(URL)),
    "contacts": rows(
        obj(
            name=obj(formatted_name=TEXT, first_name=TEXT),
            phones=rows(obj(phone=TEXT, type=TEXT, wa_id=TEXT)),
        )
    ),
    "reaction": obj(message_id=WAMID, emoji=maybe(TEXT)),
    "button": obj(payload=TEXT, text=TEXT),
    "button_reply": interactive("button_reply", obj(id=TEXT, title=TEXT)),
    "list_reply": interactive("list_reply", obj(id=TEXT, title=TEXT, description=maybe(TEXT))),
    "nfm_reply": interactive(
        "nfm_reply", obj(name=one_of("flow", "address_message"), body=TEXT, response_json=like(r"^\{"))
    ),
    "order": obj(catalog_id=TEXT, text=TEXT, product_items=rows(_ITEM)),
    "system": obj(
        body=TEXT,
        type=one_of("user_changed_number"),
        wa_id=DIGITS,
        user_id=USER_ID,
        previous_user_id=USER_ID,
    ),
    "unsupported": obj(type=one_of("edit", "gif", "poll_creation")),
}
_UNSUPPORTED = obj(code=one_of(131051), title=TEXT, message=TEXT, error_data=obj(details=TEXT))


def message(kind: str, content: Shape, **members: Shape) -> Shape:
    return obj(
        **{
            "from": DIGITS,
            "from_user_id": USER_ID,
            "id": WAMID,
            "timestamp": SECONDS,
            "type": one_of(kind),
            kind: content,
            **members,
        }
    )


def message_post(shape: Shape) -> Shape:
    return of_number("messages", value(contacts=rows(_CONTACT, 1, 1), messages=rows(shape, 1, 1)))


def plain(kind: str, **members: Shape) -> Shape:
    return message_post(message(kind, CONTENTS[kind], **members))


UNSUPPORTED = plain("unsupported", errors=rows(_UNSUPPORTED, 1, 1))
OF_A_USERNAME = message_post(
    obj(from_user_id=USER_ID, id=WAMID, timestamp=SECONDS, type=one_of("text"), text=CONTENTS["text"])
)
CHANGED_NUMBER = of_number(
    "messages",
    value(
        messages=rows(
            obj(
                **{
                    "from": DIGITS,
                    "id": WAMID,
                    "timestamp": SECONDS,
                    "type": one_of("system"),
                    "system": CONTENTS["system"],
                }
            ),
            1,
            1,
        )
    ),
)
_PREFERENCE = obj(
    wa_id=maybe(DIGITS),
    user_id=USER_ID,
    detail=TEXT,
    category=one_of("marketing_messages"),
    value=one_of("stop", "resume"),
    timestamp=WHOLE,
)
PREFERENCES = of_number(
    "user_preferences", value(contacts=rows(_CONTACT, 1, 1), user_preferences=rows(_PREFERENCE, 1, 1))
)

# Facts of the account


def about_template(**members: Shape) -> Shape:
    return obj(
        message_template_id=WHOLE, message_template_name=TEXT, message_template_language=TEXT, **members
    )


def _event(*events: str, reason: Shape, **members: Shape) -> Shape:
    return about_template(event=one_of(*events), reason=reason, message_template_category=TEXT, **members)


NO_REASON: Shape = {"enum": [None, "NONE"]}
_OTHER_INFO = obj(
    title=one_of("FIRST_PAUSE", "SECOND_PAUSE", "RATE_LIMITING_PAUSE", "UNPAUSE", "DISABLED"),
    description=TEXT,
)
_TIER = like("^TIER_")
_LIMIT = either(WHOLE, _TIER)
FACTS: dict[str, tuple[str, Any]] = {
    "approved": ("message_template_status_update", _event("APPROVED", reason=NO_REASON)),
    "rejected": (
        "message_template_status_update",
        _event(
            "REJECTED",
            reason=one_of("INVALID_FORMAT"),
            rejection_info=obj(reason=TEXT, recommendation=TEXT),
        ),
    ),
    "paused": ("message_template_status_update", _event("PAUSED", reason=NO_REASON, other_info=_OTHER_INFO)),
    "unpaused": (
        "message_template_status_update",
        _event("APPROVED", reason=NO_REASON, other_info=_OTHER_INFO),
    ),
    "disabled": (
        "message_template_status_update",
        _event("DISABLED", reason=NO_REASON, other_info=_OTHER_INFO, disable_info=obj(disable_date=TEXT)),
    ),
    "deletion": ("message_template_status_update", _event("PENDING_DELETION", reason=NO_REASON)),
    "quality": (
        "message_template_quality_update",
        about_template(previous_quality_score=TEXT, new_quality_score=TEXT),
    ),
    "components": (
        "message_template_components_update",
        about_template(
            message_template_title=maybe(TEXT),
            message_template_element=TEXT,
            message_template_footer=maybe(TEXT),
            message_template_buttons=maybe(rows({"type": "object"})),
        ),
    ),
    "category to come": (
        "template_category_update",
        about_template(correct_category=TEXT, new_category=TEXT, category_update_timestamp=WHOLE),
    ),
    "category": ("template_category_update", about_template(previous_category=TEXT, new_category=TEXT)),
    "number quality": (
        "phone_number_quality_update",
        obj(
            display_phone_number=DIGITS,
            event=one_of("ONBOARDING", "THROUGHPUT_UPGRADE", "UPGRADE", "DOWNGRADE", "FLAGGED", "UNFLAGGED"),
            current_limit=_TIER,
            max_daily_conversations_per_business=_TIER,
        ),
    ),
    "number name": (
        "phone_number_name_update",
        obj(
            display_phone_number=DIGITS,
            decision=one_of("APPROVED", "REJECTED", "DEFERRED"),
            requested_verified_name=TEXT,
            rejection_reason=TEXT,
        ),
    ),
    "pin": (
        "security",
        obj(display_phone_number=DIGITS, event=one_of("PIN_CHANGED"), requester=DIGITS),
    ),
    "ban": (
        "account_update",
        obj(
            event=one_of("DISABLED_UPDATE"),
            ban_info=obj(
                waba_ban_state=one_of("DISABLE", "REINSTATE", "SCHEDULE_FOR_DISABLE"), waba_ban_date=TEXT
            ),
        ),
    ),
    "restriction": (
        "account_update",
        obj(
            event=one_of("ACCOUNT_RESTRICTION"),
            restriction_info=rows(obj(restriction_type=like("^RESTRICTED_"), expiration=maybe(WHOLE))),
        ),
    ),
    "violation": (
        "account_update",
        obj(event=one_of("ACCOUNT_VIOLATION"), violation_info=obj(violation_type=TEXT)),
    ),
    "review": (
        "account_review_update",
        obj(decision=one_of("APPROVED", "REJECTED", "PENDING", "DEFERRED")),
    ),
    "capability": (
        "business_capability_update",
        obj(
            max_daily_conversations_per_business=_LIMIT,
            max_phone_numbers_per_business=maybe(WHOLE),
            max_phone_numbers_per_waba=maybe(WHOLE),
        ),
    ),
    "alert": (
        "account_alerts",
        obj(
            entity_type=TEXT,
            entity_id=DIGITS,
            alert_info=obj(alert_severity=TEXT, alert_status=TEXT, alert_type=TEXT, alert_description=TEXT),
        ),
    ),
    "flow": (
        "flows",
        obj(
            event=one_of("FLOW_STATUS_CHANGE"), message=TEXT, flow_id=DIGITS, old_status=TEXT, new_status=TEXT
        ),
    ),
    "username": (
        "business_username_update",
        obj(display_phone_number=DIGITS, username=TEXT, status=one_of("approved", "deleted", "reserved")),
    ),
}
