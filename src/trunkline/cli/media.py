"""`trunkline media`: files for messages, from the disk or from a link, and all files back to the disk."""

import asyncio
import contextlib
import os
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, BinaryIO
from urllib.parse import quote

import typer

from trunkline.cli import life, output
from trunkline.cli.client import Client
from trunkline.cli.doors import open_door
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.options import After, Door, Json, expanded

media = typer.Typer(no_args_is_help=True, help="Files for messages: upload, list, fetch, remove.")

MediaId = Annotated[str, typer.Argument(metavar="ID", help="med_…, as the upload was answered.")]
_CHUNK = 262_144
_WORTH_A_BAR = 4 * 1024 * 1024
_WATCH_SECONDS = 1.0
_PATH = "/v1/whatsapp/media"


@media.command("upload")
@expanded
def upload(
    source: Annotated[str, typer.Argument(metavar="FILE|URL", help="A file here, or a link to one.")],
    door: Door,
    as_json: Json = False,
    kind: Annotated[
        str | None,
        typer.Option("--kind", metavar="KIND", help="image, video, audio, document or sticker."),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="What it is called for people.")
    ] = None,
    sender: Annotated[
        str | None, typer.Option("--from", metavar="NUMBER", help="Business number whose rules count.")
    ] = None,
    convert: Annotated[
        bool, typer.Option("--convert", help="Convert what would be refused, where the server can.")
    ] = False,
    voice: Annotated[
        bool, typer.Option("--voice", help="Convert sound into a voice note, where the server can.")
    ] = False,
) -> None:
    """Upload a file for messages. What it is is read from its bytes; what would not be taken is refused."""
    wish = "voice" if voice else "true" if convert else None
    said = {"kind": kind, "filename": name, "from": sender, "convert": wish}
    fields = {key: value for key, value in said.items() if value is not None}

    async def work() -> Any:
        async with open_door(door) as client, _watched(client, is_shown=wish is not None and not as_json):
            if source.startswith(("https://", "http://")):
                return await client.post(_PATH, {"link": source, **fields})
            return await send_file(client, Path(source), fields, is_shown=not as_json)

    with output.command(as_json) as out:
        file = asyncio.run(work())
        out.result(file, lambda: _show(file))


@media.command("list")
@expanded
def list_(
    door: Door,
    as_json: Json = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help="How many at most.")] = 20,
    after: After = None,
) -> None:
    """List uploaded files, the newest first."""

    async def work() -> Any:
        async with open_door(door) as client:
            return await client.get(_PATH, limit=limit, after=after)

    with output.command(as_json) as out:
        page = asyncio.run(work())
        out.result(page, lambda: _table(page["data"]))
        out.onward(page)


@media.command("show")
@expanded
def show(media_id: MediaId, door: Door, as_json: Json = False) -> None:
    """Show what is known of an uploaded file."""

    async def work() -> Any:
        async with open_door(door) as client:
            return await client.get(f"{_PATH}/{quote(media_id, safe='')}")

    with output.command(as_json) as out:
        file = asyncio.run(work())
        out.result(file, lambda: _show(file))


@media.command("download")
@expanded
def download(
    media_id: Annotated[str, typer.Argument(metavar="ID", help="med_…, or the id of a file somebody sent.")],
    door: Door,
    as_json: Json = False,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Where; else under its id, in this folder.")
    ] = None,
) -> None:
    """Fetch a file, one that was uploaded or one that somebody sent. A file that is there is not replaced."""

    async def work() -> dict[str, Any]:
        async with open_door(door) as client:
            found = await client.get(_PATH, media_id=media_id)
            path = _new(to or Path(_plain_name(found)))
            await _fetch(client, media_id, path, int(found["file_size"]), is_shown=not as_json)
            return {"file": str(path), **found}

    with output.command(as_json) as out:
        done = asyncio.run(work())
        out.result(done, lambda: output.console().print(f"{done['file']}  {_size(int(done['file_size']))}"))


@media.command("rm")
@expanded
def remove(media_id: MediaId, door: Door, as_json: Json = False) -> None:
    """Remove an uploaded file. Messages that name it and are not sent yet will fail."""

    async def work() -> None:
        async with open_door(door) as client:
            await client.delete(f"{_PATH}/{quote(media_id, safe='')}")

    with output.command(as_json) as out:
        asyncio.run(work())
        out.result(
            {"id": media_id, "removed": True}, lambda: output.console().print(f"{media_id} is removed.")
        )


async def send_file(
    client: Client,
    path: Path,
    fields: dict[str, str],
    *,
    is_shown: bool,
    idempotency_key: str | None = None,
    to: str = _PATH,
) -> Any:
    """What the API says of the file that it took."""
    boundary = secrets.token_hex(16)
    form = f"multipart/form-data; boundary={boundary}"
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            with _progress(path.name, size, is_shown=is_shown) as moved:
                parts = _form(file, path.name, fields, boundary, moved)
                return await client.post_parts(to, form, parts, idempotency_key=idempotency_key)
    except OSError as error:
        raise Trouble(ExitCode.USAGE, f"{path} can not be read: {error.strerror}") from None


@contextlib.asynccontextmanager
async def _watched(client: Client, *, is_shown: bool) -> AsyncIterator[None]:
    """How far the conversion is, told to people who watch."""
    if not is_shown or not output.console(error=True).is_terminal:
        yield
        return
    watching = asyncio.create_task(_watch(client))
    try:
        yield
    finally:
        watching.cancel()


async def _watch(client: Client) -> None:
    last = ""
    while True:
        await asyncio.sleep(_WATCH_SECONDS)
        with contextlib.suppress(Trouble):
            page = await client.get(_PATH, limit=1)
            parts = [f"{one['progress']:.0%}" for one in page["converting"]]
            told = f"converting: {', '.join(parts)}"
            if parts and told != last:
                output.console(error=True).print(told, markup=False)
                last = told


async def _form(
    file: BinaryIO, name: str, fields: dict[str, str], boundary: str, moved: Callable[[int], None]
) -> AsyncIterator[bytes]:
    head = f"--{boundary}\r\nContent-Disposition: form-data; name="
    for key, value in fields.items():
        yield f'{head}"{key}"\r\n\r\n{value}\r\n'.encode()
    plain = name.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "_").replace("\n", "_")
    yield f'{head}"file"; filename="{plain}"\r\n\r\n'.encode("utf-8", "replace")
    while part := await asyncio.to_thread(file.read, _CHUNK):
        yield part
        moved(len(part))
    yield f"\r\n--{boundary}--\r\n".encode()


async def _fetch(client: Client, media_id: str, path: Path, size: int, *, is_shown: bool) -> None:
    """Written beside its place: what stands there is whole."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with draft.open("xb") as file, _progress(path.name, size, is_shown=is_shown) as moved:

            def write(part: bytes) -> None:
                file.write(part)
                moved(len(part))

            await client.save(f"/v1/media/{quote(media_id, safe='')}", write)
        draft.rename(path)
    except OSError as error:
        raise Trouble(ExitCode.USAGE, f"{path} can not be written: {error.strerror}") from None
    finally:
        draft.unlink(missing_ok=True)


@contextlib.contextmanager
def _progress(name: str, size: int, *, is_shown: bool) -> Iterator[Callable[[int], None]]:
    """For people who watch, when there is something to see."""
    screen = output.console(error=True)
    if not is_shown or size < _WORTH_A_BAR or not screen.is_terminal:
        yield lambda _: None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Progress(*columns, console=screen, transient=True) as bar:
        task = bar.add_task(output.plain(name), total=size)
        yield lambda count: bar.advance(task, count)


def _new(path: Path) -> Path:
    if path.exists():
        raise Trouble(ExitCode.USAGE, f"{path} is there already; --to names another place")
    return path


def _plain_name(found: dict[str, Any]) -> str:
    """By its id: what a stranger calls a file is no name for this disk."""
    import mimetypes

    guessed = mimetypes.guess_extension(str(found["mime_type"]).partition(";")[0]) or ""
    return "".join(letter for letter in str(found["id"]) if letter.isalnum() or letter in "_-") + guessed


def _show(file: dict[str, Any]) -> None:
    screen = output.console()
    pixels = f", {file['width']} x {file['height']}" if file.get("width") else ""
    lines = {
        "id": file["id"],
        "kind": f"{file['kind']}, {file['mime_type']}{pixels}",
        "size": _size(file["size"]),
        "name": file["file_name"] or "",
        "sha256": file["sha256"],
        "link": file.get("link") or "",
    }
    for label, text in lines.items():
        if text:
            screen.print(output.labelled(label, text), soft_wrap=True)


def _table(rows: list[dict[str, Any]]) -> None:
    columns = ("id", "kind", "type", "size", "since", "name")
    lines = [
        (
            row["id"],
            row["kind"],
            row["mime_type"],
            _size(row["size"]),
            life.local_time(row["created_at"], with_date=True),
            row["file_name"],
        )
        for row in rows
    ]
    output.table(columns, lines, empty="Nothing is uploaded.")


def _size(count: int) -> str:
    if count < 10_000:
        return f"{count} bytes"
    return f"{count / 1000:.0f} kB" if count < 10_000_000 else f"{count / 1_000_000:.1f} MB"
