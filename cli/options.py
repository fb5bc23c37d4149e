"""Options that several groups of commands share, under one name with one meaning."""

from typing import Annotated

import typer

ACCOUNT_VARIABLE = "RINGLEDGER_ACCOUNT"
EPILOG = (
    "Exit codes: 0 done · 1 a service cannot be reached · 2 what was asked is refused, and nothing was changed."
)

AccountOption = Annotated[
    str, typer.Option("--account", envvar=ACCOUNT_VARIABLE, help="Whose.", show_default=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
JsonLinesOption = Annotated[bool, typer.Option("--json", help="JSON lines on standard output, one for each row.")]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Show what cost would move, by unit; change nothing.")
]
SearchOption = Annotated[str, typer.Option("--search", help="Only those that have this in them.")]
UnitArgument = Annotated[str, typer.Argument(help="A billing unit: its name or id.", show_default=False)]
FromOption = Annotated[
    str | None, typer.Option("--from", help="Day (midnight in the account's zone) or instant.", show_default="now")
]
UntilOption = Annotated[
    str | None, typer.Option("--until", help="Day or instant at which it ends.", show_default="open")
]
