"""Random bytes for ids, which have to differ but not to be unguessable: a send needs several.

The kernel's generator would do as well, but each call lets go of the interpreter's lock, and getting it back
while a commit runs costs more than all the rest of an id.
"""

import random

random_bytes = random.Random().randbytes  # noqa: S311 - no secrets are made of it
