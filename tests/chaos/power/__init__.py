"""The plug is pulled, the disk fails, the database stops: what was acknowledged stays, the rest does no harm.

Each module is a program, its long form; the tests beside them are the short forms.
`python -m tests.chaos.power` is that of the emulated power cuts.
"""
