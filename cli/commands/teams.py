"""`ringledger teams list`: the teams of an account."""

import typer

from cli.asking import rows, said
from cli.options import EPILOG, AccountOption, JsonLinesOption, SearchOption
from cli.printing import print_lines, print_table


def register(app: typer.Typer) -> None:
    """Add this group to the application."""
    group = typer.Typer(help="Teams of users.", no_args_is_help=True)
    group.callback()(_teams)
    group.command("list", epilog=EPILOG)(list_)
    app.add_typer(group, name="teams")


def _teams() -> None:
    """Teams of users."""


def list_(account: AccountOption, search: SearchOption = "", as_json: JsonLinesOption = False) -> None:
    """List an account's teams; --search looks at id and name.

    Examples:

    $ ringledger teams list --account harbour-care

    $ ringledger teams list --account harbour-care --search evening --json
    """
    found = rows("billing_units", "/api/v1/teams", account, said(search=search))
    if as_json:
        print_lines(found)
        return
    print_table(
        ("Team", "Name"),
        ((row["team_id"], row["name"]) for row in found),
        nothing=f"Account {account} has no such team.",
    )
