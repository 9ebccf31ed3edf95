"""What callers are shown of lists and segments. Pure."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from trunkline.api.conversation_views import ContactView
from trunkline.api.paging import Paging
from trunkline.api.views import Time
from trunkline.clock import to_rfc3339
from trunkline.store.lists import ListRow
from trunkline.store.segments import SegmentRow


class ListView(msgspec.Struct, kw_only=True):
    """People who were put together by hand or by an import."""

    id: str
    name: str
    members: Annotated[int, Meta(description="How many are on it.")]
    created_at: Time
    updated_at: Time


class ListPage(msgspec.Struct):
    """Lists, newest first."""

    data: list[ListView]
    paging: Paging


class MemberView(msgspec.Struct, kw_only=True):
    """Somebody's place on a list."""

    contact: ContactView
    address: Annotated[str, Meta(description="By which they are on it: digits, or a user id.")]
    columns: Annotated[
        msgspec.Raw,
        Meta(
            description="What else their row of the imported file said.",
            extra_json_schema={"type": "object", "additionalProperties": {"type": "string"}},
        ),
    ]


class MemberPage(msgspec.Struct):
    """Who is on a list, in the order in which their contacts were made."""

    data: list[MemberView]
    paging: Paging


class MembersChanged(msgspec.Struct, kw_only=True):
    """What became of a change of a list. Who is not known is named, all else is done."""

    added: int
    removed: int
    unknown: Annotated[list[str], Meta(description="Ids and addresses that are nobody's.")]


class SegmentView(msgspec.Struct, kw_only=True):
    """People for whom a rule holds whenever it is asked."""

    id: str
    name: str
    rule: dict[str, Any]
    created_at: Time
    updated_at: Time


class SegmentPage(msgspec.Struct):
    """Segments, newest first."""

    data: list[SegmentView]
    paging: Paging


class SegmentMembers(msgspec.Struct):
    """For whom it holds now, in the order in which their contacts were made.

    A page may be short, or empty, with more behind it: so many people were looked at.
    """

    data: list[ContactView]
    paging: Paging


class SegmentCount(msgspec.Struct, kw_only=True):
    """For how many a rule holds now."""

    count: int
    is_complete: Annotated[
        bool, Meta(description="False where counting took too long: then there are at least so many.")
    ]
    looked_at: Annotated[int, Meta(description="How many people had to be looked at.")]
    examples: Annotated[list[ContactView], Meta(description="A few of them.")]


def show_list(row: ListRow, members: int) -> ListView:
    return ListView(
        id=row.id,
        name=row.name,
        members=members,
        created_at=to_rfc3339(row.created_at),
        updated_at=to_rfc3339(row.updated_at),
    )


def show_segment(row: SegmentRow) -> SegmentView:
    return SegmentView(
        id=row.id,
        name=row.name,
        rule=msgspec.json.decode(row.rule),
        created_at=to_rfc3339(row.created_at),
        updated_at=to_rfc3339(row.updated_at),
    )
