"""Days and months as an account is billed by them: they begin at midnight in its own time zone. Pure."""

from datetime import UTC, date, datetime, timedelta, tzinfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def day_at(at: int, zone: tzinfo) -> date:
    """`at`: milliseconds since 1970 UTC."""
    return (_EPOCH + timedelta(milliseconds=at)).astimezone(zone).date()


def month_of(day: date) -> str:
    """`2026-10`: the name under which a month's messages are counted."""
    return f"{day.year:04d}-{day.month:02d}"


def month_start(at: int, zone: tzinfo) -> int:
    """When the month of this moment began: from then on its messages are counted."""
    return _midnight(day_at(at, zone).replace(day=1), zone)


def day_start(at: int, zone: tzinfo) -> int:
    return _midnight(day_at(at, zone), zone)


def _midnight(day: date, zone: tzinfo) -> int:
    start = datetime(day.year, day.month, day.day, tzinfo=zone)
    return (start - _EPOCH) // timedelta(milliseconds=1)
