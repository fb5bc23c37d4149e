"""Phone numbers as they travel: E.164, withheld, or internal."""

import re

E164_PATTERN = r"^\+[0-9]{7,15}$"
"""ITU-T E.164: `+` and 7 to 15 ASCII digits."""

PARTY_PATTERN = r"^(\+[0-9]{7,15}|withheld|internal(:[!-~]{1,64})?)$"
"""One side of a call: an E.164 number, `withheld`, or `internal` with an optional extension after a colon."""

WITHHELD = "withheld"

_E164 = re.compile(r"\+[0-9]{7,15}", re.ASCII)


def is_e164(text: str) -> bool:
    """Whether the pattern holds; whether the number can exist is asked only when it enters the directory."""
    return _E164.fullmatch(text) is not None


def masked(number: str) -> str:
    """The number with its last four digits hidden, for logs: `+4930123456` → `+493012****`."""
    return number if not is_e164(number) else f"{number[:-4]}****"
