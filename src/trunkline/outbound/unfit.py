"""What is said of a file that can not be sent: errors with the members that a provider's no has. Pure."""

from collections.abc import Sequence

import msgspec

from trunkline.channels.contract import NamedFile, SendError
from trunkline.errors import Problem

CODE = 131053
"""Meta's code for files that it could not fetch or process: whoever understands that understands this."""

_NOT_ASKED = "WhatsApp was not asked."


def not_fetched(steps: str) -> SendError:
    """`steps`: who was asked, and what each answered."""
    return SendError(
        code=CODE,
        title="The file behind the link could not be fetched",
        cause=f"{steps}. {_NOT_ASKED}",
        actor="sender",
        remedy="See that the link answers with the file itself, without a login, and send again.",
    )


def not_taken(name: str, kind: str, problems: Sequence[Problem]) -> SendError:
    """The provider's rules are against it."""
    return SendError(
        code=CODE,
        title=f"The file can not be sent as {_A[kind]}",
        cause=f"{name}: {' '.join(_sentence(problem) for problem in problems)} {_NOT_ASKED}",
        actor="sender",
        remedy="Send a file of a type, size and encoding that WhatsApp takes.",
    )


def unknown(file: NamedFile, detail: str | None) -> SendError:
    why = f"it is not there any more ({detail})" if detail else "there is no such file in this account"
    return SendError(
        code=CODE,
        title="There is no such file",
        cause=f"{file.name}: {why}. {_NOT_ASKED}",
        actor="sender",
        remedy="Upload the file, and name the id that the answer gives.",
    )


def lost(file: NamedFile) -> SendError:
    return SendError(
        code=CODE,
        title="The file is not here any more",
        cause=f"{file.name}: its bytes are not where this server keeps files. {_NOT_ASKED}",
        actor="operator",
        remedy="Bring the folder of files back, or upload the file again; all servers need the same folder.",
    )


def refused(file: NamedFile, detail: str, said: SendError | None) -> SendError:
    """The provider would not have it."""
    return SendError(
        code=said.code if said is not None else CODE,
        title="The provider did not take the file",
        cause=f"{file.name.partition('?')[0]} was uploaded for this message, and the provider said no.",
        actor="sender",
        remedy="See the provider's words, correct the file and send again.",
        detail=detail,
        http_status=said.http_status if said is not None else None,
    )


def encoded(error: SendError) -> str:
    return msgspec.json.encode(error).decode()


_A = {
    "image": "an image",
    "video": "a video",
    "audio": "audio",
    "document": "a document",
    "sticker": "a sticker",
}


def _sentence(problem: Problem) -> str:
    about = [f"found: {problem.found}"] if problem.found else []
    about += [f"allowed: {problem.expected}"] if problem.expected else []
    return (
        f"{problem.detail.rstrip('.')} ({', '.join(about)})." if about else f"{problem.detail.rstrip('.')}."
    )
