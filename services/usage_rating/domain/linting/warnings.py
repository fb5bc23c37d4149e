"""A warning of the lint, and the names by which a kind of them is accepted."""

from dataclasses import dataclass
from enum import StrEnum


class WarningName(StrEnum):
    """Kinds of warnings, by the names under which they are accepted."""

    PRICE_JUMPS = "price-jumps"
    UNREACHABLE_BANDS = "unreachable-bands"
    MISSING_COUNTRIES = "missing-countries"
    DEAD_PREFIXES = "dead-prefixes"


JUMP_PERCENT = 50
"""By how many per cent the cost of a call may change before somebody must say that this is meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanWarning:
    """One thing that is allowed, and stops a plan only until its name is accepted.

    field: what part of the plan (`prefix`, `country`, `window`, `band`). value: which one. says: what was seen,
    and what to do about it.
    """

    name: WarningName
    field: str
    value: str
    says: str

    def __str__(self) -> str:
        return f"{self.name}: {self.field} {self.value} {self.says}"
