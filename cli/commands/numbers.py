"""`ringledger numbers list`: phone numbers of an account, and the billing unit each is in."""

from typing import Annotated

import typer

from cli.asking import moment, names_of_units, rows, said
from cli.options import EPILOG, AccountOption, JsonLinesOption, SearchOption
from cli.printing import print_lines, print_table, when

AvailableOption = Annotated[bool, typer.Option("--available", help="Only those that are in no unit, now or later.")]
CountryOption = Annotated[
    str | None, typer.Option("--country", help="Only of this country, like DE.", show_default=False)
]
AtOption = Annotated[str | None, typer.Option("--at", help="As of this day or instant.", show_default="now")]


def register(app: typer.Typer) -> None:
    """Add this group to the application."""
    group = typer.Typer(help="Phone numbers and the billing units they are in.", no_args_is_help=True)
    group.callback()(_numbers)
    group.command("list", epilog=EPILOG)(list_)
    app.add_typer(group, name="numbers")


def _numbers() -> None:
    """Phone numbers and the billing units they are in."""


def list_(
    account: AccountOption,
    available: AvailableOption = False,
    search: SearchOption = "",
    country: CountryOption = None,
    at: AtOption = None,
    as_json: JsonLinesOption = False,
) -> None:
    """List an account's phone numbers.

    Examples:

    $ ringledger numbers list --account harbour-care --available

    $ ringledger numbers list --account harbour-care --search "20 7946" --json | jq -r .number
    """
    query = said(search=search, country=country, available=available, at=moment(account, at, "--at"))
    found = rows("billing_units", "/api/v1/numbers", account, query)
    if as_json:
        print_lines(found)
        return
    names = {} if available else names_of_units(account)
    print_table(
        ("Number", "Country", "Kind", "Billing unit", "From", "Until"),
        (
            (
                row["number"],
                row["country"],
                row["kind"],
                names.get(row["unit_id"]),
                when(row["from_at"]),
                when(row["until_at"]),
            )
            for row in found
        ),
        nothing=f"Account {account} has no such number.",
    )
