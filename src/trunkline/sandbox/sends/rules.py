"""The rules that bite: rates, tier, windows, unknown recipients. Lenient unless the settings say otherwise.

`sending.py` asks `refuse_at_once` before a message is taken and `failure_of` for what happens to it later.
"""

from collections import deque

from trunkline.sandbox.content.messages import Message
from trunkline.sandbox.errors import invalid_value, known_error
from trunkline.sandbox.numbers import BusinessNumber
from trunkline.sandbox.runtime import Runtime

_DAY = 86_400_000
_PAIR_INTERVAL = 6_000
_PAIR_BURST = 45
_PAIRS = 100_000
"""As many are remembered before those that are over are swept out."""


class Rules:
    """Counts what was sent, per business number where Meta does."""

    def __init__(self, runtime: Runtime, recent_templates: dict[str, int]) -> None:
        self._switches = runtime.switches
        self._state = runtime.state
        self._clock = runtime.clock
        self._people = runtime.people
        self._populations = runtime.populations
        self._account = runtime.account
        self._blocks = runtime.blocks
        self._windows = runtime.windows
        self._templates = runtime.templates.gate
        self._flows = runtime.flows
        self._recent: dict[str, deque[int]] = {}
        self._pairs: dict[tuple[str, str], int] = {}
        self._most_pairs = _PAIRS
        self._templates_sent = recent_templates

    def refuse_at_once(self, number: BusinessNumber, message: Message) -> None:
        """Raise what Meta answers instead of taking the message."""
        now, switches = self._clock.now(), self._switches
        if (code := self._account.refusal_of(number, message.type)) is not None:
            raise known_error(code)
        if self._blocks.is_blocked(number.id, message.recipient):
            raise known_error(130403)
        if switches.recipients is not None and message.recipient not in switches.recipients:
            raise known_error(131030)
        if message.template is not None:
            self._templates.check(message)
        if message.flow is not None:
            self._check_flow(*message.flow)
        if switches.pair_limit:
            self._check_pair((number.id, message.recipient), now)
        if switches.throughput is not None:
            self._check_throughput(number.id, switches.throughput, now)
        if switches.tier is not None and message.type == "template":
            self._check_tier(number.id, message.recipient, switches.tier, now)

    def failure_of(self, number: BusinessNumber, message: Message) -> int | None:
        """The code of the `failed` status that a taken message will get, or None."""
        person = self._people.find(message.recipient)
        handset = self._state.handsets.get(message.recipient)
        reachable = handset.reachable if handset else None
        if reachable is False:
            return 131026
        is_unknown = self._switches.known_handsets and handset is None and person is None
        if is_unknown and not self._is_in_population(message.recipient):
            return 131026
        if person is not None and number.id in person.blocked:
            return 131026
        if message.template is not None:
            return self._templates.failure_of(number.id, message)
        if self._has_open_window(number.id, message.recipient):
            return None
        return 131047

    def _check_flow(self, name: str, mode: str) -> None:
        """A flow that is not here is taken: it may be any of the account's."""
        state = self._flows.flow_state(name)
        if state == "BLOCKED":
            raise known_error(132068)
        if state == "THROTTLED":
            raise known_error(132069)
        if state == "DRAFT" and mode != "draft":
            raise invalid_value("The flow is a draft: send it with the mode draft, or publish it.")
        if state == "DEPRECATED":
            raise invalid_value("The flow is deprecated and can not be sent any more.")

    def _is_in_population(self, address: str) -> bool:
        return any(population.has(address) for population in self._populations.values())

    def _has_open_window(self, phone_number_id: str, recipient: str) -> bool:
        """As the handset's rule says; else as the clock does, where windows count."""
        handset = self._state.handsets.get(recipient)
        if handset is not None and handset.window_open is not None:
            return handset.window_open
        if not self._switches.windows:
            return True
        person = self._people.find(recipient)
        address = person.address if person is not None else recipient
        return self._windows.is_open(phone_number_id, address, self._clock.now())

    def _check_throughput(self, phone_number_id: str, most: int, now: int) -> None:
        recent = self._recent.setdefault(phone_number_id, deque())
        while recent and recent[0] <= now - 1000:
            recent.popleft()
        if len(recent) >= most:
            raise known_error(130429)
        recent.append(now)

    def _check_pair(self, pair: tuple[str, str], now: int) -> None:
        """One message per 6 s, where up to 45 may be borrowed from the future."""
        due = max(self._pairs.get(pair, 0), now)
        if due - now > _PAIR_INTERVAL * (_PAIR_BURST - 1):
            raise known_error(131056)
        if len(self._pairs) > self._most_pairs:
            self._pairs = {known: at for known, at in self._pairs.items() if at > now}
            self._most_pairs = max(_PAIRS, 2 * len(self._pairs))
        self._pairs[pair] = due + _PAIR_INTERVAL

    def _check_tier(self, phone_number_id: str, recipient: str, tier: int, now: int) -> None:
        """Recipients reached by template outside their window, each counted once in 24 hours."""
        sent = self._templates_sent
        if self._has_open_window(phone_number_id, recipient):
            return
        if sent.get(recipient, 0) <= now - _DAY:
            if len(sent) >= tier:
                self._templates_sent = sent = {who: at for who, at in sent.items() if at > now - _DAY}
            if len(sent) >= tier:
                raise known_error(131048)
        sent[recipient] = now
