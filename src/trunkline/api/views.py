"""What callers are shown of what is stored. Pure; the types are the reference of the API's answers.

Moments go out as RFC 3339 text in UTC with milliseconds.
"""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from trunkline.channels.contract import SendError
from trunkline.clock import to_rfc3339
from trunkline.model.message import Priority
from trunkline.store.accounts import Account
from trunkline.store.api_keys import ApiKey
from trunkline.store.attempts import AttemptRow
from trunkline.store.messages import MessageRow
from trunkline.store.numbers import NumberRow
from trunkline.store.retention import REMOVED

Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"}, examples=["2026-11-22T17:00:00.123Z"])]
MaybeTime = Annotated[Time | None, Meta(description="Null when it has not happened.")]
Content = Annotated[
    msgspec.Raw,
    Meta(
        description="The message in its normal form, under the name of its type.",
        extra_json_schema={"type": "object"},
    ),
]


class ProviderError(msgspec.Struct, kw_only=True):
    """A provider's no, and what to do about it."""

    code: Annotated[int, Meta(description="The provider's code.")]
    title: str
    cause: Annotated[str, Meta(description="Why, in a sentence.")]
    actor: Annotated[str, Meta(description="Who must act: sender, operator, recipient, provider or nobody.")]
    remedy: Annotated[str, Meta(description="What that one can do.")]
    detail: Annotated[str | None, Meta(description="The provider's own words.")]


class AttemptView(msgspec.Struct, kw_only=True):
    """One try to send."""

    id: str
    n: int
    started_at: Time
    finished_at: MaybeTime
    outcome: Annotated[
        str | None,
        Meta(
            description="taken, not_sent (proven), refused or ambiguous (may have arrived). Null: under way."
        ),
    ]
    in_doubt: Annotated[bool, Meta(description="True until evidence settles an ambiguous attempt.")]
    http_status: int | None
    detail: str | None
    error: ProviderError | None
    settled_by: Annotated[
        str | None,
        Meta(description="What ended a doubt: token, lane, absence, policy, life, caller or abandoned."),
    ]
    settled_at: MaybeTime


class TimelineEntry(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One entry of a timeline: what the message became, when, and by what."""

    at: Time
    state: Annotated[str, Meta(description="A state of the message, or the word of the provider's status.")]
    attempt: Annotated[int, Meta(description="The try that this belongs to.")] | None = None
    attempt_id: str | None = None
    outcome: Annotated[str, Meta(description="Of the try: taken, not_sent, refused or ambiguous.")] | None = (
        None
    )
    settled_by: str | None = None
    detail: str | None = None
    error: ProviderError | None = None


class Reference(msgspec.Struct):
    """Points at another message."""

    message_id: str


class FallbackView(msgspec.Struct):
    """What goes in a message's place while the 24-hour window is closed."""

    used: Annotated[bool, Meta(description="It went; `content` is then what the message said before.")]
    content: Content


class MessageView(
    msgspec.Struct, kw_only=True, rename={"from_": "from"}, tag_field="direction", tag="outbound"
):
    """A message as lists show it."""

    id: str
    type: str
    from_: Annotated[str, Meta(description="Digits of the business number.")]
    to: Annotated[str | None, Meta(description="Digits of the recipient.")]
    recipient: Annotated[str | None, Meta(description="The recipient's user id, where there is no number.")]
    state: str
    state_reason: Annotated[str | None, Meta(description="What a held message waits for.")]
    content: Content
    content_removed: Annotated[
        bool, Meta(description="It was kept for its time (`retention.content_days`), and is gone.")
    ]
    context: Annotated[
        Reference | None, Meta(description="The message replied to, reacted to or marked as read.")
    ]
    fallback: FallbackView | None
    purpose: str | None
    campaign_id: Annotated[str | None, Meta(description="The campaign that it belongs to, if it does.")]
    biz_opaque_callback_data: str | None
    priority: Annotated[str, Meta(description="high, normal or bulk.")]
    provider_id: Annotated[str | None, Meta(description="The provider's own id (wamid.…).")]
    error: Annotated[ProviderError | None, Meta(description="Why it failed, or was refused the last time.")]
    created_at: Time
    send_at: Annotated[Time | None, Meta(description="The time that the request asked for.")]
    due_at: Annotated[Time, Meta(description="When it may go, or may go again.")]
    expires_at: Annotated[Time, Meta(description="Unsent by then, it expires.")]
    submitted_at: MaybeTime
    sent_at: MaybeTime
    delivered_at: MaybeTime
    read_at: MaybeTime
    failed_at: MaybeTime
    ended_at: Annotated[Time | None, Meta(description="When it was canceled, expired or given up in doubt.")]


class MessageLife(MessageView, kw_only=True):
    """A message with everything that happened to it."""

    attempts: list[AttemptView]
    timeline: Annotated[list[TimelineEntry], Meta(description="Every attempt and every fact, in order.")]


class ToldView(msgspec.Struct):
    """What the provider last told of a number, and when."""

    value: str
    told_at: Time


class NumberView(msgspec.Struct, kw_only=True, rename={"from_": "from"}):
    """A business number. Its token and app secret are never shown."""

    id: str
    from_: Annotated[str, Meta(description="Digits, as in the `from` of a message.")]
    connector: str
    phone_number_id: str
    waba_id: str
    app_id: str
    base_url: str
    is_default: bool
    is_builtin: Annotated[bool, Meta(description="The number of the built-in sandbox.")]
    messages_per_second: int
    daily_recipients: Annotated[
        int | None, Meta(description="People it may write to first within 24 hours; null: no limit.")
    ]
    window_policy: Annotated[
        str,
        Meta(description="What a free-form message meets outside the 24-hour window: enforce, hold, advise."),
    ]
    links: Annotated[
        str, Meta(description="Who fetches the files that messages name by link: fetch (we), pass_through.")
    ]
    template_check: Annotated[
        str,
        Meta(description="Whether templates are held against what is known of them: check, pass_through."),
    ]
    tier_reserve: Annotated[
        int | None,
        Meta(description="Of `daily_recipients`, left to messages that are not `bulk`; null: a tenth."),
    ]
    is_shared: Annotated[bool, Meta(description="Others send from it too, such as the phone app.")]
    held_reason: Annotated[str | None, Meta(description="Why nothing leaves from it; null when all is well.")]
    provider_info: Annotated[
        dict[str, ToldView],
        Meta(description="What the provider last told of it: `limit`, `quality_event`, `name`, `account` …"),
    ]
    created_at: Time
    updated_at: Time


class KeyView(msgspec.Struct, kw_only=True):
    """An API key, without the key."""

    id: str
    name: str
    live: Annotated[bool, Meta(description="False: a test key, which can not send through a real number.")]
    created_at: Time
    expires_at: Annotated[Time | None, Meta(description="Null: it does not expire.")]
    revoked_at: MaybeTime


class NewKeyView(KeyView, kw_only=True):
    """A key at its making."""

    key: Annotated[str, Meta(description="The key itself. It is not kept and cannot be shown again.")]


class AccountView(msgspec.Struct, kw_only=True):
    """An account, with what its provider's app has to be told."""

    id: str
    name: str
    created_at: Time
    hook_paths: Annotated[
        dict[str, str], Meta(description="Path of the hook at which each kind of provider reaches it.")
    ]
    verify_token: Annotated[str, Meta(description="Proves the hook to the provider when it subscribes.")]


class AccountSettings(msgspec.Struct, kw_only=True):
    """An account as it sees itself."""

    id: str
    name: str
    created_at: Time
    doubt_policy: Annotated[
        str,
        Meta(
            description="What becomes of a send without a usable answer: resolve, never_resend, resend_after."
        ),
    ]
    resend_after_seconds: Annotated[int | None, Meta(description="Of `resend_after`; else null.")]


def show_message(row: MessageRow, digits: str) -> MessageView:
    """`digits` are those of the number it leaves from."""
    return MessageView(**_members(row, digits))


def show_life(
    row: MessageRow, digits: str, attempts: list[AttemptView], timeline: list[TimelineEntry]
) -> MessageLife:
    return MessageLife(**_members(row, digits), attempts=attempts, timeline=timeline)


def _members(row: MessageRow, digits: str) -> dict[str, Any]:
    return {
        "id": row.id,
        "type": row.type,
        "from_": digits,
        "to": row.recipient if row.recipient_kind == "phone" else None,
        "recipient": row.recipient if row.recipient_kind == "user_id" else None,
        "state": row.state,
        "state_reason": row.state_reason,
        "content": msgspec.Raw(row.content.encode()),
        "content_removed": row.content == REMOVED,
        "context": Reference(row.context_id) if row.context_id else None,
        "fallback": _fallback(row),
        "purpose": row.purpose,
        "campaign_id": row.campaign_id,
        "biz_opaque_callback_data": row.callback_data,
        "priority": Priority(row.priority).name.lower(),
        "provider_id": row.provider_id,
        "error": show_error(row.error),
        "created_at": to_rfc3339(row.created_at),
        "send_at": show_time(row.send_at),
        "due_at": to_rfc3339(row.due_at),
        "expires_at": to_rfc3339(row.expires_at),
        "submitted_at": show_time(row.submitted_at),
        "sent_at": show_time(row.sent_at),
        "delivered_at": show_time(row.delivered_at),
        "read_at": show_time(row.read_at),
        "failed_at": show_time(row.failed_at),
        "ended_at": show_time(row.ended_at),
    }


def _fallback(row: MessageRow) -> FallbackView | None:
    if row.fallback is None:
        return None
    return FallbackView(used=row.type == "template", content=msgspec.Raw(row.fallback.encode()))


def show_attempt(attempt: AttemptRow, attempt_id: str) -> AttemptView:
    return AttemptView(
        id=attempt_id,
        n=attempt.n,
        started_at=to_rfc3339(attempt.started_at),
        finished_at=show_time(attempt.finished_at),
        outcome=attempt.outcome,
        in_doubt=attempt.outcome == "ambiguous" and bool(attempt.is_open),
        http_status=attempt.http_status,
        detail=attempt.detail,
        error=show_error(attempt.error),
        settled_by=attempt.settled_by,
        settled_at=show_time(attempt.settled_at),
    )


def show_error(text: str | None) -> ProviderError | None:
    """From the JSON that is kept of a `SendError`."""
    if text is None:
        return None
    error = msgspec.json.decode(text, type=SendError)
    return ProviderError(
        code=error.code,
        title=error.title,
        cause=error.cause,
        actor=error.actor,
        remedy=error.remedy,
        detail=error.detail,
    )


def show_number(row: NumberRow) -> NumberView:
    return NumberView(
        id=row.id,
        from_=row.digits,
        connector=row.connector,
        phone_number_id=row.phone_number_id,
        waba_id=row.waba_id,
        app_id=row.app_id,
        base_url=row.base_url,
        is_default=bool(row.is_default),
        is_builtin=bool(row.is_builtin),
        messages_per_second=row.messages_per_second,
        daily_recipients=row.daily_recipients,
        window_policy=row.window_policy,
        links=row.links,
        template_check=row.template_check,
        tier_reserve=row.tier_reserve,
        is_shared=bool(row.is_shared),
        held_reason=row.held_reason,
        provider_info=_provider_info(row),
        created_at=to_rfc3339(row.created_at),
        updated_at=to_rfc3339(row.updated_at),
    )


def _provider_info(row: NumberRow) -> dict[str, ToldView]:
    known = msgspec.json.decode(row.provider_info or "{}", type=dict[str, Any])
    told_at = known.pop("told_at", {})
    return {
        name: ToldView(to_rfc3339(value) if isinstance(value, int) else str(value), to_rfc3339(told_at[name]))
        for name, value in known.items()
        if value is not None
    }


def show_key(key: ApiKey) -> KeyView:
    return KeyView(**_key_members(key))


def show_new_key(key: ApiKey, token: str) -> NewKeyView:
    return NewKeyView(**_key_members(key), key=token)


def _key_members(key: ApiKey) -> Mapping[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "live": bool(key.is_live),
        "created_at": to_rfc3339(key.created_at),
        "expires_at": show_time(key.expires_at),
        "revoked_at": show_time(key.revoked_at),
    }


def show_account(account: Account, connectors: list[str], verify_token: str) -> AccountView:
    return AccountView(
        id=account.id,
        name=account.name,
        created_at=to_rfc3339(account.created_at),
        hook_paths={kind: f"/hooks/{kind}/{account.hook_key}" for kind in connectors},
        verify_token=verify_token,
    )


def show_account_settings(account: Account) -> AccountSettings:
    return AccountSettings(
        id=account.id,
        name=account.name,
        created_at=to_rfc3339(account.created_at),
        doubt_policy=account.doubt_policy,
        resend_after_seconds=account.resend_after_seconds,
    )


def show_time(at: int | None) -> str | None:
    return to_rfc3339(at) if at is not None else None
