"""EXPORT: a campaign's recipients as a table, one row each, streamed as CSV or as Parquet.

`rows.py` says what the columns are and reads them some at a time; the files beside it write them in a format.
"""
