"""What Meta tells of numbers, templates and accounts, and what follows from it."""

import json
from typing import Any

import pytest

from trunkline.channels.contract import Notice, Parsed
from trunkline.channels.whatsapp_cloud import webhooks

NUMBER = {"display_phone_number": "+1 555-000-1000"}


def parsed(field: Any, value: Any) -> Parsed:
    entry = {"id": "102", "time": 1_795_366_800, "changes": [{"field": field, "value": value}]}
    body = {"object": "whatsapp_business_account", "entry": [entry]}
    return webhooks.parse(json.dumps(body).encode())


def notice(field: Any, value: Any) -> Notice:
    [found] = parsed(field, value).notices
    assert (found.field, found.waba_id, found.at, found.value) == (field, "102", 1_795_366_800_000, value)
    return found


@pytest.mark.parametrize(
    ("limit", "recipients"),
    [
        ("TIER_50", 50), ("TIER_250", 250), ("TIER_1K", 1000), ("TIER_2K", 2000), ("TIER_100K", 100_000),
        ("TIER_UNLIMITED", 0), ("TIER_1234", 1234), (2000, 2000), ("2000", 2000), (-1, 0),
        ("TIER_NOT_SET", None), (None, None), (0, None), (True, None), ({}, None), (10**15, None), ("", None),
    ],
)  # fmt: skip
def test_a_messaging_limit_is_read_however_it_is_written(limit: Any, recipients: int | None) -> None:
    told = {"max_daily_conversations_per_business": limit}
    of_account = notice("business_capability_update", told)
    assert (of_account.type, of_account.daily_recipients) == ("account.changed", recipients)
    of_number = notice("phone_number_quality_update", NUMBER | {"event": "ONBOARDING"} | told)
    assert (of_number.type, of_number.daily_recipients) == ("number.changed", recipients)
    assert of_number.digits == "15550001000"


def test_the_older_word_for_the_limit_is_read_too() -> None:
    assert (
        notice("phone_number_quality_update", NUMBER | {"current_limit": "TIER_1K"}).daily_recipients == 1000
    )


@pytest.mark.parametrize(
    ("value", "hold", "release"),
    [
        ({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}, True, False),
        ({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "SCHEDULE_FOR_DISABLE"}}, False, False),
        ({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}}, False, True),
        ({"event": "DISABLED_UPDATE", "ban_info": "DISABLE"}, False, False),
        ({"event": "ACCOUNT_DELETED"}, True, False),
        ({"event": "ACCOUNT_RECONNECTED"}, False, True),
        ({"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "SPAM"}}, False, False),
        ({"event": "ACCOUNT_RESTRICTION"}, False, False),
        ({"event": "PARTNER_ADDED"}, False, False),
        ({"event": ["DISABLED_UPDATE"]}, False, False),
    ],
)
def test_a_ban_holds_and_a_reinstatement_releases(value: Any, hold: bool, release: bool) -> None:
    found = notice("account_update", value)
    assert (found.hold is not None, found.release) == (hold, release)


@pytest.mark.parametrize(
    ("kind", "holds"),
    [
        ("RESTRICTED_BIZ_INITIATED_MESSAGING", True),
        ("RESTRICTED_CUSTOMER_INITIATED_MESSAGING", True),
        ("RESTRICTED_ADD_PHONE_NUMBER_ACTION", False),
        ("RATE_LIMITED_UTILITY_TEMPLATE_MESSAGING", False),
    ],
)
def test_only_a_restriction_of_all_messages_holds(kind: str, holds: bool) -> None:
    told = {"event": "ACCOUNT_RESTRICTION", "restriction_info": [{"restriction_type": kind}, None]}
    found = notice("account_update", told)
    assert (found.hold is not None) == holds
    assert found.info == {"restrictions": kind}


def test_what_is_told_of_a_number_is_remembered() -> None:
    quality = notice("phone_number_quality_update", NUMBER | {"event": "FLAGGED", "current_limit": "TIER_1K"})
    assert quality.info == {"quality_event": "FLAGGED", "limit": "TIER_1K"}
    asked = NUMBER | {"decision": "APPROVED", "requested_verified_name": "Example"}
    assert notice("phone_number_name_update", asked).info == {"name_decision": "APPROVED", "name": "Example"}
    assert notice("phone_number_name_update", asked | {"decision": "REJECTED"}).info == {
        "name_decision": "REJECTED"
    }


@pytest.mark.parametrize(
    ("field", "value", "type_"),
    [
        (
            "message_template_status_update",
            {"event": "APPROVED", "message_template_id": 1},
            "template.changed",
        ),
        ("template_category_update", {"new_category": "MARKETING"}, "template.changed"),
        ("template_correct_category_detection", {}, "template.changed"),
        ("security", NUMBER | {"event": "PIN_CHANGED"}, "number.changed"),
        ("account_review_update", {"decision": "APPROVED"}, "account.changed"),
        ("account_alerts", {"entity_type": "WABA", "entity_id": "102"}, "account.changed"),
        ("flows", {"event": "FLOW_STATUS_CHANGE"}, "account.changed"),
        ("a_field_of_next_year", {"anything": [None, {"x": 1}]}, "account.changed"),
        ("a_field_of_next_year", {"metadata": {"phone_number_id": "1"}}, "number.changed"),
    ],
)
def test_every_field_becomes_the_event_of_what_it_is_about(field: str, value: Any, type_: str) -> None:
    assert notice(field, value).type == type_


def test_an_alert_about_a_number_names_it_by_its_id() -> None:
    assert (
        notice("account_alerts", {"entity_type": "PHONE_NUMBER", "entity_id": 106}).phone_number_id == "106"
    )


@pytest.mark.parametrize("field", ["history", "smb_message_echoes", "standby", None, 7, "", "f" * 100])
def test_whole_chats_and_fields_without_a_name_stay_in_the_raw_post(field: Any) -> None:
    found = parsed(field, {"history": []})
    assert (found.notices, found.unread) == ((), 1)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"wa_id": "15550001234", "value": "stop", "timestamp": 1_795_366_800}, ("15550001234", None, False)),
        ({"user_id": "US.1", "value": "resume"}, (None, "US.1", True)),
        ({"wa_id": "15550001234", "value": "pause"}, None),
        ({"value": "stop"}, None),
        ({"wa_id": ["15550001234"], "value": "stop"}, None),
    ],
)
def test_a_wish_names_a_person_and_says_stop_or_resume(told: Any, expected: Any) -> None:
    members = {
        "metadata": {"phone_number_id": "1"},
        "user_preferences": [told | {"category": "marketing_messages"}],
    }
    found = parsed("user_preferences", members)
    if expected is None:
        assert (found.preferences, found.unread) == ((), 1)
    else:
        [wish] = found.preferences
        assert (wish.person.phone, wish.person.user_id, wish.wants) == expected
        assert (wish.phone_number_id, wish.category) == ("1", "marketing_messages")
