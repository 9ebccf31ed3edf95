"""What a file is, from its bytes alone: type, size of the picture, codecs, and whether all of it is there.

In comes a path; out goes `Found`. Nothing is decoded, memory stays small whatever the size, and a file that
lies about itself is told by what it is. Formats are those that phones exchange.
"""

from trunkline.media_probe.found import UNKNOWN_TYPE, Found
from trunkline.media_probe.probe import probe
from trunkline.media_probe.said import fits

__all__ = ["UNKNOWN_TYPE", "Found", "fits", "probe"]
