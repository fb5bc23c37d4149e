"""`ringledger users list`: the billable agents of an account."""

from typing import Annotated

import typer

from cli.asking import rows, said
from cli.options import EPILOG, AccountOption, JsonLinesOption, SearchOption
from cli.printing import print_lines, print_table


def register(app: typer.Typer) -> None:
    """Add this group to the application."""
    group = typer.Typer(help="Users, who are billable agents.", no_args_is_help=True)
    group.callback()(_users)
    group.command("list", epilog=EPILOG)(list_)
    app.add_typer(group, name="users")


def _users() -> None:
    """Users, who are billable agents."""


def list_(
    account: AccountOption,
    search: SearchOption = "",
    inactive: Annotated[bool, typer.Option("--inactive", help="Deactivated ones too.")] = False,
    as_json: JsonLinesOption = False,
) -> None:
    """List an account's users; --search looks at id, name and e-mail address.

    Examples:

    $ ringledger users list --account harbour-care

    $ ringledger users list --account harbour-care --search moss --json | jq -r .user_id
    """
    found = rows("billing_units", "/api/v1/users", account, said(search=search, inactive=inactive))
    if as_json:
        print_lines(found)
        return
    print_table(
        ("User", "Name", "E-mail", "Active"),
        ((row["user_id"], row["name"], row["email"], row["active"]) for row in found),
        nothing=f"Account {account} has no such user.",
    )
