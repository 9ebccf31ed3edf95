"""The pages' shared parts: styles, icons and the message renderer, as static files without a build step.

Comes in: nothing. Goes out: where the files are, for whoever serves them. `message.js` says how to use them.
"""

from importlib.abc import Traversable
from importlib.resources import files as _files

__all__ = ["files"]


def files() -> Traversable:
    return _files(__name__)
