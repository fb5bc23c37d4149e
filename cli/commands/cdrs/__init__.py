"""`ringledger cdrs`: call records from a platform's export onto the topic of calls."""

import typer

from cli.commands.cdrs.importing import import_


def register(app: typer.Typer) -> None:
    """Add this group to the application."""
    group = typer.Typer(help="Call records of telephony platforms.", no_args_is_help=True)
    group.command("import")(import_)
    app.add_typer(group, name="cdrs")
