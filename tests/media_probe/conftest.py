from collections.abc import Callable
from pathlib import Path

import pytest

from trunkline.media_probe import Found, probe


@pytest.fixture
def look(tmp_path: Path) -> Callable[[bytes], Found]:
    path = tmp_path / "file"

    def look(data: bytes) -> Found:
        path.write_bytes(data)
        return probe(path)

    return look
