"""Message templates as nodes, and the edges of the account that make, list and delete them."""

import re
from typing import Any

from trunkline.sandbox.errors import invalid
from trunkline.sandbox.graph.call import Call, Part, choose_fields
from trunkline.sandbox.graph.paging import page_of
from trunkline.sandbox.params import Param
from trunkline.sandbox.runtime import Runtime
from trunkline.sandbox.templates.authentication import preview
from trunkline.sandbox.templates.authoring import read_json_strings
from trunkline.sandbox.templates.comparing import compare
from trunkline.sandbox.templates.definition import Template
from trunkline.sandbox.templates.description import USUAL_FIELDS, describe_template
from trunkline.sandbox.templates.languages import LANGUAGES, check_language
from trunkline.sandbox.templates.library import list_library
from trunkline.sandbox.templates.listing import choose_templates, read_words

_LIBRARY = "message_template_library"
_EDGE = "message_templates"


def part(runtime: Runtime) -> Part:
    nodes = _Templates(runtime)
    return Part(
        kinds={"template": runtime.templates.registry.__contains__, "template_library": _LIBRARY.__eq__},
        routes={
            ("account", _EDGE, "GET"): nodes.list,
            ("account", _EDGE, "POST"): nodes.create,
            ("account", _EDGE, "DELETE"): nodes.delete,
            ("account", "upsert_message_templates", "POST"): nodes.upsert,
            ("account", "message_template_previews", "GET"): nodes.preview,
            ("account", _LIBRARY, "GET"): nodes.list_library,
            ("template_library", "", "GET"): nodes.list_library,
            ("template", "", "GET"): nodes.get,
            ("template", "", "POST"): nodes.edit,
            ("template", "unpause", "POST"): nodes.unpause,
            ("template", "compare", "GET"): nodes.compare,
        },
    )


class _Templates:
    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._templates = runtime.templates
        self._authoring = runtime.templates.authoring

    async def get(self, call: Call) -> dict[str, Any]:
        return choose_fields(describe_template(self._find(call.node)), call, USUAL_FIELDS)

    async def list(self, call: Call) -> dict[str, Any]:
        chosen = choose_templates(self._templates.registry.values(), call.params)
        page = page_of([{"id": one.id, "template": one} for one in chosen], call, self._runtime.identity.url)
        page["data"] = [
            choose_fields(describe_template(row["template"]), call, USUAL_FIELDS) for row in page["data"]
        ]
        if (asked := call.params.get("summary")) is not None:
            page["summary"] = self._summarize(str(asked), len(chosen))
        return page

    def _summarize(self, asked: str, chosen: int) -> dict[str, Any]:
        counts = {
            "total_count": chosen,
            "message_template_count": sum(not one.is_gone for one in self._templates.registry.values()),
            "message_template_limit": self._authoring.quota,
            "are_translations_complete": True,
        }
        return {name: counts[name] for name in re.split(r"[,\s]+", asked) if name in counts}

    async def create(self, call: Call) -> dict[str, Any]:
        return _tell(await self._authoring.create(_params(call)))

    async def upsert(self, call: Call) -> dict[str, Any]:
        templates = await self._authoring.upsert(_params(call))
        return {"data": [{**_tell(one), "language": one.language} for one in templates]}

    async def edit(self, call: Call) -> dict[str, Any]:
        await self._authoring.edit(self._find(call.node), _params(call))
        edited = self._find(call.node)
        return {"success": True, "id": edited.id, "name": edited.name, "category": edited.category}

    async def delete(self, call: Call) -> dict[str, Any]:
        params = _params(call)
        if params.has("hsm_ids"):
            await self._authoring.delete_by_ids(read_words(params.members, "hsm_ids"))
        else:
            id_ = str(params.members["hsm_id"]) if params.has("hsm_id") else None
            await self._authoring.delete_by_name(params.text("name"), id_)
        return {"success": True}

    async def unpause(self, call: Call) -> dict[str, Any]:
        template = self._find(call.node)
        if template.status != "PAUSED":
            return {"success": False, "reason": "The template is not paused."}
        await self._templates.review.unpause(template)
        return {"success": True}

    async def compare(self, call: Call) -> dict[str, Any]:
        others = read_words(call.params, "template_ids")
        templates = [self._find(id_) for id_ in dict.fromkeys([call.node, *others])]
        return compare(templates, self._templates.pacing.sent, call.params)

    async def preview(self, call: Call) -> dict[str, Any]:
        """The fixed texts of authentication templates."""
        params = _params(call)
        params.word("category", ("authentication",))
        asked = read_words(params.members, "languages") or read_words(params.members, "language")
        params.flag_if_any("add_security_recommendation")
        advice = params.members.get("add_security_recommendation") in (True, "true", "1")
        minutes = _read_minutes(params)
        button = "OTP" in [word.upper() for word in read_words(params.members, "button_types")]
        return {
            "data": [
                preview(check_language(code), advice=advice, minutes=minutes, button=button)
                for code in (asked or sorted(LANGUAGES))
            ]
        }

    async def list_library(self, call: Call) -> dict[str, Any]:
        rows = list_library(str(call.params.get("search", "")), str(call.params.get("language", "")))
        return page_of(rows, call, self._runtime.identity.url)

    def _find(self, id_: str) -> Template:
        template = self._templates.get(id_)
        if template is None:
            raise invalid("Param template_ids must name templates of this account.")
        return template


def _params(call: Call) -> Param:
    return Param(read_json_strings(call.params), "")


def _tell(template: Template) -> dict[str, Any]:
    return {"id": template.id, "status": template.status, "category": template.category}


def _read_minutes(params: Param) -> int | None:
    if not params.has("code_expiration_minutes"):
        return None
    text = str(params.members["code_expiration_minutes"])
    if not (text.isascii() and text.isdecimal() and len(text) < 4 and 1 <= int(text) <= 90):
        raise invalid("Param code_expiration_minutes must be an integer between 1 and 90.")
    return int(text)
