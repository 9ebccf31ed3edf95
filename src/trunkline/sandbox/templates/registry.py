"""All templates of the account, in memory and on disk, found by id and by name and language."""

import asyncio
import secrets

import msgspec

from trunkline.sandbox.database import Database
from trunkline.sandbox.shelf import Shelf
from trunkline.sandbox.templates.definition import Template
from trunkline.sandbox.templates.samples import SAMPLES, Sample


class _Seeded(msgspec.Struct, frozen=True):
    """Noted at the first start: a sample that was deleted does not come back at the next."""

    at: int


class Registry:
    """Holds; what may be changed, and who hears of it, is decided elsewhere."""

    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, "template", Template)
        self._seeded = Shelf(database, "templates_seeded", _Seeded)
        self._living: dict[str, dict[str, Template]] = {}
        for template in self._shelf.values():
            self._index(template)

    async def seed(self, now: int) -> None:
        """The first start puts the samples in place."""
        if "samples" in self._seeded:
            return
        samples = [template_of(sample, now) for sample in SAMPLES]
        # All go into one commit: gathered, not one after the other.
        await asyncio.gather(*map(self.put, samples), self._seeded.put("samples", _Seeded(now)))

    def __contains__(self, id_: str) -> bool:
        return id_ in self._shelf

    def get(self, id_: str) -> Template | None:
        return self._shelf.get(id_)

    def values(self) -> list[Template]:
        """Also those that are being deleted."""
        return self._shelf.values()

    def languages_of(self, name: str) -> dict[str, Template]:
        """Those that are not being deleted; empty for an unknown name."""
        return self._living.get(name, {})

    async def put(self, template: Template) -> None:
        self._index(template)
        await self._shelf.put(template.id, template)

    async def remove(self, template: Template) -> None:
        self._drop(template)
        await self._shelf.remove(template.id)

    def _index(self, template: Template) -> None:
        if template.is_gone:
            self._drop(template)
        else:
            self._living.setdefault(template.name, {})[template.language] = template

    def _drop(self, template: Template) -> None:
        languages = self._living.get(template.name, {})
        known = languages.get(template.language)
        if known is not None and known.id == template.id:
            del languages[template.language]
            if not languages:
                del self._living[template.name]


def new_id() -> str:
    """15 digits: webhooks carry it as a number, which has to be exact everywhere."""
    return str(10**14 + secrets.randbelow(9 * 10**14))


def template_of(sample: Sample, now: int) -> Template:
    return Template(
        id=new_id(),
        name=sample.name,
        language=sample.language,
        category=sample.category,
        components=sample.components,
        status="APPROVED",
        created_at=now,
        updated_at=now,
    )
