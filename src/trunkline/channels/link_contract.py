"""What a connector is given to put short links into a message: the rest of the contract, on one screen."""

from typing import Protocol


class Tracked(Protocol):
    """Of one message."""

    @property
    def base(self) -> str:
        """With what every short link begins; its token follows."""

    @property
    def token_length(self) -> int: ...

    def token(self, url: str, *, is_whole: bool = False) -> str | None:
        """The token of the short link that leads there; None when this link stays as it is.

        `is_whole`: it stands where nothing but a link of the sender's own can stand.
        """
