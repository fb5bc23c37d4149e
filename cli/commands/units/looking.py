"""`ringledger units list`, `show` and `members`: what billing units there are, and who is in them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal

import typer

from cli.asking import Row, moment, rows, said, unit_named
from cli.options import AccountOption, JsonLinesOption, JsonOption, SearchOption, UnitArgument
from cli.printing import print_json, print_lines, print_table, when

Kind = Literal["number", "user", "team"]
KindOption = Annotated[Kind | None, typer.Option("--kind", help="Only members of this kind.", show_default=False)]
SortOption = Annotated[
    Literal["name", "users", "numbers"], typer.Option("--sort", help="By name, or most of these first.")
]
AtOption = Annotated[
    str | None, typer.Option("--at", help="Count members as of this day or instant.", show_default="now")
]


def list_(
    account: AccountOption,
    search: SearchOption = "",
    archived: Annotated[bool, typer.Option("--archived", help="Archived ones too.")] = False,
    sort: SortOption = "name",
    at: AtOption = None,
    as_json: JsonLinesOption = False,
) -> None:
    """List billing units with the number of their users and numbers.

    Examples:

    $ ringledger units list --account harbour-care

    $ ringledger units list --account harbour-care --search claims --archived

    $ ringledger units list --account harbour-care --json | jq -r .name
    """
    query = said(search=search, archived=archived, sort=sort, at=moment(account, at, "--at"))
    found = rows("billing_units", "/api/v1/billing-units", account, query)
    if as_json:
        print_lines(found)
        return
    print_table(
        ("Unit", "Users", "Numbers", "Archived", "Id"),
        (
            (unit["name"], unit["users"], unit["numbers"], when(unit["archived_at"]), unit["unit_id"])
            for unit in found
        ),
        nothing=f"Account {account} has no such billing unit; `ringledger units create` makes one.",
        right="Users,Numbers",
    )


def show(unit: UnitArgument, account: AccountOption, as_json: JsonOption = False) -> None:
    """Show one billing unit and who is in it now.

    Examples:

    $ ringledger units show Claims --account harbour-care

    $ ringledger units show 5ccfd1e1-a15d-506a-84e7-b4431c35fb7d --account harbour-care --json
    """
    found = unit_named(account, unit)
    there = list(current(account, found["unit_id"], None, future=False))
    if as_json:
        print_json({**found, "members": there})
        return
    for name in ("name", "unit_id", "version", "archived_at"):
        typer.echo(f"{name:>12}  {found[name] if found[name] is not None else '–'}")
    _print_members(there)


def members(
    unit: UnitArgument,
    account: AccountOption,
    kind: KindOption = None,
    every: Annotated[bool, typer.Option("--all", help="Also those whose time is over.")] = False,
    as_json: JsonLinesOption = False,
) -> None:
    """List who is in a billing unit, now or later, from when until when.

    Examples:

    $ ringledger units members Claims --account harbour-care

    $ ringledger units members Claims --account harbour-care --kind number --all --json
    """
    unit_id = unit_named(account, unit)["unit_id"]
    found = assigned(account, unit_id, kind) if every else current(account, unit_id, kind, future=True)
    if as_json:
        print_lines(found)
    else:
        _print_members(found)


def assigned(account: str, unit_id: str, kind: Kind | None) -> Iterator[Row]:
    """All that was ever assigned to a unit, and will be."""
    return rows("billing_units", f"/api/v1/billing-units/{unit_id}/members", account, said(kind=kind))


def current(account: str, unit_id: str, kind: Kind | None, *, future: bool) -> Iterator[Row]:
    """Of them those who are there now. future: those who come later too."""
    from chassis.clock import system_clock

    now = system_clock()
    for row in assigned(account, unit_id, kind):
        ended = row["until_at"] is not None and datetime.fromisoformat(row["until_at"]) <= now
        if not ended and (future or datetime.fromisoformat(row["from_at"]) <= now):
            yield row


def _print_members(found: "Iterator[Row] | list[Row]") -> None:
    print_table(
        ("Kind", "Member", "Name", "From", "Until", "Weight", "Primary", "Assignment"),
        (
            (
                row["member_kind"],
                row["member"],
                row["name"],
                when(row["from_at"]),
                when(row["until_at"]),
                row["weight"],
                row["primary"],
                row["assignment_id"],
            )
            for row in found
        ),
        nothing="Nobody is in it.",
        right="Weight",
    )
