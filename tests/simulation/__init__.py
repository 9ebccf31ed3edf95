"""The deterministic simulator: real stages on virtual time, with a seeded network, store and crashes.

    python -m tests.simulation --seed 1234 [--trace]      one world, the same at every run
    python -m tests.simulation --seeds 500 [--from N]     many worlds, one line for each that failed

`world.py` draws a world from its seed and runs it, `checker.py` judges what is left. What is simulated stands
in `loop.py` (time), `store.py` (the database server and the ways to it), `meta.py` (the provider) and
`processes.py` (what a crash, a freeze and a restart leave). Everything else is the product as it is: accept,
dispatcher, connector, hook receiver, processor, settlement and the SQL.
"""
