"""What a re-rating changes for units: split as the charges that stand, so that all of it is somebody's."""

from decimal import Decimal
from itertools import count
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cli.rerating_units import UnitChange, add_change, live_shares

CLAIMS, SALES, CARE = "claims", "sales", "care"
amounts = st.decimals(0, 1000, places=6)
_ids = count(1)


def a_charge(rated: str, unit: str | None, amount: str = "0", **more: Any) -> dict[str, Any]:
    fields = {"kind": "charge", "weight": None, "reverses": None} | more
    return {"charge_id": str(next(_ids)), "rated_usage_id": rated, "unit_id": unit, "amount": amount} | fields


@given(before=amounts, after=amounts, weights=st.lists(st.integers(1, 5), min_size=1, max_size=3))
def test_units_owe_together_what_the_use_costs(before: Decimal, after: Decimal, weights: list[int]) -> None:
    owed = [before, *[Decimal(0)] * (len(weights) - 1)]
    names = (CLAIMS, SALES, CARE)
    shares = {
        str(n): (names[n], amount, weight) for n, (amount, weight) in enumerate(zip(owed, weights, strict=True))
    }
    units: dict[str, UnitChange] = {}
    add_change(units, shares, after)
    said = [change.said(unit) for unit, change in units.items()]
    assert sum(Decimal(str(one["amount_before"])) for one in said) == before
    assert sum(Decimal(str(one["amount_after"])) for one in said) == after
    assert all(one["changes"] == 1 for one in said)


def test_what_was_moved_counts_where_it_is_now() -> None:
    first = a_charge("r1", CLAIMS, "0.10")
    back = a_charge("r1", CLAIMS, "-0.10", kind="reversal", reverses=first["charge_id"])
    moved = a_charge("r1", SALES, "0.10")
    wanted: dict[str, dict[str, Any]] = {"r1": {}, "r2": {}, "r3": {}}
    found = live_shares([back, a_charge("other", CARE, "9"), moved, first, a_charge("r2", None, "1")], wanted)
    assert {rated: [share[0] for share in shares.values()] for rated, shares in found.items()} == {
        "r1": [SALES],
        "r2": [""],
    }


def test_a_split_follows_the_weights_of_the_charges_that_stand() -> None:
    shares = {"a": (CLAIMS, Decimal("0.75"), 3), "b": (SALES, Decimal("0.25"), 1)}
    units: dict[str, UnitChange] = {}
    add_change(units, shares, Decimal("2"))
    assert units[CLAIMS].said(CLAIMS)["amount_after"] == "1.500000"
    assert units[SALES].said("")["unit_id"] is None
