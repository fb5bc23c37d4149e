"""`ringledger units`: billing units, who is in them and when, and what they cost."""

import typer

from cli.commands.units.assigning import assign, release
from cli.commands.units.changing import archive, create, rename
from cli.commands.units.costs import EXAMPLES, costs
from cli.commands.units.importing import import_
from cli.commands.units.looking import list_, members, show
from cli.options import EPILOG


def register(app: typer.Typer) -> None:
    """Add this group to the application."""
    group = typer.Typer(help="Billing units, their members and what they cost.", no_args_is_help=True)
    group.command("list", epilog=EPILOG)(list_)
    group.command("show", epilog=EPILOG)(show)
    group.command("members", epilog=EPILOG)(members)
    group.command("create", epilog=EPILOG)(create)
    group.command("rename", epilog=EPILOG)(rename)
    group.command("archive", epilog=EPILOG)(archive)
    group.command("assign", epilog=EPILOG)(assign)
    group.command("release", epilog=EPILOG)(release)
    group.command("import", epilog=EPILOG)(import_)
    group.command("costs", help=EXAMPLES)(costs)
    app.add_typer(group, name="units")
