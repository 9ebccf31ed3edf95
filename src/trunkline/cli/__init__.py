"""The command line: thin. Every command loads settings, asks the API or the store, and prints.

Modules import what they need inside their commands, so that `trunkline --help` answers at once.
"""

from trunkline.cli.tree import main

__all__ = ["main"]
