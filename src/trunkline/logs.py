"""What is written to standard error: lines for people, or one JSON object a line for programs.

Message bodies and secrets are never logged by any stage; ids are, so that a line leads to its message.
"""

import logging
import sys

import msgspec

from trunkline.clock import to_rfc3339


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = f"{to_rfc3339(int(record.created * 1000))} {record.levelname.lower():7} {record.getMessage()}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "at": to_rfc3339(int(record.created * 1000)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["trace"] = self.formatException(record.exc_info)
        return msgspec.json.encode(entry).decode()


def start_logging(level: str, style: str) -> None:
    """Everything goes to standard error; standard output belongs to the command."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if style == "json" else _Text())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for chatty in ("uvicorn", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
