"""What the status of a template means for a send: whether it goes, may go later, or why not. Pure.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-review
and the pages about pausing and archiving beside it.
"""

from trunkline.channels.template_contract import Standing

_SENDABLE = Standing(is_sendable=True, may_come=False, why="")
_WAITS = "scheduled messages may name it already"
_REASONS = {
    "LOCAL": "was not handed in to Meta yet: submit it first",
    "PENDING_DELETION": "is being deleted",
    "DELETED": "was deleted",
    "REJECTED": "was rejected by Meta: edit it, or appeal against the decision",
    "DISABLED": "was disabled by Meta for its low quality or for a breach of its rules, and stays so: "
    "make a new one",
    "ARCHIVED": "was archived by Meta since nobody sent it for long: unarchive it first",
    "LIMIT_EXCEEDED": "is one more than the business account may have: delete others first",
}
_MAY_COME = {
    "PENDING": f"is still in review: wait until Meta has approved it; {_WAITS}",
    "IN_APPEAL": f"is in appeal after it was rejected: wait for Meta's decision; {_WAITS}",
    "PAUSED": "is paused by Meta for its low quality: wait until the pause ends, or edit it",
}


def standing_of(status: str) -> Standing:
    """A status that nobody knows is left to Meta."""
    if status in _MAY_COME:
        return Standing(is_sendable=False, may_come=True, why=_MAY_COME[status])
    if status in _REASONS:
        return Standing(is_sendable=False, may_come=False, why=_REASONS[status])
    return _SENDABLE
