"""What commands print: results to standard output, everything else to standard error.

For people plain text, with colour on a terminal unless NO_COLOR is set (rich looks at that); for programs one
line of JSON, on success and, on standard error, on failure.
"""

import contextlib
import json
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

from trunkline.cli.exits import ExitCode, Trouble

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_UNWRAPPED = 10_000
"""Width where no terminal sets one: what goes into a file or a pipe is not broken into lines."""


class Output:
    """Where one command's result goes, and in which form."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def result(self, value: Any, show: Callable[[], None]) -> None:
        """`value` for programs, or what `show` prints for people."""
        if self.as_json:
            print_json(value)
        else:
            show()

    def note(self, text: str) -> None:
        """For people only, beside the result."""
        if not self.as_json:
            console(error=True).print(plain(text), style="dim", markup=False)

    def onward(self, page: Mapping[str, Any]) -> None:
        """How to come to the next page of a list, where there is one."""
        if cursor := page["paging"]["next"]:
            self.note(f"More: --after {cursor}")


@contextlib.contextmanager
def command(as_json: bool = False) -> Iterator[Output]:
    """Around the body of every command: what ends it early is printed, and becomes the exit code."""
    try:
        yield Output(as_json=as_json)
    except Trouble as trouble:
        (_trouble_as_json if as_json else _trouble_as_text)(trouble)
        raise typer.Exit(trouble.code) from None
    except KeyboardInterrupt:
        raise typer.Exit(ExitCode.INTERRUPTED) from None


def _trouble_as_json(trouble: Trouble) -> None:
    error: dict[str, Any] = {"exit_code": int(trouble.code), "detail": trouble.detail}
    if trouble.reason:
        error["reason"] = trouble.reason
    if trouble.problems:
        error["problems"] = trouble.problems
    print_json({"error": error}, error=True)


def _trouble_as_text(trouble: Trouble) -> None:
    screen = console(error=True)
    first, *more = plain(trouble.detail).splitlines() or [""]
    screen.print(f"[bold red]trunkline:[/] {_literal(first)}")
    for line in more:
        screen.print(line, markup=False)
    for problem in trouble.problems:
        show_problem(problem)


def show_problem(problem: dict[str, Any]) -> None:
    """Where, what, what stood there, what would be right."""
    screen = console(error=True)
    where = str(problem.get("pointer") or "") or "the whole body"
    screen.print(f"  [bold]{_literal(plain(where))}[/]  {_literal(plain(str(problem.get('detail', ''))))}")
    for name in ("found", "expected"):
        if problem.get(name) is not None:
            screen.print(f"    [dim]{name}:[/] {_literal(plain(str(problem[name])))}")


def print_json(value: Any, *, error: bool = False) -> None:
    """One line, flushed: whoever reads line by line has it at once."""
    stream = sys.stderr if error else sys.stdout
    stream.write(json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str) + "\n")
    stream.flush()


def console(*, error: bool = False) -> "Console":
    """A console for standard output or error as they are now."""
    from rich.console import Console

    stream = sys.stderr if error else sys.stdout
    width = None if stream.isatty() else _UNWRAPPED
    return Console(file=stream, width=width, highlight=False, soft_wrap=not stream.isatty())


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, empty: str) -> None:
    """Columns under a dim head; `empty` is said instead when there are no rows."""
    from rich.table import Table
    from rich.text import Text

    if not rows:
        console().print(empty, markup=False)
        return
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in columns:
        grid.add_column(name, no_wrap=name == "id", overflow="fold")
    for row in rows:
        grid.add_row(*(Text(plain("" if cell is None else str(cell))) for cell in row))
    console().print(grid)


def labelled(label: str, text: str, style: str = "") -> "Text":
    """A line such as `state     read`."""
    from rich.text import Text

    return Text.assemble((f"{label:<10}", "dim"), (plain(text), style))


def plain(text: str) -> str:
    """`text` without what would steer a terminal; line breaks and tabs stay."""
    return "".join("\N{REPLACEMENT CHARACTER}" if _steers(letter) else letter for letter in text)


def _steers(letter: str) -> bool:
    if unicodedata.category(letter) == "Cc":
        return letter not in "\n\t"
    return unicodedata.bidirectional(letter) in (
        "LRE",
        "RLE",
        "LRO",
        "RLO",
        "PDF",
        "LRI",
        "RLI",
        "FSI",
        "PDI",
    )


def _literal(text: str) -> str:
    from rich.markup import escape

    return escape(text)
