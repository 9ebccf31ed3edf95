"""The requests of the accept case: each its own recipient and text, all of the same length."""

from collections.abc import Iterator

import msgspec

_RECIPIENTS = 10_000_000


class Numbers(msgspec.Struct):
    """Counts on through the whole run, so that no two messages of it are the same."""

    last: int = 0

    def next(self) -> int:
        self.last += 1
        if self.last >= _RECIPIENTS:
            raise RuntimeError("no recipient is left that this run has not written to")
        return self.last


def body(number: int) -> bytes:
    return (
        b'{"to":"+1555%07d","type":"text","text":{"body":"Your parcel %07d has left our warehouse and '
        b'should be with you tomorrow between 9 and 12. Reply STOP to hear no more of it."}}'
    ) % (number, number)


def requests(numbers: Numbers, port: int, key: str) -> Iterator[bytes]:
    """Whole HTTP requests, without end."""
    head = (
        f"POST /v1/whatsapp/messages HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body(0))}\r\n\r\n"
    ).encode()
    while True:
        yield head + body(numbers.next())
