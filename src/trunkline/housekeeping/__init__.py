"""Chores: small steps that can be stopped anywhere and go on after a restart.

Each module is one chore: a name, how often, and a step that does some rows and says how many; 0 when nothing
is left for now. `chores.py` has the list and runs them.
"""
