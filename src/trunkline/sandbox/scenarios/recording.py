"""A conversation as a file: recorded from a chat, and played again by the handset's side of it.

A replay waits for each message of the business that the recording has and then does what the person did, with
answers pointing at the new messages. So a recorded conversation is a test of whatever answers the person.
"""

import asyncio
import base64
import binascii
from datetime import datetime
from typing import Annotated, Any

import msgspec

from trunkline.sandbox.clock import Clock
from trunkline.sandbox.errors import GraphError, invalid
from trunkline.sandbox.feed import Feed, Listener
from trunkline.sandbox.handsets.handsets import Handsets
from trunkline.sandbox.media.library import Library

_WITH_MEDIA = ("image", "video", "audio", "document", "sticker")
_MOST_STEPS = 2000


class Step(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One message."""

    after_seconds: Annotated[float, msgspec.Meta(ge=0, le=400 * 86_400)]
    """Since the message before it."""
    side: str = msgspec.field(name="from")
    type: str
    content: Any = None
    context: int | None = None
    """Place of the message that it answers, counted from 0."""
    mime_type: Annotated[str, msgspec.Meta(pattern=r"^[ -~]{0,255}\Z")] | None = None
    data: str | None = None
    """The file of the person's message, in base64."""


class Recording(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    version: int = 1
    handset: str
    steps: list[Step]


class Replayed(msgspec.Struct, kw_only=True):
    """How far a replay came."""

    done: int
    of: int
    problem: str | None = None


class Recorder:
    """Records and replays the chats of one sandbox."""

    def __init__(self, handsets: Handsets, media: Library, feed: Feed, clock: Clock) -> None:
        self._handsets = handsets
        self._media = media
        self._feed = feed
        self._clock = clock

    async def record(self, address: str, phone_number_id: str) -> Recording:
        views = await self._handsets.chats.list(address, phone_number_id, _MOST_STEPS)
        places = {view["id"]: place for place, view in enumerate(views)}
        steps, before = [], None
        for view in views:
            at = datetime.fromisoformat(view["at"]).timestamp()
            after = round(max(0.0, at - before), 3) if before is not None else 0.0
            before = at
            steps.append(await self._step(view, after, places))
        return Recording(handset=address, steps=steps)

    async def replay(
        self, recording: Recording, address: str, phone_number_id: str, *, speed: float, patience: float
    ) -> Replayed:
        """`speed` 10 is ten times as fast; `patience` is how many seconds to wait for the business."""
        ids: list[str] = []
        with self._feed.listen() as listener:
            for step in recording.steps:
                try:
                    if step.side == "business":
                        ids.append(await self._hear(listener, address, step, patience))
                    else:
                        await self._wait(step.after_seconds / speed)
                        ids.append(await self._say(step, address, phone_number_id, ids))
                except GraphError as error:
                    return Replayed(done=len(ids), of=len(recording.steps), problem=error.in_words)
        return Replayed(done=len(ids), of=len(recording.steps))

    async def _step(self, view: dict[str, Any], after: float, places: dict[str, int]) -> Step:
        content, mime_type, data = view["content"], None, None
        if view["from"] == "handset" and view["type"] in _WITH_MEDIA:
            media_id = str(content.get("id"))
            kept = await self._media.bytes_of(media_id)
            mime_type = self._media.mime_type_of(media_id)
            data = base64.b64encode(kept or b"").decode()
            content = {name: content[name] for name in ("caption", "filename", "voice") if name in content}
        return Step(
            after_seconds=after,
            side=view["from"],
            type=view["type"],
            content=content,
            context=places.get((view["context"] or {}).get("id", "")),
            mime_type=mime_type,
            data=data,
        )

    async def _hear(self, listener: Listener, address: str, step: Step, patience: float) -> str:
        """The id of the next message of the business to this person, which must be of the same type."""
        try:
            async with asyncio.timeout(patience):
                while (event := await listener.next()) is not None:
                    data = event.data
                    if event.name == "message" and data["from"] == "business" and data["handset"] == address:
                        if data["type"] != step.type:
                            raise invalid(f"The business sent {data['type']} instead of {step.type}.")
                        return str(data["id"])
        except TimeoutError:
            raise invalid(f"The business did not send its {step.type} within {patience:g} s.") from None
        raise invalid("The sandbox was stopped.")

    async def _say(self, step: Step, address: str, phone_number_id: str, ids: list[str]) -> str:
        content = step.content
        if step.type in _WITH_MEDIA:
            try:
                data = base64.b64decode(step.data or "", validate=True)
            except binascii.Error:
                raise invalid("The file of a step is not base64.") from None
            stored = await self._media.store_inbound(data, step.mime_type or "application/octet-stream")
            content = {**(content if isinstance(content, dict) else {}), "id": stored}
        if step.type == "reaction" and isinstance(content, dict) and step.context is not None:
            content = {**content, "message_id": _id_at(ids, step.context)}
        action = {"do": "send", "type": step.type, step.type: content, "number": phone_number_id}
        if step.context is not None and step.type != "reaction":
            action["context"] = _id_at(ids, step.context)
        answer = await self._handsets.perform(address, action)
        return str(answer["message"]["id"])

    async def _wait(self, seconds: float) -> None:
        await self._clock.wait(self._clock.now() + round(seconds * 1000), asyncio.Event())


def _id_at(ids: list[str], place: int) -> str:
    if not 0 <= place < len(ids):
        raise invalid("A step answers a message that did not come before it.")
    return ids[place]
