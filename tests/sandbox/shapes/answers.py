"""The answers of the Cloud API as Meta's pages write them, one shape each."""

from typing import Any

from tests.sandbox.shapes.shape import (
    DIGITS,
    FLAG,
    MOMENT,
    NUMBER,
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

ERROR = obj(
    error=obj(
        message=TEXT,
        type=one_of("OAuthException", "GraphMethodException"),
        code=WHOLE,
        error_data=maybe(obj(messaging_product=one_of("whatsapp"), details=TEXT)),
        error_subcode=maybe(WHOLE),
        is_transient=maybe(FLAG),
        error_user_title=maybe(TEXT),
        error_user_msg=maybe(TEXT),
        fbtrace_id=like("^A[A-Za-z0-9_-]{22}$"),
    )
)
STATUS_ERROR = obj(code=WHOLE, title=TEXT, message=TEXT, error_data=obj(details=TEXT), href=URL)
SUCCESS = obj(success=one_of(True))


def paged(shape: Shape) -> Shape:
    cursors = obj(before=TEXT, after=TEXT)
    return obj(data=rows(shape), paging=obj(cursors=cursors, next=maybe(URL), previous=maybe(URL)))


def sent(contact: Shape, **message: Shape) -> Shape:
    return obj(
        messaging_product=one_of("whatsapp"),
        contacts=rows(contact, 1, 1),
        messages=rows(obj(id=WAMID, **message), 1, 1),
    )


SENT = sent(obj(input=TEXT, wa_id=DIGITS))
SENT_TO_USER_ID = sent(obj(input=USER_ID, user_id=USER_ID))
SENT_TO_BOTH = sent(obj(input=TEXT, wa_id=DIGITS, user_id=USER_ID))
SENT_TEMPLATE = sent(
    obj(input=TEXT, wa_id=DIGITS),
    message_status=one_of("accepted", "held_for_quality_assessment", "paused"),
)

UPLOADED = obj(id=DIGITS)
MEDIA = obj(
    messaging_product=one_of("whatsapp"),
    url=URL,
    mime_type=like("^[a-z]+/"),
    sha256=like("^[0-9a-f]{64}$"),
    file_size=DIGITS,
    id=DIGITS,
)
UPLOAD_SESSION = obj(id=like("^upload:"))
UPLOAD_OFFSET = obj(id=like("^upload:"), file_offset=WHOLE)
UPLOAD_HANDLE = obj(h=like("^4::"))

CATEGORY = one_of("MARKETING", "UTILITY", "AUTHENTICATION")
TEMPLATE_STATUS = one_of(
    *("APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED", "IN_APPEAL", "LIMIT_EXCEEDED", "ARCHIVED"),
    *("DELETED", "PENDING_DELETION"),
)
CAN_SEND = one_of("AVAILABLE", "LIMITED", "BLOCKED")
TEMPLATE_MADE = obj(id=DIGITS, status=TEMPLATE_STATUS, category=CATEGORY)
TEMPLATE_EDITED = obj(success=one_of(True), id=DIGITS, name=TEXT, category=CATEGORY)
COMPONENT: Shape = {"type": "object", "required": ["type"]}
TEMPLATE = obj(
    id=DIGITS,
    name=like("^[a-z0-9_]+$"),
    parameter_format=one_of("POSITIONAL", "NAMED"),
    components=rows(COMPONENT),
    language=like("^[a-z]{2,3}(_[A-Z]{2})?$"),
    status=TEMPLATE_STATUS,
    category=CATEGORY,
    sub_category=maybe(TEXT),
    previous_category=maybe(CATEGORY),
)
TEMPLATE_MORE = obj(
    id=DIGITS,
    rejected_reason=TEXT,
    quality_score=obj(score=one_of("GREEN", "YELLOW", "RED", "UNKNOWN"), date=WHOLE),
    last_updated_time=MOMENT,
)
TEMPLATE_UPSERTED = obj(data=rows(also(TEMPLATE_MADE, language=TEXT)))

HEALTH = obj(
    can_send_message=CAN_SEND,
    entities=rows(
        obj(
            entity_type=one_of("PHONE_NUMBER", "WABA", "BUSINESS", "APP", "MESSAGE_TEMPLATE", "FLOW"),
            id=DIGITS,
            can_send_message=CAN_SEND,
            errors=maybe(rows(obj(error_code=WHOLE, error_description=TEXT, possible_solution=TEXT))),
            additional_info=maybe(rows(TEXT)),
        )
    ),
)
CALLBACKS = obj(phone_number=maybe(URL), whatsapp_business_account=maybe(URL), application=maybe(URL))
QUALITY = one_of("GREEN", "YELLOW", "RED", "UNKNOWN", "NA")
THROUGHPUT = obj(level=one_of("STANDARD", "HIGH", "NOT_APPLICABLE"))
NUMBER_NODE = obj(
    id=DIGITS,
    display_phone_number=like(r"^\+[0-9 -]+$"),
    verified_name=TEXT,
    quality_rating=QUALITY,
    code_verification_status=one_of("VERIFIED", "NOT_VERIFIED", "EXPIRED"),
    platform_type=TEXT,
    throughput=THROUGHPUT,
    last_onboarded_time=maybe(MOMENT),
    webhook_configuration=CALLBACKS,
)
NUMBER_MORE = obj(
    id=DIGITS,
    name_status=one_of(
        "APPROVED", "AVAILABLE_WITHOUT_REVIEW", "DECLINED", "EXPIRED", "PENDING_REVIEW", "NONE"
    ),
    new_name_status=TEXT,
    status=one_of("CONNECTED", "DISCONNECTED", "UNVERIFIED", "PENDING", "FLAGGED", "RESTRICTED"),
    account_mode=one_of("LIVE", "SANDBOX"),
    is_official_business_account=FLAG,
    whatsapp_business_manager_messaging_limit=like("^TIER_"),
    health_status=HEALTH,
)
ADDED = obj(id=DIGITS)
VERIFIED = obj(success=one_of(True), id=DIGITS)
STORAGE = obj(status=TEXT, data_localization_region=maybe(TEXT))
CALLING = obj(status=TEXT, call_icon_visibility=TEXT, callback_permission_status=TEXT)
SETTINGS = obj(
    calling=CALLING,
    payload_encryption=obj(status=TEXT),
    storage_configuration=STORAGE,
    user_identity_change=obj(enable_identity_key_check=FLAG),
)
PROFILE = obj(
    data=rows(
        obj(
            messaging_product=one_of("whatsapp"),
            about=maybe(TEXT),
            address=maybe(TEXT),
            description=maybe(TEXT),
            email=maybe(TEXT),
            profile_picture_url=maybe(URL),
            websites=maybe(rows(URL, 1, 2)),
            vertical=maybe(like("^[A-Z_]+$")),
        ),
        1,
        1,
    )
)

ACCOUNT = obj(id=DIGITS, name=TEXT, timezone_id=DIGITS, message_template_namespace=like("^[0-9a-f_]+$"))
ACCOUNT_MORE = obj(
    id=DIGITS,
    name=TEXT,
    currency=like("^[A-Z]{3}$"),
    timezone_id=DIGITS,
    status=TEXT,
    country=like("^[A-Z]{2}$"),
    business_verification_status=TEXT,
    account_review_status=TEXT,
    health_status=HEALTH,
    primary_business_location=TEXT,
    marketing_messages_lite_api_status=TEXT,
    is_enabled_for_insights=FLAG,
)
SUBSCRIBED_APPS = obj(
    data=rows(
        obj(
            whatsapp_business_api_data=obj(id=DIGITS, name=TEXT, link=URL),
            override_callback_uri=maybe(URL),
        )
    )
)
SUBSCRIPTIONS = obj(
    data=rows(
        obj(
            object=one_of("whatsapp_business_account"),
            callback_url=URL,
            active=FLAG,
            fields=rows(obj(name=TEXT, version=like(r"^v\d+\.0$"))),
        )
    )
)
SCOPE = one_of("whatsapp_business_messaging", "whatsapp_business_management", "business_management")
DEBUG_TOKEN = obj(
    data=obj(
        app_id=DIGITS,
        type=one_of("SYSTEM_USER"),
        application=TEXT,
        data_access_expires_at=WHOLE,
        expires_at=WHOLE,
        is_valid=FLAG,
        issued_at=WHOLE,
        scopes=rows(TEXT),
        granular_scopes=rows(obj(scope=TEXT, target_ids=maybe(rows(DIGITS)))),
        user_id=DIGITS,
        error=maybe(obj(code=WHOLE, message=TEXT, subcode=WHOLE)),
    )
)
ACCESS_TOKEN = obj(access_token=TEXT, token_type=one_of("bearer"))


def block_users(**lists: Shape) -> Shape:
    return obj(messaging_product=one_of("whatsapp"), block_users=obj(**lists))


USERS = rows(obj(input=TEXT, wa_id=DIGITS))
FAILED_USERS = rows(
    obj(
        input=TEXT,
        wa_id=maybe(DIGITS),
        errors=rows(obj(message=TEXT, code=WHOLE, error_data=obj(details=TEXT))),
    )
)
BLOCKED = block_users(added_users=USERS)
UNBLOCKED = block_users(removed_users=USERS)
BLOCK_FAILED = also(
    block_users(added_users=maybe(USERS), failed_users=FAILED_USERS), error=ERROR["properties"]["error"]
)
BLOCK_LIST = paged(obj(messaging_product=one_of("whatsapp"), wa_id=DIGITS))

QR_CODE = obj(
    code=like("^[A-Z2-7]{14}$"),
    prefilled_message=TEXT,
    deep_link_url=like("^https://wa\\.me/message/[A-Z2-7]{14}$"),
    qr_image_url=maybe(URL),
)
QR_CODES = paged(QR_CODE)
QR_CODE_FOUND = obj(data=rows(QR_CODE, 1, 1))
COMMERCE = obj(data=rows(obj(id=DIGITS, is_cart_enabled=FLAG, is_catalog_visible=FLAG), 1, 1))
AUTOMATION = obj(
    id=DIGITS,
    conversational_automation=obj(
        id=DIGITS,
        enable_welcome_message=FLAG,
        commands=rows(obj(command_name=TEXT, command_description=TEXT)),
        prompts=rows(TEXT),
    ),
)
ENCRYPTION = obj(
    data=rows(
        obj(
            business_public_key=like("^-----BEGIN PUBLIC KEY-----"),
            business_public_key_signature_status=one_of("VALID", "MISMATCH"),
        ),
        1,
        1,
    )
)

FLOW_PROBLEM: Shape = {"type": "object", "required": ["error", "error_type", "message"]}
FLOW_MADE = obj(id=DIGITS, success=one_of(True), validation_errors=rows(FLOW_PROBLEM, 0))
FLOW = obj(
    id=DIGITS,
    name=TEXT,
    status=one_of("DRAFT", "PUBLISHED", "DEPRECATED", "BLOCKED", "THROTTLED"),
    categories=rows(TEXT),
    validation_errors=rows(FLOW_PROBLEM, 0),
)
FLOW_ASSETS = paged(obj(name=one_of("flow.json"), asset_type=one_of("FLOW_JSON"), download_url=URL))
FLOW_UPLOADED = obj(success=one_of(True), validation_errors=rows(FLOW_PROBLEM, 0))
FLOW_PREVIEW = obj(id=DIGITS, preview=obj(preview_url=URL, expires_at=MOMENT))


def points(**members: Any) -> Shape:
    return obj(data=rows(obj(data_points=rows(obj(start=WHOLE, end=WHOLE, **members))), 1, 1))


ANALYTICS = obj(
    id=DIGITS,
    analytics=obj(
        phone_numbers=rows(DIGITS),
        country_codes=rows(TEXT),
        granularity=one_of("DAY"),
        data_points=rows(obj(start=WHOLE, end=WHOLE, sent=WHOLE, delivered=WHOLE)),
    ),
)
CONVERSATIONS = obj(
    id=DIGITS,
    conversation_analytics=points(
        conversation=WHOLE,
        cost=NUMBER,
        conversation_category=TEXT,
        conversation_direction=one_of("BUSINESS_INITIATED", "USER_INITIATED"),
        conversation_type=one_of("REGULAR", "FREE_TIER", "FREE_ENTRY_POINT"),
        country=like("^[A-Z]{2}$"),
        phone_number=DIGITS,
    ),
)
PRICES = obj(
    id=DIGITS,
    pricing_analytics=points(
        volume=WHOLE,
        cost=NUMBER,
        country=like("^[A-Z]{2}$"),
        phone_number=DIGITS,
        tier=maybe(like("^[0-9]+:([0-9]+|MAX)$")),
        pricing_type=one_of("REGULAR", "FREE_CUSTOMER_SERVICE", "FREE_ENTRY_POINT"),
        pricing_category=TEXT,
    ),
)
TEMPLATE_ANALYTICS = paged(
    obj(
        granularity=one_of("DAILY"),
        product_type=one_of("cloud_api"),
        data_points=rows(
            obj(
                template_id=DIGITS,
                start=WHOLE,
                end=WHOLE,
                sent=WHOLE,
                delivered=WHOLE,
                read=WHOLE,
                clicked=rows(obj(type=TEXT, button_content=TEXT, count=WHOLE), 0),
                cost=rows(obj(type=TEXT, value=either(WHOLE, NUMBER))),
            )
        ),
    )
)
