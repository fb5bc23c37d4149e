"""Arguments and options that several commands on plans share."""

from pathlib import Path
from typing import Annotated

import typer

from services.usage_rating.domain.linting.warnings import JUMP_PERCENT, WarningName

EVERY_ACCOUNT = "*"
EPILOG = "Exit codes: 0 done · 1 a service is not reached · 2 the plan or an option is refused."

FileArgument = Annotated[
    Path, typer.Argument(help="Price deck (.csv) or plan document (.json, .yaml).", show_default=False)
]
AccountOption = Annotated[
    str, typer.Option("--account", help="Whose plan; without it, every account's that has none of its own.")
]
ReportOption = Annotated[
    Path | None, typer.Option("--report", help="Write every problem or warning into this CSV file.")
]
AcceptOption = Annotated[
    list[WarningName] | None,
    typer.Option("--accept", help="A kind of warning that was looked at and is meant; repeatable."),
]
JumpOption = Annotated[
    int, typer.Option("--jump-percent", min=1, max=100_000, help="By how much a call's cost may change.")
]
JUMP_DEFAULT = JUMP_PERCENT
JsonOption = Annotated[bool, typer.Option("--json", help="The answer as JSON on standard output.")]
