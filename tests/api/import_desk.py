"""Imports of a site, with somebody who works at them."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.api.conftest import Answer, Site
from trunkline.audiences.imports.worker import ImportWorker
from trunkline.membership import Membership

PATH = "/v1/imports"


class Desk:
    """The site's imports, with somebody who works at them."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.worker = ImportWorker(site.runtime, Membership(site.runtime))

    def start(self) -> None:
        async def work() -> None:
            self.worker.start()
            self.site.store.hear(self.hear)

        self.site.run(work())

    def hear(self, news: str) -> None:
        if news.startswith("imports "):
            self.worker.look_soon()

    def stop(self) -> None:
        self.site.run(self.worker.stop())

    def upload(self, data: bytes | str, **options: Any) -> Answer:
        content = data.encode() if isinstance(data, str) else data
        said = json.dumps(options).encode()
        body = b"".join(
            b"--edge\r\nContent-Disposition: form-data; " + head + b"\r\n\r\n" + part + b"\r\n"
            for head, part in (
                (b'name="options"', said),
                (b'name="file"; filename="people.csv"', content),
            )
        )
        return self.site.post(PATH, body + b"--edge--\r\n", Content_Type="multipart/form-data; boundary=edge")

    def until(self, import_id: str, *states: str, rows: int = 0) -> dict[str, Any]:
        async def wait() -> dict[str, Any]:
            async with asyncio.timeout(30):
                while True:
                    made: dict[str, Any] = (await self.site.asked("GET", f"{PATH}/{import_id}")).json
                    if made["state"] in states and made["counts"]["rows"] >= rows:
                        return made
                    await asyncio.sleep(0.005)

        return self.site.run(wait())

    def checked(self, data: bytes | str, **options: Any) -> dict[str, Any]:
        answer = self.upload(data, **options)
        assert answer.status == 200, answer.raw
        return self.until(answer.json["id"], "checked", "draft")

    def run(self, import_id: str) -> dict[str, Any]:
        answer = self.site.post(f"{PATH}/{import_id}/start")
        assert answer.status == 200, answer.raw
        return self.until(import_id, "finished", "failed")

    def faults(self, import_id: str, query: str = "") -> list[tuple[int, str | None, str]]:
        page = self.site.get(f"{PATH}/{import_id}/faults{query}").json
        return [(one["line"], one["column"], one["reason"]) for one in page["data"]]

    def read(self, work: Any) -> Any:
        account_id = self.site.alice.account_id
        return self.site.run(self.site.store.read(lambda tx: work(tx, account_id)))


@contextmanager
def working_desk(site: Site) -> Iterator[Desk]:
    desk = Desk(site)
    desk.start()
    yield desk
    desk.stop()


def many(rows: int) -> str:
    return "Phone,Name\n" + "".join(f"+1555{n:07d},Person {n}\n" for n in range(rows))
