"""`ringledger units costs`: what each billing unit of an account cost in a period."""

import json
import sys
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.failures import BAD_INPUT, INFRASTRUCTURE, fail
from cli.options import AccountOption

UNASSIGNED = "Unassigned"

EXAMPLES = """
Show what every billing unit cost, Unassigned and the total that ties.

Examples:

  ringledger units costs --account harbour-care

  ringledger units costs --account harbour-care --period 2026-10-01

  ringledger units costs --account harbour-care --json | jq .total

Exit codes: 0 shown; 1 a service cannot be reached; 2 the service refused what was asked.
"""

PeriodOption = Annotated[
    datetime | None,
    typer.Option(
        "--period", formats=["%Y-%m-%d"], help="First day of the period.", show_default="the latest with costs"
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="The same as JSON on standard output.")]


def costs(account: AccountOption, period: PeriodOption = None, as_json: JsonOption = False) -> None:
    """Ask reporting for the costs and billing_units for the names."""
    from cli.service_api import Refused, get
    from cli.stack.processes import StackError

    asked = {} if period is None else {"period": period.date().isoformat()}
    try:
        answer = get("reporting", "/api/v1/unit-costs", account, asked)
    except Refused as error:
        fail(str(error), code=BAD_INPUT)
    except StackError as error:
        fail(str(error), code=INFRASTRUCTURE)
    names = _names(account)
    lines = [{**line, "name": name_of(line["unit_id"], names)} for line in answer["data"]]
    if as_json:
        json.dump({**answer, "data": lines, "account_id": account}, sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        Console().print(table_of(account, answer, lines))


def _names(account: str) -> dict[str, str]:
    """Unit ids with the names people gave, none when billing_units cannot be asked: ids do then.

    Names live in billing_units alone; facts and reports carry ids (DESIGN §4).
    """
    from cli.service_api import Refused, get
    from cli.stack.processes import StackError

    names: dict[str, str] = {}
    cursor: str | None = None
    try:
        while True:
            asked = {"limit": "500", "archived": "true"} | ({} if cursor is None else {"cursor": cursor})
            answer = get("billing_units", "/api/v1/billing-units", account, asked)
            names |= {unit["unit_id"]: unit["name"] for unit in answer["data"]}
            cursor = answer.get("next_cursor")
            if cursor is None:
                return names
    except (Refused, StackError) as error:
        typer.echo(f"no names, ids instead: {error}", err=True)
    return names


def name_of(unit_id: str | None, names: Mapping[str, str]) -> str:
    """The name of a unit, its id where the name is not known, or Unassigned."""
    return UNASSIGNED if unit_id is None else names.get(unit_id, unit_id)


def table_of(account: str, answer: Mapping[str, Any], lines: list[dict[str, Any]]) -> Table:
    """Unit, calls, minutes, cost and share, with the total below."""
    total, currency = answer["total"], answer["currency"]
    table = Table(
        title=f"{escape(account)}, period from {date.fromisoformat(answer['period'])}",
        title_justify="left",
        title_style="bold",
        show_footer=True,
    )
    table.add_column("Unit", "Total", min_width=16)
    for heading, footer in (
        ("Calls", f"{total['calls']:,}"),
        ("Minutes", _minutes(total["duration_ms"])),
        (f"Cost {currency}", f"{Decimal(total['amount']):,.6f}"),
        ("Share", _share(sum((Decimal(line["share"]) for line in lines), Decimal(0)))),
    ):
        table.add_column(heading, footer, justify="right")
    for line in lines:
        table.add_row(
            escape(line["name"]),
            f"{line['calls']:,}",
            _minutes(line["duration_ms"]),
            f"{Decimal(line['amount']):,.6f}",
            _share(Decimal(line["share"])),
            style="yellow" if line["unit_id"] is None else None,
        )
    return table


def _minutes(duration_ms: int) -> str:
    return f"{Decimal(duration_ms) / 60_000:,.1f}"


def _share(share: Decimal) -> str:
    return f"{share * 100:.2f} %" if share else "–"
