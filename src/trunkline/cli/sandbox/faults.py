"""`trunkline sandbox fault`: sends that fail and webhooks that misbehave, on demand."""

import asyncio
import json
from typing import Annotated, Any

import typer

from trunkline.cli import output
from trunkline.cli.clock import read_duration
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.sandbox.way import Way, digits_of, only_one, open_sandbox

_ROUTE = "/_sandbox/faults"
_OF_SENDS = ("how", "to", "type", "every", "http_status", "details")
_OF_WEBHOOKS = ("field", "status", "handset", "seconds")
_SENDS, _WEBHOOKS = "Sends that fail", "Webhooks that misbehave"
Fault = dict[str, Any]


def _of_sends(metavar: str, help_: str, **more: Any) -> Any:
    return typer.Option(metavar=metavar, help=help_, rich_help_panel=_SENDS, **more)


def _of_webhooks(metavar: str, help_: str) -> Any:
    return typer.Option(metavar=metavar, help=help_, rich_help_panel=_WEBHOOKS)


def fault(
    way: Way,
    code: Annotated[int | None, _of_sends("CODE", "Fail the next send with this code of Meta's.")] = None,
    how: Annotated[
        str | None, _of_sends("answer|status", "Refused in the answer, or taken and then failed.")
    ] = None,
    to: Annotated[str | None, _of_sends("NUMBER", "Only sends to this recipient.")] = None,
    type_: Annotated[
        str | None,
        typer.Option("--type", metavar="TYPE", help="Only sends of this type.", rich_help_panel=_SENDS),
    ] = None,
    every: Annotated[int | None, _of_sends("N", "Only every so many-th of them.", min=1)] = None,
    http_status: Annotated[
        int | None, _of_sends("STATUS", "HTTP status of the refusal; else Meta's.", min=400, max=599)
    ] = None,
    details: Annotated[str | None, _of_sends("TEXT", "Details in the error; else Meta's.")] = None,
    kind: Annotated[
        str | None,
        _of_webhooks(
            "KIND", "What the next webhook does: duplicate, delay, reorder, bad_signature, oversize or drop."
        ),
    ] = None,
    field: Annotated[
        str | None, _of_webhooks("FIELD", "Only webhooks of this field, such as messages.")
    ] = None,
    status: Annotated[
        str | None, _of_webhooks("STATUS", "Only webhooks with this status, such as read.")
    ] = None,
    handset: Annotated[str | None, _of_webhooks("NUMBER", "Only webhooks about this handset.")] = None,
    delay: Annotated[str | None, _of_webhooks("DURATION", "How late, with --kind delay; else 5s.")] = None,
    times: Annotated[int, typer.Option("--times", min=1, help="How often.")] = 1,
    always: Annotated[bool, typer.Option("--always", help="Until it is removed.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="Show those that wait instead.")] = False,
    clear: Annotated[bool, typer.Option("--clear", help="Remove all instead.")] = False,
    remove: Annotated[str | None, typer.Option("--remove", metavar="ID", help="Remove one instead.")] = None,
) -> None:
    """Let the next sends fail with --code, or the next webhooks misbehave with --kind."""
    with output.command(way.as_json) as out:
        what = only_one(code=code, kind=kind, list=list_, clear=clear, remove=remove)
        given: Fault = {
            "code": code, "how": how, "to": to and digits_of(to), "type": type_, "every": every,
            "http_status": http_status, "details": details,
            "kind": kind, "field": field, "status": status, "handset": handset and digits_of(handset),
            "seconds": None if delay is None else read_duration(delay),
        }  # fmt: skip
        asked = {name: value for name, value in given.items() if value is not None}
        _must_fit(what, asked)
        if what in ("code", "kind"):
            made = asyncio.run(_ask(way, "POST", body=asked | {"times": None if always else times}))
            out.result(made, lambda: output.console().print(_in_words(made), markup=False))
        elif what == "list":
            _show_list(out, asyncio.run(_ask(way, "GET"))["data"])
        else:
            _remove(way, remove, out)


def _must_fit(what: str, asked: Fault) -> None:
    """An option of the other kind of fault would be left aside without a word."""
    own = {"code": ("code", *_OF_SENDS), "kind": ("kind", *_OF_WEBHOOKS)}.get(what, ())
    strange = [name for name in asked if name not in own]
    if strange:
        names = ", ".join("--" + {"seconds": "delay"}.get(name, name).replace("_", "-") for name in strange)
        raise Trouble(ExitCode.USAGE, f"{names} does not go with --{what}")


def _remove(way: Way, wanted: str | None, out: output.Output) -> None:
    known = [fault["id"] for fault in asyncio.run(_ask(way, "GET"))["data"]]
    if wanted is not None and wanted not in known:
        detail = f"no fault {wanted} waits; there are: {', '.join(known) or 'none'}"
        raise Trouble(ExitCode.REFUSED, detail)
    asyncio.run(_ask(way, "DELETE", f"/{wanted}" if wanted else ""))
    removed = [wanted] if wanted else known
    told = f"Removed: {', '.join(removed)}." if removed else "No fault waited."
    out.result({"removed": removed}, lambda: output.console().print(told, markup=False))


async def _ask(way: Way, method: str, path: str = "", body: Fault | None = None) -> Any:
    async with open_sandbox(way) as client:
        return await client.call(method, _ROUTE + path, body)


def _in_words(fault: Fault) -> str:
    """`times` stands there only where it is not once."""
    told = {name: value for name, value in fault.items() if name not in ("id", "times", "seen")}
    often = fault.get("times", 1)
    how_often = "until it is removed" if often is None else "once" if often == 1 else f"{often} times"
    members = ", ".join(
        f"{name} {value if isinstance(value, str) else json.dumps(value)}" for name, value in told.items()
    )
    return output.plain(f"{fault['id']}: {members}; {how_often}")


def _show_list(out: output.Output, faults: list[Fault]) -> None:
    def show() -> None:
        for fault in faults:
            output.console().print(_in_words(fault), markup=False)
        if not faults:
            output.console().print("No fault waits.")

    out.result(faults, show)
