"""`ringledger plans`: rate plans checked, imported and looked at."""

import typer

from cli.commands.plans.checking import lint
from cli.commands.plans.comparing import diff, rates
from cli.commands.plans.importing import import_
from cli.commands.plans.looking import list_, profiles
from cli.commands.plans.options import EPILOG


def register(app: typer.Typer) -> None:
    """Add this group to the application."""
    group = typer.Typer(help="Rate plans: checked, imported, compared.", no_args_is_help=True)
    group.command("import", epilog=EPILOG)(import_)
    group.command("lint", epilog=EPILOG)(lint)
    group.command("diff", epilog=EPILOG)(diff)
    group.command("list", epilog=EPILOG)(list_)
    group.command("rates", epilog=EPILOG)(rates)
    group.command("profiles")(profiles)
    app.add_typer(group, name="plans")
