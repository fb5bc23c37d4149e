"""`ringledger demo`: a month of a contact centre through the whole system, and the bill by unit."""

import asyncio
import logging
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from cli.commands.stack import DataOption
from cli.failures import INFRASTRUCTURE, fail

if TYPE_CHECKING:
    from cli.demo.month import Month
    from cli.demo.play import Played
    from cli.stack.runner import LocalStack
    from cli.stack.state import StackState
    from cli.verify import Verdict

DIFFERENCE = 5
INTERRUPTED = 130
START_TIMEOUT_S = 180
FIRST_START_TIMEOUT_S = 1200
"""With Kafka's jars to be downloaded over a slow line."""

EPILOG = "Exit codes: 0 it went well · 5 the proof does not hold · 1 something could not be started or reached."

OnceOption = Annotated[bool, typer.Option("--once", help="End after the table, with 0 only if the proof holds.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Another seed plays other calls of the same centre.")]
CallsOption = Annotated[int, typer.Option("--calls", min=1, max=1_000_000, help="How many calls.")]


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command(epilog=EPILOG)(demo)


def demo(
    once: OnceOption = False, seed: SeedOption = 1, calls: CallsOption = 20_000, data: DataOption = None
) -> None:
    """Start the local stack, play a month of calls through Kafka, and show what each billing unit owes.

    3 units, 40 users in 5 teams, 60 numbers, real destination prefixes at invented prices. Run it again: the
    same calls are played again, and every one is a duplicate.
    """
    from cli.stack.runner import LocalStack

    console = Console(highlight=False, soft_wrap=True)
    # Being told to end is the same as Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    stack = LocalStack(data=data)
    ours, table_shown, held = False, False, False
    try:
        ours = not _runs(stack)
        with ThreadPoolExecutor(1) as pool:
            month = pool.submit(_month, seed, calls)
            state = _start(stack, console)
        held = _play(stack.data, state, month.result(), console, stays_up=not (once and ours))
        table_shown = True
        if ours and not once:
            _show_page(stack.data, console)
            console.print("\nThe stack stays up until Ctrl-C.")
            threading.Event().wait()
    except KeyboardInterrupt:
        if not table_shown:
            raise typer.Exit(INTERRUPTED) from None
    finally:
        if ours:
            _stop(stack, console)
    if once and not held:
        raise typer.Exit(DIFFERENCE)


def _runs(stack: "LocalStack") -> bool:
    state = stack.state()
    return state is not None and state.supervisor.ref.is_alive()


def _month(seed: int, calls: int) -> "Month":
    from cli.demo.centre import contact_centre
    from cli.demo.month import month_of_calls

    return month_of_calls(centre=contact_centre(), seed=seed, calls=calls)


def _start(stack: "LocalStack", console: Console) -> "StackState":
    """Start everything and say what it runs on."""
    from cli.commands.stack import progress_of
    from cli.stack.jars import cache_folder, missing_jars
    from cli.stack.processes import StackError
    from cli.stack.wiring import KAFKA_BOOTSTRAP_SERVERS

    to_fetch = [] if os.environ.get(KAFKA_BOOTSTRAP_SERVERS) else missing_jars(cache_folder())
    if to_fetch:
        console.print(
            f"The first start on this machine downloads Apache Kafka: {len(to_fetch)} files into {cache_folder()}."
        )
    try:
        with console.status("Starting …") as line:
            stack.up(
                timeout_s=FIRST_START_TIMEOUT_S if to_fetch else START_TIMEOUT_S,
                on_change=lambda state: line.update(f"Starting: {progress_of(state)}"),
            )
        state = stack.running()
    except StackError as error:
        fail(str(error), code=INFRASTRUCTURE)
    console.print(f"Broker     {state.broker_from}\nDatabase   {state.database_from}", markup=False)
    return state


def _play(data: Path, state: "StackState", month: "Month", console: Console, *, stays_up: bool) -> bool:
    """Play, show the table and the verdict; whether the table ties and the proof holds."""
    import asyncpg

    from cli.demo.centre import contact_centre
    from cli.demo.closing import closing_of
    from cli.demo.passage import Standstill
    from cli.demo.play import put_prices_in_force
    from cli.demo.table import rendered
    from cli.publishing import PublishError
    from cli.service_api import Refused
    from cli.stack.processes import StackError
    from cli.verify.log import LogUnavailable
    from cli.verify.page import headline
    from cli.verify.snapshot import DatabaseUnavailable, NotMigrated

    # The client's own complaints would come between; what it raises is told in one sentence instead.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    centre = contact_centre()
    try:
        prices = put_prices_in_force(data)
        told = "put in force" if prices.new else "in force already"
        console.print(f"Prices     {prices.rates:,} destination prefixes, {told}")
        played, verdict = asyncio.run(_through_kafka(state, month, console))
        closing = closing_of(state=state, data=data, centre=centre, verdict=verdict, stays_up=stays_up)
    except (
        StackError, Refused, PublishError, Standstill, LogUnavailable, DatabaseUnavailable, NotMigrated,
        OSError, asyncpg.PostgresError, asyncpg.InterfaceError,
    ) as error:  # fmt: skip
        fail(str(error) or type(error).__name__, code=INFRASTRUCTURE)
    console.print(f"\n{played.sentence}\n", markup=False)
    console.print(rendered(closing))
    console.print("\nThe proof (ringledger verify): ", headline(verdict), sep="")
    return verdict.holds and closing.ties


def _show_page(data: Path, console: Console) -> None:
    """Say where the Billing page is, and who may sign in."""
    from cli.demo.front_page import open_front_page
    from cli.service_api import Refused
    from cli.stack.processes import StackError

    try:
        page = open_front_page(data)
    except (StackError, Refused) as error:
        fail(str(error), code=INFRASTRUCTURE)
    console.print(f"\nThe Billing page: {page.url}", markup=False)
    console.print(f"Sign in as {page.sign_in_name} with the password {page.password}", markup=False)


async def _through_kafka(state: "StackState", month: "Month", console: Console) -> "tuple[Played, Verdict]":
    from cli.demo.centre import contact_centre
    from cli.demo.passage import open_passage
    from cli.demo.play import play_calls, play_directory, progress_on
    from cli.verify import run

    dsn, bootstrap = state.postgres_dsn, state.kafka_bootstrap_servers
    centre = contact_centre()
    async with open_passage(postgres_dsn=dsn, kafka_bootstrap_servers=bootstrap) as passage:
        with console.status("Playing the directory …"):
            await play_directory(passage, bootstrap, centre)
        console.print(
            f"Directory  {len(centre.units)} units, {len(centre.users)} users in {len(centre.teams)} teams, "
            f"{len(centre.numbers)} numbers, adopted"
        )
        with progress_on(console) as progress:
            played = await play_calls(passage, bootstrap, month, progress)
    with console.status("Proving …"):
        return played, await run(postgres_dsn=dsn, kafka_bootstrap_servers=bootstrap)


def _stop(stack: "LocalStack", console: Console) -> None:
    """Stop what was started here; a second Ctrl-C does not leave half of it behind."""
    from cli.stack.processes import StackError

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with console.status("Stopping …"):
            stack.down()
    except StackError as error:
        fail(str(error), code=INFRASTRUCTURE)
    console.print("Stopped; the data is kept for the next time.")
