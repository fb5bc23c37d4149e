"""Shows records without the numbers in them, unless asked to: dead letters and conflicts hold personal data."""

import re

HIDDEN = 4
"""Last digits of a number that are hidden."""

_NUMBER = re.compile(r"(?:(?<![0-9A-Fa-f-])|(?<=\\u002[Bb]))[0-9]{7,}(?![0-9A-Fa-f-])", re.ASCII)
"""Seven digits or more, with or without `+` (in JSON also `\\u002b`), as a broken record may have them.

The parts of a UUID are none.
"""


def shown(value: bytes | None, *, reveal: bool) -> str | None:
    """A record's bytes as text; whatever may be a number has its last four digits hidden unless revealed."""
    if value is None:
        return None
    text = value.decode("utf-8", "backslashreplace")
    return text if reveal else _NUMBER.sub(lambda digits: digits[0][:-HIDDEN] + "*" * HIDDEN, text)
