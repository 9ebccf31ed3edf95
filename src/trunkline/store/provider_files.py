"""Which of our files a provider has, and by what id: one upload for each number, content and type."""

import msgspec

from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("provider_files")


class ProviderFile(msgspec.Struct, frozen=True):
    account_id: str
    number_id: str
    sha256: str
    """Hex."""
    mime_type: str
    provider_id: str
    uploaded_at: int
    expires_at: int


async def find(  # noqa: PLR0913, PLR0917 - a key, and for how long
    tx: Tx, account_id: str, number_id: str, sha256: str, mime_type: str, until: int
) -> tuple[str, int] | None:
    """The provider's id, and when it ends, if it lives longer than `until`."""
    row = await tx.fetch_one(
        _Q["find"],
        account_id=account_id,
        number_id=number_id,
        sha256=sha256,
        mime_type=mime_type,
        until=until,
    )
    return (row[0], row[1]) if row else None


async def remember(tx: Tx, file: ProviderFile) -> None:
    await tx.execute(_Q["remember"], **msgspec.structs.asdict(file))


async def forget(tx: Tx, account_id: str, number_id: str, provider_id: str) -> None:
    await tx.execute(_Q["forget"], account_id=account_id, number_id=number_id, provider_id=provider_id)


async def prune(tx: Tx, account_id: str, before: int, count: int) -> int:
    """How many were forgotten that ended before a moment."""
    return len(await tx.fetch(_Q["prune"], account_id=account_id, before=before, count=count))
