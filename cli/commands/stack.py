"""`ringledger up`, `down`, `status` and `doctor`: the local stack of docker-compose.yml without an engine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from cli.stack.state import StackState

DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data", help="Folder for data, logs and state.", envvar="RINGLEDGER_DATA", show_default=".ringledger"
    ),
]
FileOption = Annotated[
    Path | None, typer.Option("--file", help="The compose file.", show_default="docker-compose.yml")
]
ScaleOption = Annotated[list[str] | None, typer.Option("--scale", help="How many of a service: usage_rating=3.")]

COLOURS = {
    "healthy": "green",
    "running": "green",
    "completed": "green",
    "given": "cyan",
    "failed": "red",
    "unhealthy": "red",
}


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    for command in (up, down, status, doctor):
        app.command()(command)


def up(
    scale: ScaleOption = None,
    data: DataOption = None,
    file: FileOption = None,
    wait: Annotated[bool, typer.Option(help="Wait until everything is healthy.")] = True,
    timeout_s: Annotated[float, typer.Option("--timeout", help="Seconds to wait.")] = 180,
) -> None:
    """Start broker, database and services; addresses given in the environment come first."""
    from cli.stack.processes import StackError
    from cli.stack.runner import LocalStack
    from cli.stack.supervisor import read_scale

    console = Console()
    try:
        stack = LocalStack(data=data, compose_file=file, scale=read_scale(scale or []))
        with console.status("starting …") as line:
            started = stack.up(
                wait=wait, timeout_s=timeout_s, on_change=lambda state: line.update(progress_of(state))
            )
        state = stack.running()
    except StackError as error:
        _fail(str(error))
    console.print(_table(state))
    console.print(_where(state, stack.data), highlight=False, markup=False, soft_wrap=True)
    if not started:
        console.print("Everything ran already; `ringledger down` stops it.", highlight=False)


def down(
    data: DataOption = None,
    purge: Annotated[bool, typer.Option("--purge", help="Remove the data and logs too.")] = False,
) -> None:
    """Stop what `up` started, services first; given brokers and databases are left alone."""
    from cli.stack.processes import StackError
    from cli.stack.runner import LocalStack

    console = Console()
    try:
        stack = LocalStack(data=data)
        with console.status("stopping …"):
            ran = stack.down(purge=purge)
    except StackError as error:
        _fail(str(error))
    console.print("Stopped." if ran else "Nothing ran.", "Data removed." if purge else "", highlight=False)


def status(
    data: DataOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable, on standard output.")] = False,
) -> None:
    """Show every process; ends with 0 when all are healthy, else with 1."""
    from cli.stack.processes import StackError
    from cli.stack.runner import LocalStack

    stack = LocalStack(data=data)
    try:
        state = stack.state()
    except StackError as error:
        _fail(str(error))
    if state is None:
        _fail("no stack is up here; `ringledger up` starts one")
    if as_json:
        # The administrator's address holds a password, which does not belong in a terminal or a log.
        typer.echo(state.model_dump_json(indent=2, exclude={"postgres_dsn"}))
    else:
        console = Console()
        console.print(_table(state))
        console.print(_where(state, stack.data), highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(0 if state.is_good() else 1)


def doctor(data: DataOption = None) -> None:
    """Look at everything the local stack needs and say what to do where something is missing."""
    from cli.stack.doctor import examine
    from cli.stack.state import default_data_folder

    table = _columns("what", "result", "what to do")
    well = True
    for finding in examine(data or default_data_folder()):
        well = well and finding.well is not False
        mark = {True: "[green]ok[/]", False: "[red]missing[/]", None: "[dim]note[/]"}[finding.well]
        table.add_row(finding.what, f"{mark} {escape(finding.result)}", escape(finding.advice))
    Console().print(table)
    raise typer.Exit(0 if well else 1)


def _table(state: "StackState") -> Table:
    rows = []
    for instance in state.instances:
        colour = COLOURS.get(instance.phase, "yellow")
        pid = str(instance.process.pid) if instance.process else ""
        log = Path(instance.log).name if instance.log else ""
        restarts = f"restarts: {instance.restarts}" if instance.restarts else ""
        detail = "; ".join(part for part in (instance.detail, restarts) if part)
        phase = f"[{colour}]{instance.phase}[/]"
        rows.append((instance.name, phase, pid, instance.address or "", log, escape(detail)))
    with_detail = any(row[-1] for row in rows)
    table = _columns("service", "state", "pid", "address", "log", *(["detail"] if with_detail else []))
    for row in rows:
        table.add_row(*(row if with_detail else row[:-1]))
    return table


def _columns(*names: str) -> Table:
    """A table whose last column takes the long texts; what is there to be copied is never cut."""
    table = Table(box=None, pad_edge=False)
    for name in names:
        table.add_column(
            name, overflow="fold", no_wrap=name in {"service", "state", "pid", "address", "log", "what"}
        )
    return table


def progress_of(state: "StackState") -> str:
    """How far a start has come, in one line."""
    good = sum(instance.is_good() for instance in state.instances)
    waiting = ", ".join(instance.name for instance in state.instances if not instance.is_good())
    return f"{good} of {len(state.instances)} ready; waiting for {waiting}" if waiting else "all ready"


def _where(state: "StackState", data: Path) -> str:
    """What it runs on and where its logs are, in three lines."""
    logs = data / "logs"
    shown = logs.relative_to(Path.cwd()) if logs.is_relative_to(Path.cwd()) else logs
    return f"database: {state.database_from}\nbroker: {state.broker_from}\nlogs: {shown}"


def _fail(message: str) -> NoReturn:
    Console(stderr=True).print(message, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(1)
