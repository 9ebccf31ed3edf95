"""Who gets nothing whatever it says: the verdicts that follow from what is known of a person.

In come members of an audience, a page at a time, and the facts that were read for all of them at once. Out
goes a reason for each who gets none. What follows from the content is in `verdicts_of_content.py`.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from trunkline import phones
from trunkline.audiences.members import Member
from trunkline.campaigns.phone_kinds import kind_without_whatsapp
from trunkline.clock import to_rfc3339
from trunkline.model.campaign import Definition, Reason
from trunkline.model.message import Priority
from trunkline.model.opt_out import stops
from trunkline.runtime import Runtime
from trunkline.store import Tx, recipients, verdict_facts
from trunkline.store.verdict_facts import Consent, Failure, Window

_DAY = 86_400_000
BLOCKED_DAYS = 30
"""A person whom the provider could not reach so lately is not written to."""

_SPELT = ("52", "54", "55")
"""Country codes whose numbers WhatsApp spells in two ways (`phones.spellings`)."""
_KINDS = {"fixed_line": "a fixed line", "uan": "a company number", "voicemail": "a voice mailbox"}


class Verdict(NamedTuple):
    """They get nothing."""

    reason: Reason
    detail: str | None = None


class Facts(NamedTuple):
    """Of one page of members; who is not in a mapping has nothing of the kind."""

    known: set[str]
    """Contacts and addresses that the campaign goes to already."""
    suppressed: Mapping[str, Sequence[str]]
    consents: Mapping[str, Consent]
    failed: Mapping[str, Failure]
    received: set[str]
    """Addresses that a campaign of late, or one of those that this one excludes, went to."""
    windows: Mapping[str, Sequence[Window]]


class _Error(msgspec.Struct):
    code: int = 0
    title: str = ""
    actor: str = ""


_error = msgspec.json.Decoder(_Error)


class Judge:
    """Of one check. It remembers nothing of the members: `known` tells who was there before."""

    def __init__(self, runtime: Runtime, account_id: str, campaign_id: str, definition: Definition) -> None:
        self._store = runtime.store
        self._account_id = account_id
        self._campaign_id = campaign_id
        self._definition = definition
        self._now = runtime.clock.now()
        numbers = (runtime.directory.numbers.get(number_id) for number_id in definition.numbers)
        self._own = frozenset(number.digits for number in numbers if number is not None)

    async def read(self, members: Sequence[Member]) -> Facts:
        """`StoreUnavailable` when it can not be looked up now."""

        async def work(tx: Tx) -> Facts:
            return await self._facts(tx, members)

        return await self._store.read(work)

    async def _facts(self, tx: Tx, members: Sequence[Member]) -> Facts:
        account_id, definition, now = self._account_id, self._definition, self._now
        mine = [member.address for member in members if member.address]
        every = list({address for member in members for address in (member.address, *member.addresses)})
        consents = {}
        if definition.needs_consent:
            consents = await verdict_facts.consents(tx, account_id, every, definition.purpose)
        return Facts(
            known=await self._known(tx, members),
            suppressed=await verdict_facts.suppressed(tx, account_id, every),
            consents=consents,
            failed=await verdict_facts.failed(tx, account_id, mine, now - BLOCKED_DAYS * _DAY),
            received=await self._received(tx, mine),
            windows=await verdict_facts.windows(tx, account_id, [one.contact_id for one in members]),
        )

    async def _known(self, tx: Tx, members: Sequence[Member]) -> set[str]:
        """Whoever is on several lists, was merged with somebody since, or is named by another spelling."""
        key = (self._account_id, self._campaign_id)
        spelt = [name for one in members if one.address.startswith(_SPELT) for name in _names(one)]
        known = await recipients.known(tx, *key, spelt) if spelt else set()
        return known | await verdict_facts.known_contacts(tx, *key, [one.contact_id for one in members])

    async def _received(self, tx: Tx, addresses: Sequence[str]) -> set[str]:
        definition, account_id = self._definition, self._account_id
        found: set[str] = set()
        if definition.without_campaigns:
            campaigns = definition.without_campaigns
            found |= await verdict_facts.received(tx, account_id, campaigns, addresses)
        if definition.not_again_hours is not None:
            since = self._now - definition.not_again_hours * 3_600_000
            found |= await verdict_facts.had_campaign(tx, account_id, addresses, since)
        return found

    def judge(self, member: Member, facts: Facts, page: set[str]) -> Verdict | None:
        """`page`: whom of this page it goes to already; whoever passes is written down there by `note`."""
        address = member.address
        if not address:
            return Verdict(Reason.NO_ADDRESS, "The contact has no phone number and no user id.")
        if self._is_known(member, facts.known) or (page and self._is_known(member, page)):
            return Verdict(Reason.DUPLICATE)
        if address.isdecimal() and (verdict := self._judge_number(address)) is not None:
            return verdict
        return self._judge_person(member, facts)

    def note(self, member: Member, page: set[str]) -> None:
        page.add(member.contact_id)
        page.add(member.address)

    def _is_known(self, member: Member, known: set[str]) -> bool:
        if member.contact_id in known or member.address in known:
            return True
        return member.address.startswith(_SPELT) and not known.isdisjoint(phones.spellings(member.address))

    def _judge_number(self, address: str) -> Verdict | None:
        if not phones.is_normal(address):
            try:
                phones.normalise(address)
            except phones.PhoneError as error:
                return Verdict(Reason.NO_ADDRESS, error.detail)
        if address in self._own:
            return Verdict(Reason.NO_ADDRESS, "It is a number that the campaign is sent from.")
        kind = kind_without_whatsapp(address)
        if kind is None:
            return None
        return Verdict(Reason.NOT_MOBILE, _KINDS.get(kind) or f"a {kind.replace('_', '-')} number")

    def _judge_person(self, member: Member, facts: Facts) -> Verdict | None:
        definition, address = self._definition, member.address
        addresses = member.addresses if address in member.addresses else (address, *member.addresses)
        for one in addresses if facts.suppressed else ():
            for scope in facts.suppressed.get(one, ()):
                if stops(scope, definition.purpose, Priority.BULK):
                    return Verdict(Reason.OPTED_OUT, scope)
        if definition.needs_consent and last_said(addresses, facts.consents) != "granted":
            return Verdict(Reason.NO_CONSENT)
        if (failure := facts.failed.get(address)) is not None and (why := _blocked(failure)) is not None:
            return Verdict(Reason.BLOCKED, why)
        if address in facts.received:
            return Verdict(Reason.ALREADY_RECEIVED)
        return None


def _names(member: Member) -> list[str]:
    return [member.address, *phones.spellings(member.address)]


def last_said(addresses: Sequence[str], consents: Mapping[str, Consent]) -> str | None:
    """`granted` or `withdrawn`, by whichever of their addresses they said it."""
    said = [consents[address] for address in addresses if address in consents]
    return max(said, key=lambda consent: consent.at).action if said else None


def _blocked(failure: Failure) -> str | None:
    """Why the last message did not reach them, if the provider says it was for a reason of theirs."""
    error = _error.decode(failure.error or "{}")
    if error.actor != "recipient" or not error.code:
        return None
    return f"{error.title} ({error.code}), told of a message of {to_rfc3339(failure.created_at)}"
