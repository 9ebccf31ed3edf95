"""Why a file was not converted."""


class ConversionError(Exception):
    """The text says why, for whoever sent the file. `is_ours`: nothing is wrong with the file."""

    def __init__(self, detail: str, *, is_ours: bool = False) -> None:
        self.is_ours = is_ours
        super().__init__(detail)
