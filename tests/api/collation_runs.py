"""On a PostgreSQL whose database sorts text by the rules of a language: English goes, Czech is refused.

The locales are made by `localedef`; where it has no sources to make them of, there is nothing to run.
"""

import asyncio
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.conftest import Site
from tests.api.people import wrote
from tests.factories import NOW
from tests.postgres import PostgresServer, running_postgres
from trunkline.store import StoreUnavailable, open_store


@pytest.fixture(scope="session")
def server_with_locales() -> Iterator[PostgresServer]:
    with (
        tempfile.TemporaryDirectory(prefix="trunkline-locales-") as folder,
        pytest.MonkeyPatch.context() as set_to,
    ):
        os.chmod(folder, 0o755)  # the server runs as another user
        for language in ("en_US", "cs_CZ"):
            made = Path(folder) / f"{language}.UTF-8"
            subprocess.run(["localedef", "-c", "-i", language, "-f", "UTF-8", made], check=False, timeout=60)
            if not made.exists():
                pytest.skip("localedef has no sources of locales here")
        set_to.setenv("LOCPATH", folder)
        with running_postgres() as server:
            yield server


@pytest.fixture
def store_url(server_with_locales: PostgresServer) -> Iterator[str]:
    with server_with_locales.fresh_database("LOCALE 'en_US.UTF-8' TEMPLATE template0") as url:
        yield url


def test_lists_begin_with_the_newest_and_the_log_goes_in_its_order(site: Site) -> None:
    accepted = [site.accepted(to=f"155500100{n:02}") for n in range(20)]
    received = [wrote(site, sender=f"155500200{n:02}") for n in range(5)]
    assert [row["id"] for row in site.get("/v1/messages").json["data"]] == accepted[::-1]
    shown = site.get("/v1/conversations").json["data"]
    assert [row["id"] for row in shown] == [message["conversation_id"] for message in received[::-1]]
    assert len(site.get("/v1/contacts").json["data"]) == len(received)
    assert site.post("/v1/suppressions", {"to": "15550007777"}).status == 201
    assert len(site.get("/v1/consents").json["data"]) == 1
    for message_id in accepted:
        site.until(message_id, "submitted")
    oldest = [row["id"] for row in site.get("/v1/events?limit=1000").json["data"]]
    newest = [row["id"] for row in site.get("/v1/events?limit=1000&order=newest").json["data"]]
    assert oldest == sorted(oldest) == newest[::-1]
    assert len(oldest) >= len(accepted) + len(received)
    middle = len(oldest) // 2
    after = site.get(f"/v1/events?limit=1000&after={oldest[middle]}").json["data"]
    assert [row["id"] for row in after] == oldest[middle + 1 :]


def test_a_database_that_sorts_ids_otherwise_is_refused(
    server_with_locales: PostgresServer, tmp_path: Path
) -> None:
    """In Czech letters come before digits, and `ch` after `h`."""
    with (
        server_with_locales.fresh_database("LOCALE 'cs_CZ.UTF-8' TEMPLATE template0") as url,
        pytest.raises(StoreUnavailable, match="LOCALE 'C'"),
    ):
        asyncio.run(open_store(url, tmp_path, NOW))
