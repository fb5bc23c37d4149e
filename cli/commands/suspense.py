"""`ringledger suspense list`: what has no price yet, and why."""

import asyncio
import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.failures import INFRASTRUCTURE, fail

EPILOG = "Exit codes: 0 done · 1 database not reached."


def register(app: typer.Typer) -> None:
    """Add this group to the application."""
    group = typer.Typer(help="Usage without a price: never free, never lost.", no_args_is_help=True)
    group.callback()(_group)
    group.command("list", epilog=EPILOG)(list_)
    app.add_typer(group, name="suspense")


def _group() -> None:
    """Usage without a price: never free, never lost."""


def list_(
    account: Annotated[str | None, typer.Option("--account", help="Only of this account.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Only for this reason, like no_prefix.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="The oldest so many; counts are of all.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Count call legs in suspense by reason, over all accounts or one, and list the oldest.

    Examples:

    $ ringledger suspense list

    $ ringledger suspense list --account acme --reason no_prefix --json

    They are priced by themselves once the account or a plan with their prefix appears.
    """
    from contracts.events.envelope import to_json

    counts, legs = _read(account, reason, limit)
    if as_json:
        sys.stdout.write(to_json({"counts": counts, "legs": legs}).decode() + "\n")
        return
    if not counts:
        Console().print("Nothing is in suspense.")
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("Reason")
    table.add_column("Legs", justify="right")
    table.add_column("Since")
    for row in counts:
        table.add_row(escape(row["reason"]), f"{row['legs']:,}", f"{row['oldest']:%Y-%m-%d %H:%M}")
    oldest = Table(box=None, pad_edge=False, title="The oldest", title_justify="left")
    for name in ("Since", "Account", "Usage", "Revision", "Reason"):
        oldest.add_column(name)
    for row in legs:
        told = (row["account_id"], row["usage_id"], str(row["revision"]), row["reason"])
        oldest.add_row(f"{row['recorded_at']:%Y-%m-%d %H:%M}", *(escape(text) for text in told))
    Console(width=max(Console().width, 110)).print(table, oldest)


def _read(account: str | None, reason: str | None, limit: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """As the administrator: the API shows one account at a time, an operator needs all."""
    from cli.stack.addresses import postgres_dsn
    from cli.stack.processes import StackError
    from cli.verify.snapshot import DatabaseUnavailable, NotMigrated, open_snapshot

    async def read() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        async with open_snapshot(postgres_dsn(), account_id=account, period=None) as snapshot:
            counts = await snapshot.fetch("count_suspense", account)
            legs = await snapshot.fetch("list_suspense", account, reason, limit)
            return (
                [dict(row) for row in counts if reason in (None, row["reason"])],
                [{**row, "usage_id": str(row["usage_id"])} for row in legs],
            )

    try:
        return asyncio.run(read())
    except (StackError, DatabaseUnavailable, NotMigrated) as error:
        fail(str(error), code=INFRASTRUCTURE)
