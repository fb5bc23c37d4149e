"""The summary of a booked period: one line for every unit and for what is unassigned, summing to the total."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import reduce

from contracts.values.money import split_units
from services.reporting.domain.rollup import NOTHING, Quantities

SHARE_PARTS = 1_000_000
"""Shares have six decimals and are split so that they sum to exactly one."""


class MixedCurrencies(ValueError):
    """The costs of one account are in more than one currency, which the law forbids; nothing is summed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRow:
    """Costs of one unit, of one day or category where asked for. unit_id: None for what is unassigned."""

    unit_id: str | None
    currency: str
    quantities: Quantities
    use_on: date | None = None
    category: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryLine:
    """A line with its share of all costs above zero: a fraction of six decimals."""

    row: CostRow
    share: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Lines by unit id, unassigned last; `total` is their exact sum."""

    currency: str
    lines: tuple[SummaryLine, ...]
    total: Quantities


def summarise(
    rows: Sequence[CostRow], *, units: Iterable[str], currency: str, only: frozenset[str] | None = None
) -> Summary:
    """The rows with a line of zeros for each unit, and for unassigned, that cost nothing.

    currency: the account's. only: the units that may be seen; total and shares are then of these alone.
    Raises MixedCurrencies when a row is in another.
    """
    others = {row.currency for row in rows} - {currency}
    if others:
        raise MixedCurrencies(f"costs in {', '.join(sorted(others))} in an account of {currency}")
    present = {row.unit_id for row in rows}
    absent = [
        CostRow(unit_id=unit, currency=currency, quantities=NOTHING)
        for unit in {None, *units}
        if unit not in present
    ]
    seen = [row for row in (*rows, *absent) if only is None or row.unit_id in only]
    ordered = sorted(seen, key=_place)
    shares = shares_of([row.quantities.amount for row in ordered])
    return Summary(
        currency=currency,
        lines=tuple(SummaryLine(row=row, share=share) for row, share in zip(ordered, shares, strict=True)),
        total=reduce(lambda total, row: total + row.quantities, ordered, NOTHING),
    )


def shares_of(amounts: Sequence[Decimal]) -> list[Decimal]:
    """Each amount as a fraction of those above zero, summing to exactly 1; 0 where an amount is not above zero.

    Net reversals can make a unit's costs negative; a share of a whole has no sensible value there.
    """
    weights = {f"{place:09d}": int(amount.scaleb(6)) for place, amount in enumerate(amounts) if amount > 0}
    parts = split_units(SHARE_PARTS, weights) if weights else {}
    return [Decimal(parts.get(f"{place:09d}", 0)).scaleb(-6) for place in range(len(amounts))]


def _place(row: CostRow) -> tuple[bool, str, date, str]:
    return row.unit_id is None, row.unit_id or "", row.use_on or date.min, row.category or ""
