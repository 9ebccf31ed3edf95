"""`/_sandbox/templates`: every template with all that is known of it, and what Meta does to one, by hand."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.sandbox.admin.problems import as_json, read_object
from trunkline.sandbox.clock import to_rfc3339
from trunkline.sandbox.templates.definition import CATEGORIES, REASONS, SCORES, Template
from trunkline.sandbox.templates.description import describe_template
from trunkline.sandbox.templates.review import EVENTS
from trunkline.sandbox.templates.templates import Templates

_PATH = "/_sandbox/templates"


def template_routes(templates: Templates) -> list[Route]:
    admin = _Admin(templates)
    return [
        Route(_PATH, admin.list),
        Route(f"{_PATH}/{{id}}", admin.get),
        Route(f"{_PATH}/{{id}}/review", admin.review, methods=["POST"]),
        Route(f"{_PATH}/{{id}}/quality", admin.rate, methods=["POST"]),
        Route(f"{_PATH}/{{id}}/category", admin.recategorise, methods=["POST"]),
    ]


class _Admin:
    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        self._review = templates.review

    async def list(self, request: Request) -> Response:
        return as_json({"data": [_describe(template) for template in self._templates.registry.values()]})

    async def get(self, request: Request) -> Response:
        return as_json(_describe(self._find(request)))

    async def review(self, request: Request) -> Response:
        """`{"status", "reason"?}`: an event of the status webhook."""
        given = await read_object(request)
        template = self._find_living(request)
        event = _word(given, "status", EVENTS)
        reason = _word(given, "reason", REASONS) if given.get("reason") is not None else None
        return as_json(_describe(await self._review.decide(template, event, reason)))

    async def rate(self, request: Request) -> Response:
        """`{"score"}`"""
        given = await read_object(request)
        template = self._find_living(request)
        return as_json(_describe(await self._review.rate(template, _word(given, "score", SCORES))))

    async def recategorise(self, request: Request) -> Response:
        """`{"category", "at_once"?}`: notice now and the change a day later, or the change at once."""
        given = await read_object(request)
        template = self._find_living(request)
        category = _word(given, "category", CATEGORIES)
        at_once = given.get("at_once", False)
        if not isinstance(at_once, bool):
            raise HTTPException(400, "at_once must be true or false")
        return as_json(_describe(await self._review.recategorise(template, category, at_once=at_once)))

    def _find_living(self, request: Request) -> Template:
        template = self._find(request)
        if template.is_gone:
            raise HTTPException(400, "the template is being deleted")
        return template

    def _find(self, request: Request) -> Template:
        template = self._templates.get(request.path_params["id"])
        if template is None:
            raise HTTPException(404, "no template has that id")
        return template


def _word(given: dict[str, Any], key: str, known: tuple[str, ...]) -> str:
    word = given.get(key)
    if not isinstance(word, str) or word.upper() not in known:
        raise HTTPException(400, f"{key} must be one of: {', '.join(known)}")
    return word.upper()


def _describe(template: Template) -> dict[str, Any]:
    moments = {
        "review_at": template.review_at,
        "paused_until": template.paused_until,
        "category_at": template.category_at,
        "deleted_at": template.deleted_at,
    }
    told = {key: None if at is None else to_rfc3339(at) for key, at in moments.items()}
    return {**describe_template(template), "pauses": template.pauses, **told}
