"""`ringledger verify`: proves that nothing was lost or doubled between price, charge and report."""

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from cli.failures import INFRASTRUCTURE, fail

if TYPE_CHECKING:
    from datetime import date

    from cli.verify import Verdict

DIFFERENCE = 5
PAGE_WIDTH = 120
"""Sums are shown in full whatever the width of the terminal: a cut amount is no amount."""

EPILOG = (
    "Exit codes: 0 it holds · 5 it does not · 1 database or broker not reached, or not migrated · 2 wrong option."
)

AccountOption = Annotated[str | None, typer.Option("--account", help="Sums and rows of one account only.")]
PeriodOption = Annotated[
    datetime | None,
    typer.Option("--period", formats=["%Y-%m-%d"], help="One booked period only, by its first day."),
]
WaitOption = Annotated[
    int, typer.Option("--wait", min=0, help="First wait up to so many seconds until all is read and published.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="The whole verdict as JSON on standard output.")]


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command(epilog=EPILOG)(verify)


def verify(
    account: AccountOption = None,
    period: PeriodOption = None,
    wait: WaitOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Prove, on one snapshot, that rated usage = charges = reported facts, and that every offset has one fate.

    Examples:

    $ ringledger verify

    $ ringledger verify --wait 30 --account acme --period 2026-10-01

    $ ringledger verify --json | jq '.checks[] | select(.holds | not)'

    What is on its way between two services is not a difference: it is listed, record by record.
    """
    from cli.verify.page import as_document, rendered
    from contracts.events.envelope import to_json

    verdict = _proven(account, None if period is None else period.date(), wait)
    if as_json:
        sys.stdout.write(to_json(as_document(verdict)).decode() + "\n")
    else:
        Console(width=max(Console().width, PAGE_WIDTH)).print(rendered(verdict))
    if not verdict.holds:
        raise typer.Exit(DIFFERENCE)


def _proven(account: str | None, period: "date | None", wait_s: int) -> "Verdict":
    import asyncio
    import logging

    from cli.stack.addresses import kafka_bootstrap_servers, postgres_dsn
    from cli.stack.processes import StackError
    from cli.verify import run
    from cli.verify.log import LogUnavailable
    from cli.verify.snapshot import DatabaseUnavailable, NotMigrated

    # The client's own complaints would come between; what it raises is told in one sentence instead.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        with Console(stderr=True).status("connecting") as status:
            return asyncio.run(
                run(
                    postgres_dsn=postgres_dsn(),
                    kafka_bootstrap_servers=kafka_bootstrap_servers(),
                    account_id=account,
                    period=period,
                    wait_s=wait_s,
                    tell=status.update,
                )
            )
    except (StackError, DatabaseUnavailable, NotMigrated, LogUnavailable) as error:
        fail(str(error), code=INFRASTRUCTURE)
