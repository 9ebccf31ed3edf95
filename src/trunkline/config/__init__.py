"""Settings: what they are (`table`), where they come from (`load`), how they are shown (`show`).

Nothing outside this folder reads the environment or a settings file.
"""

from trunkline.config.load import FILE_NAME, ConfigError, load
from trunkline.config.show import describe, effective
from trunkline.config.table import Settings

__all__ = ["FILE_NAME", "ConfigError", "Settings", "describe", "effective", "load"]
