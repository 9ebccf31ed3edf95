"""What makes many stores cheap."""

import pytest


@pytest.fixture
def postgres_url(used_postgres_url: str) -> str:
    """As in the folder above, but emptied rather than new."""
    return used_postgres_url
