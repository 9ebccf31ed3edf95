"""What this process makes of news of templates: what it has in memory is forgotten, what is due is read.

In come the words of a piece of news, as `bulletin.py` hears them.
"""

from collections.abc import Sequence

from trunkline.templates.book import TemplateBook
from trunkline.templates.sync import TemplateSync


class TemplateHearer:
    def __init__(self, book: TemplateBook, sync: TemplateSync | None = None) -> None:
        self._book = book
        self._sync = sync

    def hear(self, words: Sequence[str]) -> None:
        match words:
            case ["templates", account_id]:
                self._book.forget(account_id)
            case ["syncs", _] if self._sync is not None:
                self._sync.look_soon()
            case ["template", account_id, waba_id, provider_id] if self._sync is not None:
                self._sync.read_soon(account_id, waba_id, provider_id)

    def catch_up(self) -> None:
        """Some news may have been missed."""
        self._book.forget_all()
        self.numbers_changed()

    def numbers_changed(self) -> None:
        """There may be templates that were never read."""
        if self._sync is not None:
            self._sync.look_soon()
