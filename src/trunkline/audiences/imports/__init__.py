"""IMPORT tables of people: a file is looked at, read without changing anybody, then taken over in batches.

`options.py` says what a caller may choose, `rows.py` makes a person of a row, in a process of its own
(`reading.py`, started by `reader.py`), so that other traffic does not wait for a file. `job.py` is one dry
run or run, `worker.py` starts them where they belong, `keeping.py` makes, changes and ends an import.
"""
