"""Our checks and the sandbox's, which share no code: what we pass is taken there, what we refuse is not.

Templates and messages of every kind, with some of their members changed, gone, doubled or put elsewhere.
"""

import copy
import random
from typing import Any

import pytest

from tests.channels.whatsapp_cloud.messages import check as check_message
from tests.channels.whatsapp_cloud.templates import kinds
from tests.channels.whatsapp_cloud.templates.beside_sandbox import (
    drawn_there,
    refusal_of_draft,
    refusal_of_send,
    stored_there,
)
from tests.channels.whatsapp_cloud.templates.kinds import (
    KINDS,
    Json,
    content_of,
    draft,
    drafted,
    problems,
    provided,
)
from trunkline.channels.template_contract import ProviderTemplate
from trunkline.channels.whatsapp_cloud.templates import check, match, render
from trunkline.sandbox.templates.definition import Template

EACH = 80  # of every kind
OURS_ALONE = frozenset({"parameter_empty", "parameter_twice", "codes_differ"})
"""What the sandbox takes although it can not be meant: an empty gap, one that is filled twice while
another is not, another code to copy than to read."""


def known(kind: str) -> tuple[ProviderTemplate, Template]:
    """The same template as we have it of Meta and as the sandbox has it."""
    there = stored_there(drafted(KINDS[kind][0]))
    definition = {"components": there.components, "parameter_format": there.parameter_format}
    ours = provided(KINDS[kind][0])
    return ProviderTemplate(
        provider_id="1",
        name=ours.name,
        language=ours.language,
        category=ours.category,
        status="APPROVED",
        definition=definition,
    ), there


KNOWN = {kind: known(kind) for kind in KINDS}

WORDS = (
    *("", " ", "Ada", "{{1}}", "{{2}}", "{{3}}", "{{name}}", "{{ 1 }}", "{{}}", "{{", "}}", "\t", "      "),
    *("a\nb", "a\n\n\nb", "\N{PARTY POPPER}", "*bold*", "https://shop.example/{{1}}", "your order comes"),
    *("a" * count for count in (20, 21, 25, 26, 60, 61, 160, 161, 600, 601, 1024, 1025)),
)
OTHERS = (None, True, -1, 0, 1, 7, 20, [], {}, [[]])


def places(value: Any) -> list[tuple[Any, Any]]:
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [place for key in list(keys) for place in [(value, key), *places(value[key])]]


def broken(whole: Json, chance: random.Random) -> Json:
    whole = copy.deepcopy(whole)
    for _ in range(chance.choice((1, 1, 2))):
        found = places(whole)
        if not found:
            break
        holder, key = chance.choice(found)
        act = chance.randrange(9)
        if act == 0 and isinstance(holder, dict):
            del holder[key]
        elif act == 1 and isinstance(holder, list):
            holder.insert(key, copy.deepcopy(holder[key]))
        elif act == 2:
            other, place = chance.choice(found)
            holder[key] = copy.deepcopy(other[place])
        elif act == 3:
            holder[key] = copy.deepcopy(chance.choice(OTHERS))
        elif act < 7 and isinstance(holder[key], str):
            holder[key] = chance.choice(("{0} {1}", "{1} {0}", "{0} {1} {0}")).format(
                holder[key], chance.choice(WORDS)
            )
        else:
            holder[key] = " ".join(chance.choices(WORDS, k=chance.choice((1, 1, 2, 5))))
    return whole


def test_every_kind_is_taken_there() -> None:
    for kind, (body, components) in KINDS.items():
        assert refusal_of_draft(drafted(body)) is None, kind
        assert refusal_of_send(KNOWN[kind][1], content_of(components)) is None, kind


def test_a_language_without_spaces_has_words_enough() -> None:
    for language, text in (
        ("zh_CN", "您好{{1}}您的订单{{2}}已发货。"),
        ("ja", "ご注文{{1}}を{{2}}に送ります。"),
    ):
        template = drafted(draft(kinds.body(text, "a", "b"), language=language))
        assert refusal_of_draft(template) is None
    assert problems(draft(kinds.body("您{{1}}好{{2}}了", "a", "b"), language="zh_CN")) != []


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_is_drawn_here_as_on_the_handset(kind: str) -> None:
    ours, there = KNOWN[kind]
    content = content_of(KINDS[kind][1])
    content["template"]["name"], content["template"]["language"] = ours.name, {"code": ours.language}
    assert render.render(ours, content).view == drawn_there(there, content)


@pytest.mark.parametrize("kind", KINDS)
def test_a_template_that_we_pass_is_taken_there(kind: str) -> None:
    assert compare_templates(kind, EACH) > 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_is_passed_if_and_only_if_it_is_taken_there(kind: str) -> None:
    assert compare_messages(kind, EACH) > 0


def compare_templates(kind: str, count: int) -> int:
    """How many of the changed ones we pass: each of them was taken there."""
    passed = 0
    for seed in range(count):
        body = broken(KINDS[kind][0], random.Random(f"{kind} {seed}"))
        draft = check.check(body).draft
        if draft is not None:
            error = refusal_of_draft(draft)
            assert error is None, (error.user_title, error.user_message, error.message, draft)
            passed += 1
    return passed


def compare_messages(kind: str, count: int) -> int:
    """How many of the changed ones are messages at all: on each both sides agreed."""
    compared = 0
    template = {"name": "order_update", "language": {"code": "en_US"}}
    for seed in range(count):
        changed = broken({"components": KINDS[kind][1]}, random.Random(f"{kind} {seed}"))
        message = {"to": "+15550001234", "type": "template", "template": template | changed}
        accepted = check_message(message).draft
        if accepted is not None:
            compare(kind, accepted.content)
            compared += 1
    return compared


def compare(kind: str, content: Json) -> None:
    ours, there = KNOWN[kind]
    problems = match.match(ours.definition, content)
    error = refusal_of_send(there, content)
    if not problems:
        assert error is None or "['location']" in error.message, (error.message, error.details, content)
    elif not {problem.rule for problem in problems} & OURS_ALONE:
        assert error is not None, (problems, content)
    render.render(ours, content)
