"""What a reader of one format has seen so far; it stands also when the reader then meets a fault."""

from dataclasses import dataclass, field

from trunkline.media_probe.found import UNKNOWN_TYPE, Found


@dataclass
class Facts:
    """Members as in `Found`."""

    mime_type: str = UNKNOWN_TYPE
    width: int | None = None
    height: int | None = None
    is_animated: bool | None = None
    color: str | None = None
    video_codecs: list[str] = field(default_factory=list)
    has_b_frames: bool | None = None
    audio_codecs: list[str] = field(default_factory=list)
    channels: int | None = None
    is_streamable: bool | None = None
    end: int | None = None
    """Where the format says that the file is over; None where it says nothing of that."""

    def found(self, size: int, fault: str | None, also: tuple[str, ...]) -> Found:
        return Found(
            mime_type=self.mime_type,
            size=size,
            width=self.width,
            height=self.height,
            is_animated=self.is_animated,
            color=self.color,
            video_codecs=tuple(self.video_codecs),
            has_b_frames=self.has_b_frames,
            audio_codecs=tuple(self.audio_codecs),
            channels=self.channels,
            is_streamable=self.is_streamable,
            fault=fault,
            also=also,
        )
