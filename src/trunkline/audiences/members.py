"""Whoever is meant by an audience, page by page."""

import msgspec


class Member(msgspec.Struct, frozen=True):
    """Somebody in an audience, as they are known now."""

    contact_id: str
    address: str
    """By which they are reached: phone digits, or else a user id; empty when there is neither."""
    addresses: tuple[str, ...]
    """Every one that they have or had, with this."""
    name: str | None
    language: str | None
    time_zone: str | None
    attributes: dict[str, str]
    columns: dict[str, str]
    """What their row of a list's file said; empty for members of segments."""
