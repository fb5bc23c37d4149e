"""What a change would move: from which unit to which, in which booked period, and what that makes for one unit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from contracts.values.money import CHARGE_SCALE, MINOR_UNITS, total_amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """An amount of so many calls and other uses that would go from one unit to another; None: *Unassigned*."""

    from_unit_id: str | None
    to_unit_id: str | None
    booked_period: date
    currency: str
    ratings: int
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """Everything a change would move. complete: whether all of the use was looked at."""

    moves: Sequence[Move]
    complete: bool

    def net_of(self, unit_id: str) -> Decimal:
        """What the unit would owe more, or less where it is negative."""
        gained = [move.amount for move in self.moves if move.to_unit_id == unit_id]
        return total_amount([*gained, *(-move.amount for move in self.moves if move.from_unit_id == unit_id)])

    def with_others(self, others: "Moves") -> "Moves":
        """These and those of another change."""
        return Moves(moves=[*self.moves, *others.moves], complete=self.complete and others.complete)

    def unit_ids(self) -> set[str]:
        """The units between which something would move."""
        named = {move.from_unit_id for move in self.moves} | {move.to_unit_id for move in self.moves}
        return {unit_id for unit_id in named if unit_id is not None}


def read_moves(previews: Iterable[Mapping[str, Any]]) -> Moves:
    """The moves that previews tell of, as billing_units writes them."""
    listed = list(previews)
    return Moves(
        moves=[
            Move(
                from_unit_id=row["from_unit_id"],
                to_unit_id=row["to_unit_id"],
                booked_period=date.fromisoformat(row["booked_period"]),
                currency=row["currency"],
                ratings=row["ratings"],
                amount=Decimal(row["amount"]),
            )
            for one in listed
            for row in one["moves"]
        ],
        complete=all(one["complete"] for one in listed),
    )


def in_column(amount: Decimal, currency: str) -> tuple[str, str]:
    """An amount for a column of amounts, all with six decimals: as far as the currency is paid in, and the rest."""
    text = f"{amount:,.{CHARGE_SCALE}f}"
    paid = MINOR_UNITS.get(currency, 2)
    end = text.index(".") + (paid + 1 if paid else 0)
    return text[:end], text[end:]


def written(amount: Decimal | str) -> str:
    """An amount as people read it: thousands apart, at least two decimals, none of the others lost."""
    whole, _, decimals = f"{Decimal(amount):,f}".partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"
