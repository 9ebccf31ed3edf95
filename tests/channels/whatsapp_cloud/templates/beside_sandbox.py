"""The other side's opinion: the sandbox, which shares no code with us, judges the same template and send."""

from typing import Any

from tests.channels.whatsapp_cloud.templates.kinds import HANDLE, Json
from trunkline.channels.template_contract import TemplateDraft
from trunkline.channels.whatsapp_cloud.templates.samples import samples_of, with_samples
from trunkline.sandbox.content.template_message import read_template
from trunkline.sandbox.errors import GraphError
from trunkline.sandbox.params import Param
from trunkline.sandbox.templates.checks import read_components, read_life
from trunkline.sandbox.templates.definition import Template
from trunkline.sandbox.templates.matching import check_use
from trunkline.sandbox.templates.rendering import Renderer
from trunkline.sandbox.templates.shape import shape_of

RENDERER = Renderer(lambda media: None)


def stored_there(draft: TemplateDraft) -> Template:
    """As the sandbox keeps it; `GraphError` when it does not take it."""
    handles = dict.fromkeys(samples_of(draft.definition), HANDLE)
    body = with_samples(draft.definition, handles)
    named = body.get("parameter_format") == "NAMED"
    components = read_components(Param(body, ""), draft.category, draft.language, named=named)
    read_life(Param(body, ""), draft.category)
    return Template(
        id="1",
        name=draft.name,
        language=draft.language,
        category=draft.category,
        components=components,
        parameter_format="NAMED" if named else "POSITIONAL",
        created_at=0,
        updated_at=0,
    )


def refusal_of_draft(draft: TemplateDraft) -> GraphError | None:
    try:
        stored_there(draft)
    except GraphError as error:
        return error
    return None


def refusal_of_send(template: Template, content: Json) -> GraphError | None:
    try:
        use = read_template(Param(content, ""))
        check_use(shape_of(template), use.components)
    except GraphError as error:
        return error
    return None


def drawn_there(template: Template, content: Json) -> dict[str, Any]:
    return RENDERER.render(read_template(Param(content, "")), template, shape_of(template))
