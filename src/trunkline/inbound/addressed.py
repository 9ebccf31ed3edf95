"""A POST, READ: its facts, each with the number of ours that it is about.

In comes a kept post; out go facts ready to be applied. What is about a number or a business account that this
account does not have is dropped: a signature proves the app, and one app may serve many numbers.
"""

from collections.abc import Sequence

import msgspec

from trunkline.channels.contract import Notice, Parsed, Preference, StatusFact
from trunkline.channels.template_contract import TemplateNews
from trunkline.inbound.notices import Announcement
from trunkline.inbound.received import Arrival, arrival
from trunkline.inbound.statuses import Report
from trunkline.model.evidence import read_token
from trunkline.runtime import Runtime, log
from trunkline.store.inbox import OpenPost
from trunkline.store.numbers import NumberRow


class Choice(msgspec.Struct, frozen=True):
    """What somebody told the provider that they want of a number of ours."""

    account_id: str
    number_id: str
    preference: Preference
    received_at: int


class Facts(msgspec.Struct, frozen=True):
    """All that a post says and that is ours."""

    reports: Sequence[Report] = ()
    arrivals: Sequence[Arrival] = ()
    choices: Sequence[Choice] = ()
    announcements: Sequence[Announcement] = ()


def read_post(runtime: Runtime, post: OpenPost) -> Facts:
    """`ValueError` when it is not to be read."""
    parsed = runtime.connectors[post.connector].parse(post.body)
    return _Reader(runtime, post).facts(parsed)


class _Reader:
    """Of one post."""

    def __init__(self, runtime: Runtime, post: OpenPost) -> None:
        self._evidence_mac = runtime.vault.evidence_mac
        self._connector = runtime.connectors[post.connector]
        self._post = post
        self._rows = runtime.directory.of_account(post.account_id)
        self._numbers = {row.phone_number_id: row for row in self._rows}
        self._strangers = 0

    def facts(self, parsed: Parsed) -> Facts:
        account_id, received_at = self._post.account_id, self._post.received_at
        made = Facts(
            reports=[
                self._report(id_, fact)
                for fact in parsed.statuses
                if (id_ := self._ours(fact.phone_number_id))
            ],
            arrivals=[
                arrival(account_id, id_, message, received_at)
                for message in parsed.received
                if (id_ := self._ours(message.phone_number_id))
            ],
            choices=[
                Choice(account_id, id_, choice, received_at)
                for choice in parsed.preferences
                if (id_ := self._ours(choice.phone_number_id))
            ],
            announcements=[each for notice in parsed.notices if (each := self._announcement(notice))],
        )
        if self._strangers:
            log.warning(
                "webhook post %s speaks of a number this account does not have, %d times",
                self._post.id, self._strangers,
            )  # fmt: skip
        return made

    def _ours(self, phone_number_id: str) -> str | None:
        row = self._numbers.get(phone_number_id)
        self._strangers += row is None
        return None if row is None else row.id

    def _report(self, number_id: str, fact: StatusFact) -> Report:
        evidence = read_token(fact.token, self._evidence_mac)
        dated = fact if fact.at else msgspec.structs.replace(fact, at=self._post.received_at)
        return Report(self._post.account_id, number_id, dated, evidence, self._post.received_at)

    def _announcement(self, notice: Notice) -> Announcement | None:
        named = self._named(notice)
        concerned = [named] if named else [row for row in self._rows if row.waba_id == notice.waba_id]
        if not concerned or ((notice.phone_number_id or notice.digits) and named is None):
            self._strangers += 1
            return None
        return Announcement(
            self._post.account_id,
            notice,
            named.id if named else None,
            [row.id for row in concerned],
            self._post.received_at,
            self._news(notice),
        )

    def _news(self, notice: Notice) -> TemplateNews | None:
        if notice.type != "template.changed" or self._connector.templates is None:
            return None
        return self._connector.templates.news_of(notice.field, notice.value)

    def _named(self, notice: Notice) -> NumberRow | None:
        if notice.phone_number_id is not None:
            return self._numbers.get(notice.phone_number_id)
        if notice.digits is None:
            return None
        return next((row for row in self._rows if row.digits == notice.digits), None)
