"""Where the neighbouring pages of a list begin: cursors in its body, and addresses in the header `Link`."""

from typing import Annotated, Protocol
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from trunkline.api.http import Request, Response


class NextPage(msgspec.Struct, kw_only=True):
    """Null where this page is the last. `Link` has it as an address."""

    next: Annotated[str | None, Meta(description="For `after`: what follows this page.")]


class Paging(NextPage, kw_only=True):
    """Cursors of the neighbouring pages; null where there is none. `Link` has them as addresses."""

    previous: Annotated[
        str | None, Meta(description="For `before`; always null in lists that only go onward.")
    ]


class Page(Protocol):
    """The body of an answer."""

    @property
    def paging(self) -> NextPage: ...


def as_page(request: Request, page: Page) -> Response:
    return Response(200, msgspec.json.encode(page), headers=_links(request, page.paging))


def _links(request: Request, paging: NextPage) -> dict[str, str]:
    """RFC 8288: the neighbouring pages with the same filters."""
    kept = {name: text for name, text in request.query_values().items() if name not in ("after", "before")}
    neighbours = [("next", "after", paging.next)]
    if isinstance(paging, Paging):
        neighbours.append(("previous", "before", paging.previous))
    links = [
        f'<{request.path}?{urlencode(kept | {name: cursor})}>; rel="{relation}"'
        for relation, name, cursor in neighbours
        if cursor is not None
    ]
    return {"Link": ", ".join(links)} if links else {}
