"""Boxes, of which mp4, m4a, 3gp and mov are made: size, name, and what is in them."""

from collections.abc import Iterator
from typing import NamedTuple

from trunkline.media_probe.source import Broken, Source, number


class Box(NamedTuple):
    kind: str
    start: int
    body: int
    """Where what is in it begins."""
    end: int


def boxes(source: Source, place: int, end: int, where: str) -> Iterator[Box]:
    """Those that lie between two places, in their order, up to padding. `where` is a noun: `its index`."""
    while end - place >= 8:
        head = source.need(place, 8, where)
        size, body = number(head[:4]), place + 8
        kind = head[4:].decode("latin-1")
        if not head.strip(b"\x00"):
            return
        if size == 1:
            size, body = number(source.need(body, 8, where)), place + 16
        elif size == 0:
            size = end - place  # up to the end, whatever that is
        if size < body - place or not kind.isprintable():
            raise Broken(f"{where} has a part that makes no sense")
        if place + size > end:
            raise Broken(f"it ends in the middle of its part {kind.strip()}: {end - place} of {size} bytes")
        yield Box(kind, place, body, place + size)
        place += size


def inner(source: Source, box: Box, *path: str) -> Box | None:
    """The first box of these names, each within the one before."""
    for kind in path:
        found = next(
            (one for one in boxes(source, box.body, box.end, f"its part {box.kind}") if one.kind == kind),
            None,
        )
        if found is None:
            return None
        box = found
    return box
