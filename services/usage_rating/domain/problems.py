"""What is wrong with a plan or a deck, each with the place, the value found and what to do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that stops a plan.

    row: the row as a spreadsheet numbers it (the header is row 1), None in a plan document. field: the
    column, or the path in the document (`calls.prices.p1.bands[0].per_minute`). value: what stood there.
    says: what is wrong and what to do about it.
    """

    field: str
    value: str
    says: str
    row: int | None = None

    def __str__(self) -> str:
        place = self.field if self.row is None else f"row {self.row}, {self.field}"
        return f"{place}: {self.value!r} {self.says}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problems:
    """A plan that is refused whole: nothing of it is loaded while any problem remains."""

    items: tuple[Problem, ...]
