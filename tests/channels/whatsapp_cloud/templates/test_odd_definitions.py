"""Whatever a provider gives as a template or tells of one is read as far as it can be; nothing breaks."""

import copy
import random
from typing import Any

from tests.channels.whatsapp_cloud.templates.kinds import KINDS, Json, content_of, provided, stored
from tests.channels.whatsapp_cloud.templates.test_agreement import places
from trunkline.channels.template_contract import ProviderTemplate, TemplateDraft
from trunkline.channels.whatsapp_cloud.templates.edit import check_edit
from trunkline.channels.whatsapp_cloud.templates.lint import lint
from trunkline.channels.whatsapp_cloud.templates.match import match
from trunkline.channels.whatsapp_cloud.templates.news import news_of
from trunkline.channels.whatsapp_cloud.templates.render import render
from trunkline.channels.whatsapp_cloud.templates.samples import samples_of, with_samples

ODD = (
    None,
    True,
    0,
    -1,
    10**30,
    1.5,
    "",
    "x",
    "{{",
    "{{1}}",
    "{{99999999999}}",
    [],
    [None],
    {},
    {"a": []},
    [[[]]],
)


def spoiled(whole: Json, chance: random.Random) -> Json:
    whole = copy.deepcopy(whole)
    for _ in range(chance.randint(1, 6)):
        if found := places(whole):
            holder, key = chance.choice(found)
            holder[key] = copy.deepcopy(chance.choice(ODD))
    return whole


def test_an_odd_definition_is_read_as_far_as_it_can_be() -> None:
    for kind, (body, components) in KINDS.items():
        definition, content = stored(body), content_of(components)
        for seed in range(60):
            odd = spoiled(definition, random.Random(f"{kind} {seed}"))
            assert isinstance(read(odd, content), str), (kind, seed)


def read(definition: Json, content: Json) -> str:
    """What a phone would show, whatever is left of it."""
    template = ProviderTemplate(
        provider_id="1", name="a", language="en", category="UTILITY", status="APPROVED", definition=definition
    )
    match(definition, content)
    render(template, content)
    lint(TemplateDraft(name="a", language="en", category="UTILITY", definition=definition))
    with_samples(definition, dict.fromkeys(samples_of(definition), "4::aa"))
    check_edit(template, {"message_send_ttl_seconds": 60})
    check_edit(provided(KINDS["plain"][0]), definition)
    return render(template, None).text


TOLD: dict[str, Any] = {
    "message_template_id": 7,
    "message_template_name": "a",
    "message_template_language": "en",
    "event": "REJECTED",
    "reason": "NONE",
    "rejection_info": {"reason": "a", "recommendation": "b"},
    "other_info": {"title": "a", "description": "b"},
    "new_quality_score": "RED",
    "new_category": "UTILITY",
    "correct_category": "MARKETING",
}
FIELDS = (
    "message_template_status_update",
    "message_template_quality_update",
    "message_template_components_update",
    "template_category_update",
    "template_correct_category_detection",
)


def test_odd_news_are_read_as_far_as_they_can_be() -> None:
    for seed in range(300):
        odd = spoiled(TOLD, random.Random(seed))
        for field in FIELDS:
            news = news_of(field, odd)
            assert news is None or all(
                value is None or isinstance(value, str | bool)
                for value in (
                    news.provider_id,
                    news.name,
                    news.status,
                    news.detail,
                    news.category,
                    news.is_partial,
                )
            )
