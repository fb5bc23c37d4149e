"""`ringledger conflicts`: records that contradict what is known, looked at and decided."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.failures import BAD_INPUT, INFRASTRUCTURE, fail

if TYPE_CHECKING:
    from chassis.database import Connection
    from cli.quarantine.conflicts import Conflict

EPILOG = "Exit codes: 0 done · 1 database not reached · 2 no such conflict, or a wrong option."
Answer = TypeVar("Answer")

ServiceOption = Annotated[str | None, typer.Option("--service", help="Only of this service, like usage_rating.")]
AccountOption = Annotated[str | None, typer.Option("--account", help="Only of this account.")]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]
RevealOption = Annotated[bool, typer.Option("--reveal", help="Show phone numbers in full.")]
AddressArgument = Annotated[str, typer.Argument(help="topic/partition/offset of the record.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add this group to the application."""
    group = typer.Typer(help="Records in quarantine: the same identity, other content.", no_args_is_help=True)
    group.command("list", epilog=EPILOG)(list_)
    group.command("show", epilog=EPILOG)(show)
    group.command("resolve", epilog=EPILOG)(resolve)
    app.add_typer(group, name="conflicts")


def list_(
    service: ServiceOption = None,
    account: AccountOption = None,
    decided: Annotated[bool, typer.Option("--all", help="Also those that were decided.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List what waits for a decision, oldest first.

    Examples:

    $ ringledger conflicts list

    $ ringledger conflicts list --account acme --all --json
    """
    from cli.quarantine.conflicts import list_conflicts

    _check_service(service)
    found = _with_database(
        lambda connection: list_conflicts(connection, service=service, account_id=account, decided=decided)
    )
    if as_json:
        _print_json([_told(conflict) for conflict in found])
        return
    if not found:
        Console().print("No conflicts.")
        return
    table = Table(box=None, pad_edge=False)
    for name in ("Since", "Record", "In", "Account", "Source", "Event", "Why", "Decided"):
        table.add_column(name, overflow="fold")
    for conflict in found:
        decision = f"{conflict.resolution} by {conflict.resolved_by}" if conflict.resolution else ""
        told = (conflict.address, conflict.service, conflict.account_id, conflict.source, conflict.event_id)
        table.add_row(
            f"{conflict.recorded_at:%Y-%m-%d %H:%M}", *(escape(text) for text in (*told, conflict.reason, decision))
        )
    Console(width=max(Console().width, 140)).print(table)


def show(
    address: AddressArgument,
    service: ServiceOption = None,
    reveal: RevealOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show a record in quarantine as it came; phone numbers are masked.

    Examples:

    $ ringledger conflicts show telephony.calls.v1/3/1042 --reveal
    """
    from cli.masking import shown

    documents = [
        _told(conflict)
        | {"key": shown(conflict.record_key, reveal=reveal), "value": shown(conflict.record_value, reveal=reveal)}
        for conflict in _found(address, service)
    ]
    if as_json:
        _print_json(documents)
        return
    for document in documents:
        for name, value in document.items():
            Console().print(f"{name:>12}  {value}", markup=False, highlight=False, soft_wrap=True)


def resolve(
    address: AddressArgument,
    by: Annotated[str, typer.Option("--by", help="Who decides; kept with the decision.", show_default=False)],
    keep_first: Annotated[bool, typer.Option("--keep-first", help="What came first stands.")] = False,
    service: ServiceOption = None,
) -> None:
    """Decide a conflict. What came first has had its effect and stands; the other record stays in quarantine.

    Examples:

    $ ringledger conflicts resolve telephony.calls.v1/3/1042 --keep-first --by ada@example.org

    Should the second record be the true one, let the platform send it as a higher revision: it then
    replaces the first, and the books show both.
    """
    from chassis.clock import system_clock
    from cli.quarantine.conflicts import keep_first as decide

    if not keep_first:
        fail(
            "say --keep-first: it is the only decision there is; a higher revision corrects a call", code=BAD_INPUT
        )
    if not by.strip():
        fail("--by must name somebody", code=BAD_INPUT)
    now = system_clock()
    for conflict in _found(address, service):
        done = _with_database(lambda connection, c=conflict: decide(connection, c, by=by.strip(), at=now))  # type: ignore[misc]
        typer.echo(f"{address} in {conflict.service}: " + ("the first stands" if done else "was decided before"))


def _found(address: str, service: str | None) -> "list[Conflict]":
    from cli.quarantine.conflicts import find_conflicts

    _check_service(service)
    found = _with_database(lambda connection: find_conflicts(connection, address, service=service))
    if not found:
        fail(f"no conflict {address}; `ringledger conflicts list --all` names those there are", code=BAD_INPUT)
    return found


def _check_service(service: str | None) -> None:
    from contracts.topics import SERVICES

    if service is not None and service not in SERVICES:
        fail(f"no service {service!r}; there are {', '.join(SERVICES)}", code=BAD_INPUT)


def _with_database(work: "Callable[[Connection], Coroutine[Any, Any, Answer]]") -> Answer:
    from cli.quarantine.conflicts import QuarantineUnavailable, connected
    from cli.stack.addresses import postgres_dsn
    from cli.stack.processes import StackError

    async def answered() -> Answer:
        async with connected(postgres_dsn()) as connection:
            return await work(connection)

    try:
        return asyncio.run(answered())
    except (StackError, QuarantineUnavailable) as error:
        fail(str(error), code=INFRASTRUCTURE)


def _told(conflict: "Conflict") -> dict[str, Any]:
    return {
        "address": conflict.address,
        "service": conflict.service,
        "account_id": conflict.account_id,
        "source": conflict.source,
        "event_id": conflict.event_id,
        "reason": conflict.reason,
        "recorded_at": conflict.recorded_at,
        "resolution": conflict.resolution,
        "resolved_by": conflict.resolved_by,
        "resolved_at": conflict.resolved_at,
    }


def _print_json(document: object) -> None:
    from contracts.events.envelope import to_json

    sys.stdout.write(to_json(document).decode() + "\n")
