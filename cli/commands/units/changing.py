"""`ringledger units create`, `rename` and `archive`."""

from typing import Annotated

import typer

from cli.asking import answered, moment, unit_named
from cli.moves import print_preview
from cli.options import AccountOption, DryRunOption, JsonOption, UnitArgument
from cli.printing import print_json, when

UNITS = "/api/v1/billing-units"
ARCHIVING = {"archived_at": "--at", "release_members": "--release-members"}
NameArgument = Annotated[str, typer.Argument(help="What it is to be called.", show_default=False)]


def create(name: NameArgument, account: AccountOption, as_json: JsonOption = False) -> None:
    """Make a billing unit; names of one account differ in more than case.

    Examples:

    $ ringledger units create "Claims Hamburg" --account harbour-care

    $ ringledger units create Retention --account harbour-care --json | jq -r .unit_id
    """
    from cli.service_api import post

    with answered():
        made = post("billing_units", UNITS, account, {"name": name})["data"]
    if as_json:
        print_json(made)
    else:
        typer.echo(f"{made['name']} was made: {made['unit_id']}")


def rename(unit: UnitArgument, name: NameArgument, account: AccountOption, as_json: JsonOption = False) -> None:
    """Give a billing unit another name; its members and costs stay.

    Examples:

    $ ringledger units rename Claims "Claims and returns" --account harbour-care
    """
    from cli.service_api import patch

    found = unit_named(account, unit)
    with answered():
        path = f"{UNITS}/{found['unit_id']}"
        made = patch("billing_units", path, account, {"name": name}, version=found["version"])["data"]
    if as_json:
        print_json(made)
    else:
        typer.echo(f"{found['name']} is now called {made['name']}")


def archive(
    unit: UnitArgument,
    account: AccountOption,
    at: Annotated[
        str | None, typer.Option("--at", help="Day or instant from which on.", show_default="now")
    ] = None,
    release_members: Annotated[
        bool, typer.Option("--release-members", help="End memberships that last longer at that instant.")
    ] = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Archive a billing unit: earlier use still belongs to it, later use cannot.

    Examples:

    $ ringledger units archive Claims --account harbour-care --release-members --dry-run

    $ ringledger units archive Claims --account harbour-care --release-members --at 2026-11-01
    """
    from cli.service_api import post

    found = unit_named(account, unit)
    path = f"{UNITS}/{found['unit_id']}/archive"
    wanted = {"archived_at": moment(account, at, "--at"), "release_members": release_members}
    with answered(ARCHIVING):
        if dry_run:
            preview = post("billing_units", f"{path}/preview", account, wanted, version=found["version"])["data"]
        else:
            made = post("billing_units", path, account, wanted, version=found["version"])["data"]
    if dry_run:
        print_preview(account, preview, as_json=as_json)
    elif as_json:
        print_json(made)
    else:
        typer.echo(f"{made['name']} is archived from {when(made['archived_at'])} on")
