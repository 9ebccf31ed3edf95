"""`python -m tests.chaos.power --cuts 100`: see `cuts.py`."""

import sys

from tests.chaos.power.cuts import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
