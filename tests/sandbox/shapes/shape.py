"""Shapes of JSON, strict: no member that is not named, and each of exactly one type.

A shape is a JSON Schema; the words here make them short. `obj(id=TEXT, name=maybe(TEXT))` has an `id`, and
may have a `name`.
"""

from typing import Any

import jsonschema

Shape = dict[str, Any]

TEXT: Shape = {"type": "string"}
WHOLE: Shape = {"type": "integer"}
NUMBER: Shape = {"type": "number"}
FLAG: Shape = {"type": "boolean"}
NOTHING: Shape = {"type": "null"}
ANYTHING: Shape = {}
DIGITS: Shape = {"type": "string", "pattern": "^[0-9]+$"}
SECONDS: Shape = {"type": "string", "pattern": "^[0-9]{10}$"}
"""A moment as webhooks of messages write it: a string."""
URL: Shape = {"type": "string", "pattern": "^https?://"}
WAMID: Shape = {"type": "string", "pattern": "^wamid\\.[A-Za-z0-9+/]+=*$"}
USER_ID: Shape = {"type": "string", "pattern": "^[A-Z]{2}\\.(ENT\\.)?[A-Za-z0-9]{1,128}$"}
MOMENT: Shape = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\+0000$"}


def maybe(shape: Shape) -> Shape:
    """A member that may be left out."""
    return {"optional": shape}


def obj(**members: Shape) -> Shape:
    properties = {name: shape.get("optional", shape) for name, shape in members.items()}
    required = [name for name, shape in members.items() if "optional" not in shape]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def also(base: Shape, **members: Shape) -> Shape:
    """The same object with further members."""
    more = obj(**members)
    return {
        **base,
        "properties": {**base["properties"], **more["properties"]},
        "required": [*base["required"], *more["required"]],
    }


def rows(shape: Shape, least: int = 1, most: int | None = None) -> Shape:
    made: Shape = {"type": "array", "items": shape, "minItems": least}
    return made if most is None else {**made, "maxItems": most}


def one_of(*values: Any) -> Shape:
    return {"enum": list(values)}


def either(*shapes: Shape) -> Shape:
    return {"anyOf": list(shapes)}


def like(pattern: str) -> Shape:
    return {"type": "string", "pattern": pattern}


def check(value: Any, shape: Shape) -> None:
    """Fails with the place and what is wrong there."""
    problems = jsonschema.Draft202012Validator(shape).iter_errors(value)
    told = [f"{problem.json_path}: {problem.message}" for problem in problems]
    assert not told, (told, value)
