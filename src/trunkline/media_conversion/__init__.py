"""CONVERSION: a file made into what phones play, through the ffmpeg of this machine. Off unless asked for.

In comes a file that was looked at and the kind that it shall be sent as; out goes another file, which the
caller looks at like any other. `recipes` says what ffmpeg is told, `process` runs it within bounds.
"""

from trunkline.media_conversion.convert import Converter, program
from trunkline.media_conversion.fault import ConversionError
from trunkline.media_conversion.process import Limits

__all__ = ["ConversionError", "Converter", "Limits", "program"]
