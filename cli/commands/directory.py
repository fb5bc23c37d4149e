"""`ringledger directory import`: accounts, numbers, users and units from a file onto the directory's topic."""

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.failures import BAD_INPUT, INFRASTRUCTURE, fail

if TYPE_CHECKING:
    from cli.directory_file import DirectoryEntry

SHOWN_PROBLEMS = 20
SOURCE = "ringledger-directory"


def register(app: typer.Typer) -> None:
    """Add this group to the application."""
    group = typer.Typer(help="Accounts, numbers, users, teams and units.", no_args_is_help=True)
    group.callback()(_group)
    group.command("import")(import_)
    app.add_typer(group, name="directory")


def _group() -> None:
    """Accounts, numbers, users, teams and units."""


def import_(
    file: Annotated[Path, typer.Argument(help="One JSON object a line.", show_default=False)],
    account: Annotated[str, typer.Option("--account", help="Whose directory it is.", show_default=False)],
) -> None:
    """Publish a directory written by hand, all of it or nothing; the same file again changes nothing.

    Lines such as (one a line; `version` is 1 unless said, the highest version of an entry wins):

      {"type": "account", "name": "Acme", "currency": "EUR", "zone": "Europe/Berlin"}

      {"type": "number", "number": "+4930123456", "from_at": "2026-10-01T00:00:00Z"}

      {"type": "user", "user_id": "1115", "name": "Ada"}

      {"type": "unit", "name": "Sales"}

      {"type": "assignment", "unit": "Sales", "member_kind": "user", "member": "1115",
       "from_at": "2026-10-01T00:00:00Z"}
    """
    from cli.directory_file import LineProblem, read_directory
    from cli.publishing import PublishError
    from cli.stack.addresses import kafka_bootstrap_servers
    from cli.stack.processes import StackError

    try:
        with file.open("rb") as lines:
            read = list(read_directory(lines, account))
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}; give the path of a readable file", code=BAD_INPUT)
    problems = [one for one in read if isinstance(one, LineProblem)]
    for problem in problems[:SHOWN_PROBLEMS]:
        typer.echo(f"{file}, line {problem.line}: {problem.says}", err=True)
    if problems:
        fail(f"{len(problems)} lines are wrong; nothing was published", code=BAD_INPUT)
    entries = [one for one in read if not isinstance(one, LineProblem)]
    # The client's own complaints would come between; what it raises is told in one sentence instead.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        asyncio.run(_publish(entries, account, kafka_bootstrap_servers()))
    except (StackError, PublishError) as error:
        fail(f"{error}; run the same command again, what is there is a duplicate", code=INFRASTRUCTURE)
    typer.echo(f"{len(entries):,} entries published for account {account}")


async def _publish(entries: "list[DirectoryEntry]", account: str, bootstrap_servers: str) -> None:
    from chassis.clock import system_clock
    from cli.publishing import PlatformRecord, publish
    from contracts.events.envelope import encode
    from contracts.topics import DIRECTORY

    now = system_clock()
    records = [
        PlatformRecord(
            topic=DIRECTORY.name,
            key=account.encode(),
            value=encode(kind=one.kind, event_id=one.event_id, source=SOURCE, time=now, data=one.data),
        )
        for one in entries
    ]
    await publish(bootstrap_servers, records)
