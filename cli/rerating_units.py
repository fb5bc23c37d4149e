"""What a re-rating would change for each billing unit: its changes joined with the charges that stand."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from cli.asking import Row, rows
from contracts.values.call_times import LONGEST_CALL
from contracts.values.money import split_amount, total_amount

Shares = dict[str, tuple[str, Decimal, int]]
"""The live charges of a rating, by their ids: the unit ('' for *Unassigned*), what it owes, its weight."""


@dataclass(slots=True)
class UnitChange:
    """What a unit's uses would change: how many, and what they cost it before and after."""

    changes: int = 0
    before: list[Decimal] = field(default_factory=list)
    after: list[Decimal] = field(default_factory=list)

    def said(self, unit_id: str) -> dict[str, object]:
        """As JSON has it."""
        return {
            "unit_id": unit_id or None,
            "changes": self.changes,
            "amount_before": f"{total_amount(self.before):f}",
            "amount_after": f"{total_amount(self.after):f}",
        }


def changes_by_unit(account: str, rerating: Row) -> tuple[list[dict[str, object]], int]:
    """(sums of each unit, changes whose charges are not known yet): asks for every change and every charge."""
    path = f"/api/v1/reratings/{rerating['rerating_id']}/changes"
    wanted = {row["rated_usage_id"]: row for row in rows("usage_rating", path, account) if row["reason"] is None}
    standing = live_shares(_charges(account, rerating), wanted)
    units: dict[str, UnitChange] = {}
    for rated_usage_id, shares in standing.items():
        add_change(units, shares, Decimal(wanted[rated_usage_id]["amount_after"]))
    said = [change.said(unit_id) for unit_id, change in sorted(units.items())]
    return said, len(wanted) - len(standing)


def live_shares(charges: Iterable[Row], wanted: Mapping[str, Row]) -> dict[str, Shares]:
    """The charges of the wanted ratings that nothing has taken back, by rating."""
    found: dict[str, Shares] = {}
    taken: set[str] = set()
    for charge in charges:
        if charge["kind"] != "charge":
            taken.add(charge["reverses"])
        elif charge["rated_usage_id"] in wanted:
            share = (charge["unit_id"] or "", Decimal(charge["amount"]), charge["weight"] or 1)
            found.setdefault(charge["rated_usage_id"], {})[charge["charge_id"]] = share
    live = {
        rated: {charge_id: share for charge_id, share in shares.items() if charge_id not in taken}
        for rated, shares in found.items()
    }
    return {rated: shares for rated, shares in live.items() if shares}


def add_change(units: dict[str, UnitChange], shares: Shares, amount: Decimal) -> None:
    """Add one use to its units: the new amount is split as the charges that stand are."""
    parts = split_amount(amount, {unit_id: weight for unit_id, _, weight in shares.values()})
    for unit_id, owed, _ in shares.values():
        change = units.setdefault(unit_id, UnitChange())
        change.changes += 1
        change.before.append(owed)
        change.after.append(parts[unit_id])


def _charges(account: str, rerating: Row) -> Iterator[Row]:
    """Every charge of the days on which the uses can have ended, in whatever zone."""
    first = datetime.fromisoformat(rerating["from_at"]).date() - timedelta(days=1)
    last = (datetime.fromisoformat(rerating["to_at"]) + LONGEST_CALL).date() + timedelta(days=1)
    for use_on in _days(first, last):
        yield from rows("billing_units", "/api/v1/charges", account, {"use_on": use_on.isoformat()})


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)
