"""`trunkline sandbox`: the stand-in for Meta's side, and commands for one that runs."""

from trunkline.cli.sandbox.tree import sandbox

__all__ = ["sandbox"]
