"""Gathers what the closing table shows: the units' costs from reporting, the total from the proof's base rows."""

import shutil
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

from cli.demo.centre import ACCOUNT_ID, CURRENCY, MONTH, Centre
from cli.demo.table import UNASSIGNED_NAME, Closing, RatedTotal, UnitCosts
from cli.service_api import get
from cli.stack.state import StackState, default_data_folder
from cli.verify import Verdict
from contracts.values.money import total_amount

NEXT = (
    (f"units costs --account {ACCOUNT_ID}", "the same table from reporting's API"),
    ("verify", "prove again that nothing was lost or doubled"),
)
UP = ("up", "start the stack again: what was played is still there")
STATUS = ("status", "what runs, and where its logs are")


def closing_of(*, state: StackState, data: Path, centre: Centre, verdict: Verdict, stays_up: bool) -> Closing:
    """The closing table of the month. Raises Refused, or StackError when reporting is not reached."""
    asked = {"period": MONTH.start_on.isoformat()}
    answer = get("reporting", "/api/v1/unit-costs", ACCOUNT_ID, asked, data=data)
    names = {unit.unit_id: unit.name for unit in centre.units}
    order = [*names, *(line["unit_id"] for line in answer["data"])]
    lines = sorted(answer["data"], key=lambda line: (line["unit_id"] is None, order.index(line["unit_id"])))
    return Closing(
        title=f"{centre.account.name}, {MONTH.start_on:%B %Y}",
        currency=answer["currency"],
        units=tuple(_unit_costs(line, names) for line in lines),
        rated=rated_total(verdict),
        ran_on=f"{state.broker_from} and {state.database_from}",
        next_commands=tuple(
            (f"{_program(data)} {words}", why) for words, why in ((*NEXT, STATUS) if stays_up else (UP, *NEXT))
        ),
    )


def rated_total(verdict: Verdict) -> RatedTotal:
    """The month's rated usage as the proof summed it from usage_rating's rows, which know nothing of units."""
    rated = [
        line.upstream
        for line in verdict.conservation
        if line.flow == "charges"
        and (line.account_id, line.booked_period, line.currency) == (ACCOUNT_ID, MONTH.start_on, CURRENCY)
    ]
    return RatedTotal(calls=sum(sums.calls for sums in rated), amount=total_amount([sums.amount for sums in rated]))


def _unit_costs(line: dict[str, Any], names: dict[str, str]) -> UnitCosts:
    unit_id = line["unit_id"]
    return UnitCosts(
        unit_id=unit_id,
        name=UNASSIGNED_NAME if unit_id is None else names.get(unit_id, unit_id),
        calls=line["calls"],
        duration_ms=line["duration_ms"],
        amount=Decimal(line["amount"]),
    )


def _program(data: Path) -> str:
    """How to call `ringledger` from here, so that a line can be copied as it stands."""
    beside = Path(sys.executable).parent / "ringledger"
    found = shutil.which("ringledger")
    if found is not None and Path(found).resolve() == beside.resolve():
        program = "ringledger"
    else:
        program = str(beside.relative_to(Path.cwd()) if beside.is_relative_to(Path.cwd()) else beside)
    return program if data == default_data_folder() else f"RINGLEDGER_DATA={data} {program}"
