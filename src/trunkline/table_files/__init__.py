"""People's tables as files, CSV and XLSX, read as a stream and written so that no spreadsheet is harmed.

In comes a path; out goes `Opened`: names of the columns, how the file was understood, and the rows with their
lines, where a bad row is a value too. Memory stays small whatever the size. What the cells mean is not known
here, but `guess_mapping` says what the columns seem to be. Pure: nothing but the file is read.
"""

from trunkline.table_files.csv_out import TableWriter, harmless
from trunkline.table_files.found import BadRow, Dialect, Limits, Reason, Row, Sheet, TableError
from trunkline.table_files.mapping import ColumnGuess, guess_mapping
from trunkline.table_files.open import Opened, open_table

__all__ = [
    "BadRow",
    "ColumnGuess",
    "Dialect",
    "Limits",
    "Opened",
    "Reason",
    "Row",
    "Sheet",
    "TableError",
    "TableWriter",
    "guess_mapping",
    "harmless",
    "open_table",
]
