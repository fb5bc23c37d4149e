"""`ringledger cdrs import`: call records from a platform's export onto the topic of calls."""

import sys
from collections import deque
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

if TYPE_CHECKING:
    from cli.adapters.outcomes import Leg, Outcome
    from cli.adapters.summary import Summary

BAD_INPUT = 2
INFRASTRUCTURE = 1
INTERRUPTED = 130


class Format(StrEnum):
    """What the file is."""

    ASTERISK = "asterisk"
    CSV = "csv"
    JSONL = "jsonl"


FileArgument = Annotated[Path, typer.Argument(help="The exported file.", show_default=False)]
FormatOption = Annotated[Format, typer.Option("--format", help="What the file is.", show_default=False)]
AccountOption = Annotated[str, typer.Option("--account", help="Whose calls they are.", show_default=False)]
SourceOption = Annotated[
    str | None,
    typer.Option(
        "--source", help="Name of the platform; two PBXs of one account need two.", show_default="the format"
    ),
]
TimezoneOption = Annotated[
    str | None, typer.Option("--timezone", help="Zone of local times, like America/New_York.")
]
RegionOption = Annotated[str | None, typer.Option("--region", help="Country of national numbers, like US.")]
StripOption = Annotated[
    list[str] | None, typer.Option("--strip", help="Prefix carriers want before a number; repeatable.")
]
ProfileOption = Annotated[
    str | None, typer.Option("--profile", help="Column layout of asterisk: master, pbxware, freepbx.")
]
TrunkOption = Annotated[
    list[str] | None, typer.Option("--trunk", help="Endpoint that leads to a carrier; repeatable.")
]
FromRowOption = Annotated[
    int, typer.Option("--from-row", min=1, help="Publish only legs that begin at this row or later.")
]
ReportOption = Annotated[
    Path | None, typer.Option("--report", help="Write every finding with its row into this CSV file.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Read and sum up; publish nothing.")]
JsonOption = Annotated[bool, typer.Option("--json", help="The summary as JSON on standard output.")]


def register(app: typer.Typer) -> None:
    """Add this group to the application."""
    group = typer.Typer(help="Call records of telephony platforms.", no_args_is_help=True)
    group.command("import")(import_)
    app.add_typer(group, name="cdrs")


def import_(
    file: FileArgument,
    format_: FormatOption,
    account: AccountOption,
    source: SourceOption = None,
    timezone: TimezoneOption = None,
    region: RegionOption = None,
    strip: StripOption = None,
    profile: ProfileOption = None,
    trunk: TrunkOption = None,
    from_row: FromRowOption = 1,
    report: ReportOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Publish a file's calls to Kafka. The same file again publishes the same events: all are duplicates."""
    from cli.adapters.outcomes import FileRefused
    from cli.adapters.summary import Summary
    from cli.adapters.tables import show
    from cli.publishing import PublishError
    from cli.stack.processes import StackError

    summary = Summary()
    source = source or format_.value
    try:
        _check_names(account, source)
        outcomes = _outcomes(file, format_, account, timezone, region, strip or [], profile, trunk or [])
        legs = (leg for leg in _counted(outcomes, summary) if leg.rows[0] >= from_row)
        _run(legs, summary, source=source, total_rows=_line_count(file), dry_run=dry_run)
    except FileRefused as error:
        _fail(f"{file}: {error}", BAD_INPUT)
    except OSError as error:
        _fail(f"{file} cannot be read: {error.strerror or error}; give the path of a readable file", BAD_INPUT)
    except StackError as error:
        _fail(str(error), INFRASTRUCTURE)
    except PublishError as error:
        _fail(f"{error}; {_how_to_go_on(summary)}", INFRASTRUCTURE)
    except KeyboardInterrupt:
        _fail(f"interrupted; {_how_to_go_on(summary)}", INTERRUPTED)
    if report is not None:
        _write_report(report, summary)
    if as_json:
        _print_json(summary, source=source, dry_run=dry_run)
    else:
        show(summary, console=Console(), dry_run=dry_run, report=report)


def _outcomes(
    file: Path,
    format_: Format,
    account: str,
    timezone: str | None,
    region: str | None,
    strip: list[str],
    profile: str | None,
    trunk: list[str],
) -> "Iterator[Outcome]":
    """The outcomes of the file by its format's adapter; options that a format has no use for are refused."""
    from cli.adapters import asterisk, jsonl, neutral_csv
    from cli.adapters.lines import decoded
    from cli.adapters.numbers import NumberRules
    from cli.adapters.outcomes import FileRefused
    from contracts.values.calendar import CalendarError, zone_of

    if format_ is not Format.ASTERISK and (profile or trunk):
        raise FileRefused(f"--profile and --trunk are for --format asterisk, not {format_.value}")
    if format_ is Format.JSONL:
        if strip or timezone or region:
            raise FileRefused(
                "JSON lines hold instants and E.164 numbers; leave out --timezone, --region and --strip"
            )
        return jsonl.read(decoded(_lines(file)), account_id=account)
    if timezone is None or region is None:
        raise FileRefused(f"--format {format_.value} needs --timezone and --region: the file itself says neither")
    try:
        zone = zone_of(timezone)
    except CalendarError as error:
        raise FileRefused(f"--timezone: {error}; give one like America/New_York") from error
    rules = NumberRules(region=region, strip=tuple(strip))
    if format_ is Format.CSV:
        options = neutral_csv.CsvOptions(account_id=account, zone=zone, rules=rules)
        return neutral_csv.read(decoded(_lines(file)), options)
    return asterisk.read(
        decoded(_lines(file)),
        asterisk.AsteriskOptions(account_id=account, zone=zone, rules=rules, profile=profile, trunks=tuple(trunk)),
    )


def _run(legs: "Iterator[Leg]", summary: "Summary", *, source: str, total_rows: int, dry_run: bool) -> None:
    """Reads every leg, and publishes it unless this is a dry run, with a progress bar on standard error."""
    if dry_run:
        deque(legs, maxlen=0)
        return
    # A file that is refused is refused with its first leg, before a broker is looked for.
    first = next(legs, None)
    if first is None:
        return
    import asyncio
    import logging

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from cli.adapters.leg_records import LegRecord, record_of
    from cli.publishing import publish
    from cli.stack.addresses import kafka_bootstrap_servers

    # The client's own complaints would come between; what it raises is told in one sentence instead.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    columns = (TextColumn("publishing"), BarColumn(), MofNCompleteColumn(), TextColumn("rows"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("rows", total=total_rows)

        def confirmed(chunk: Sequence[LegRecord]) -> None:
            summary.confirm(len(chunk), chunk[-1].first_row)
            progress.update(task, completed=chunk[-1].first_row)

        asyncio.run(
            publish(
                kafka_bootstrap_servers(),
                (record_of(leg, source) for leg in chain([first], legs)),
                on_confirmed=confirmed,
            )
        )
        progress.update(task, completed=total_rows)


def _counted(outcomes: "Iterator[Outcome]", summary: "Summary") -> "Iterator[Leg]":
    from cli.adapters.outcomes import Leg

    for outcome in outcomes:
        summary.add(outcome)
        if isinstance(outcome, Leg):
            yield outcome


def _lines(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        yield from opened


def _line_count(file: Path) -> int:
    with file.open("rb") as opened:
        return sum(1 for _ in opened)


def _check_names(account: str, source: str) -> None:
    from pydantic import TypeAdapter, ValidationError

    from cli.adapters.outcomes import FileRefused
    from contracts.events.fields import AccountId, Identifier

    for option, value, kind, rule in (
        ("--account", account, AccountId, "letters, digits and hyphens, at most 63"),
        ("--source", source, Identifier, "visible ASCII without spaces, at most 128"),
    ):
        try:
            TypeAdapter(kind).validate_python(value)
        except ValidationError as error:
            raise FileRefused(f"{option} {value!r} is not a name of {rule}") from error


def _how_to_go_on(summary: "Summary") -> str:
    again = f"{summary.published:,} legs were confirmed; run the same command again (what is there is a duplicate)"
    if not summary.published:
        return again
    return f"{again}, or with --from-row {summary.confirmed_row} to leave out what was confirmed"


def _write_report(report: Path, summary: "Summary") -> None:
    import csv

    from cli.adapters.summary import report_rows

    try:
        with report.open("w", newline="", encoding="utf-8") as opened:
            csv.writer(opened).writerows(report_rows(summary))
    except OSError as error:
        _fail(f"the report {report} cannot be written: {error.strerror}; give another path to --report", BAD_INPUT)


def _print_json(summary: "Summary", *, source: str, dry_run: bool) -> None:
    import json

    json.dump({**summary.as_json(), "source": source, "dry_run": dry_run}, sys.stdout, indent=2)
    sys.stdout.write("\n")


def _fail(message: str, code: int) -> NoReturn:
    Console(stderr=True).print(message, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(code)
