"""Server-sent events as they come over a wire: in any pieces, with any line ends."""

import pytest

from trunkline.cli.sse import Block, Reader

STREAM = (
    '\ufeffretry: 10\nid: evt_1\n\n: a comment\nid: evt_2\nevent: message.read\ndata: {"a":\ndata:1}\n\n'
    "data: é\r\n\r\nid: evt_3\rdata\rdata: x\r\rdata: cut off"
).encode()
BLOCKS = [
    Block("evt_1", "", ""),
    Block("evt_2", "message.read", '{"a":\n1}'),
    Block("evt_2", "", "é"),
    Block("evt_3", "", "\nx"),
]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_blocks_come_out_whole_however_the_bytes_come_in(size: int) -> None:
    reader = Reader()
    pieces = [STREAM[at : at + size] for at in range(0, len(STREAM), size)]
    assert [block for piece in pieces for block in reader.feed(piece)] == BLOCKS
