"""Writes the pages that are made from the code; `--check` only says which of them are out of date."""

import sys
from collections.abc import Callable
from pathlib import Path

import cli_page
import events_page

from trunkline.api.openapi import document_bytes
from trunkline.config import describe
from trunkline.errors import REASONS

ROOT = Path(__file__).parents[1]


def configuration() -> str:
    return f"""<!-- Made from src/trunkline/config/table.py by `make docs`. -->
# Configuration

Everything has a default; `trunkline serve` needs no configuration at all. A setting may come from four
places, and the first that gives it wins:

1. the command line, where the command has an option for it;
2. the environment, under the name that stands above the setting below. A secret may also be the content of
   a file: `TRUNKLINE_STORE_URL_FILE=/run/secrets/store-url`;
3. a TOML file: the one named by `--config` or `TRUNKLINE_CONFIG`, else `trunkline.toml` in the data folder;
4. the default.

A name that no setting has, in the file or after `TRUNKLINE_` in the environment, stops the start, with the
nearest name that exists; so does a value out of its range. All problems are reported together.

Two more names are for the commands that ask a running server: `TRUNKLINE_URL` says where it is,
`TRUNKLINE_KEY` is the API key to use.

`trunkline config describe` prints the sample below. `trunkline config check` prints the values in force, and
of secrets only that they are there.

```toml
{describe()}```
"""


def errors() -> str:
    rows = "\n".join(
        f"| `{reason.word}` | {reason.status} | {reason.title} |"
        for reason in sorted(REASONS.values(), key=lambda reason: (reason.status, reason.word))
    )
    return f"""<!-- Made from src/trunkline/errors.py by `make docs`. -->
# Errors

A refusal carries a reason from this table. The word is stable: programs may branch on it. The HTTP status
is the same on every route.

| reason | status | meaning |
|---|---|---|
{rows}

Where a request breaks rules, `problems` lists all of them, each with

- `pointer`: the place in the body, as a JSON pointer (RFC 6901); `?name` is a parameter of the query,
  `Name:` a header;
- `rule`: a stable word for the rule;
- `detail`: what is wrong, as a sentence;
- `found`: what stood there, shortened; `expected`: what would be right. Both only where they help.

On the WhatsApp routes the answer is `{{"error": {{"code", "message", "type", "reason", …}}}}`, where `code`
is the HTTP status as a number. On all other routes it is a problem document (RFC 9457) with the same
`reason`, `problems` and `request_id`.

An error that the provider reports is another thing. It stands in the message's timeline, with its code, the
cause, who must act and whether a retry is safe.
"""


PAGES: dict[str, Callable[[], str]] = {
    "docs/cli.md": cli_page.build,
    "docs/configuration.md": configuration,
    "docs/errors.md": errors,
    "docs/events.md": events_page.build,
    "docs/openapi.json": lambda: document_bytes().decode(),
}


def main() -> int:
    stale = [path for path, build in PAGES.items() if _text(ROOT / path) != build()]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path} is out of date: run `make docs` and commit it", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        (ROOT / path).write_text(PAGES[path](), "utf-8")
        print(f"wrote {path}")
    return 0


def _text(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
