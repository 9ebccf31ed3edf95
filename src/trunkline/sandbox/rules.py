"""The rules that bite: rates, tier, windows, unknown recipients. Lenient unless the settings say otherwise.

`sending.py` asks `refuse_at_once` before a message is taken and `failure_of` for what happens to it later.
"""

from collections import deque

from trunkline.sandbox.errors import GraphError, known_error
from trunkline.sandbox.messages import Message
from trunkline.sandbox.runtime import Runtime
from trunkline.sandbox.templates import missing_template

_DAY = 86_400_000
_PAIR_INTERVAL = 6_000
_PAIR_BURST = 45
_TEMPLATES = {("hello_world", "en_US"): 0}
"""What exists in strict mode: the sample template that every new account has, and its body parameters."""


class Rules:
    """Counts what was sent; one business number."""

    def __init__(self, runtime: Runtime, recent_templates: dict[str, int]) -> None:
        self._settings = runtime.settings
        self._state = runtime.state
        self._clock = runtime.clock
        self._recent: deque[int] = deque()
        self._pairs: dict[str, int] = {}
        self._templates_sent = recent_templates

    def refuse_at_once(self, message: Message) -> None:
        """Raise what Meta answers instead of taking the message."""
        now = self._clock.now()
        if self._settings.strict:
            self._check_template(message)
        self._check_pair(message.recipient, now)
        self._check_throughput(now)
        if self._settings.strict:
            self._check_tier(message, now)

    def failure_of(self, message: Message) -> int | None:
        """The code of the `failed` status that a taken message will get, or None."""
        handset = self._state.handsets.get(message.recipient)
        strict = self._settings.strict
        reachable = handset.reachable if handset else None
        if reachable is False or (strict and handset is None):
            return 131026
        return None if message.type == "template" or self._has_open_window(message.recipient) else 131047

    def _has_open_window(self, recipient: str) -> bool:
        handset = self._state.handsets.get(recipient)
        open_ = handset.window_open if handset else None
        return not self._settings.strict if open_ is None else open_

    def _check_throughput(self, now: int) -> None:
        if self._settings.throughput is None:
            return
        while self._recent and self._recent[0] <= now - 1000:
            self._recent.popleft()
        if len(self._recent) >= self._settings.throughput:
            raise known_error(130429)
        self._recent.append(now)

    def _check_pair(self, recipient: str, now: int) -> None:
        """One message per 6 s, where up to 45 may be borrowed from the future."""
        if not self._settings.pair_limit:
            return
        due = max(self._pairs.get(recipient, 0), now)
        if due - now > _PAIR_INTERVAL * (_PAIR_BURST - 1):
            raise known_error(131056)
        if len(self._pairs) > 100_000:
            self._pairs = {address: at for address, at in self._pairs.items() if at > now}
        self._pairs[recipient] = due + _PAIR_INTERVAL

    def _check_tier(self, message: Message, now: int) -> None:
        """Recipients reached by template outside their window, each counted once in 24 hours."""
        tier, sent = self._settings.tier, self._templates_sent
        if tier is None or message.type != "template" or self._has_open_window(message.recipient):
            return
        if sent.get(message.recipient, 0) <= now - _DAY:
            if len(sent) >= tier:
                self._templates_sent = sent = {who: at for who, at in sent.items() if at > now - _DAY}
            if len(sent) >= tier:
                raise known_error(131048)
        sent[message.recipient] = now

    def _check_template(self, message: Message) -> None:
        if message.template is None:
            return
        name, language, given = message.template
        expected = _TEMPLATES.get((name, language))
        if expected is None:
            raise missing_template(name, language)
        if given != expected:
            raise GraphError(
                132000,
                details=f"body: number of localizable_params ({given}) does not match the expected number of "
                f"params ({expected})",
            )
