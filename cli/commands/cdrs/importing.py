"""`ringledger cdrs import`: call records from a platform's export onto the topic of calls."""

import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer
from rich.console import Console

from cli.commands.cdrs.options import (
    AccountOption,
    DryRunOption,
    FileArgument,
    FormatName,
    FormatOption,
    FromRowOption,
    JsonOption,
    MappingOption,
    OwnOption,
    ProfileOption,
    RegionOption,
    ReportOption,
    SourceOption,
    SourceProfileOption,
    StripOption,
    TimezoneOption,
    TrunkOption,
)

if TYPE_CHECKING:
    from cli.adapters.outcomes import Leg, Outcome
    from cli.adapters.source_profile import SourceProfile
    from cli.adapters.summary import Summary

BAD_INPUT = 2
INFRASTRUCTURE = 1
INTERRUPTED = 130


def import_(
    file: FileArgument,
    account: AccountOption,
    format_: FormatOption = None,
    source_profile: SourceProfileOption = None,
    source: SourceOption = None,
    timezone: TimezoneOption = None,
    region: RegionOption = None,
    strip: StripOption = None,
    profile: ProfileOption = None,
    trunk: TrunkOption = None,
    own: OwnOption = None,
    mapping: MappingOption = None,
    from_row: FromRowOption = 1,
    report: ReportOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Publish a file's calls to Kafka. The same file again publishes the same events: all are duplicates."""
    from cli.adapters.formats import FORMATS, Given, outcomes
    from cli.adapters.summary import Summary

    summary = Summary()
    with _failures_told(file, summary):
        kept = _kept(source_profile)
        name = _format_name(format_, kept)
        source = source or kept.source or name
        given = Given(
            account_id=account,
            timezone=timezone or kept.timezone,
            region=region or kept.region,
            strip=tuple(strip or kept.strip),
            profile=profile or kept.profile,
            trunk=tuple(trunk or kept.trunk),
            own=tuple(own or kept.own),
            mapping=mapping or kept.mapping,
        )
        _check_names(account, source)
        legs = _counted(outcomes(_lines(file), name, given), summary)
        total = _line_count(file) if FORMATS[name].by_line else None
        _run((leg for leg in legs if leg.rows[0] >= from_row), summary, source, total_rows=total, dry_run=dry_run)
    _tell(summary, source=source, report=report, dry_run=dry_run, as_json=as_json)


def _tell(summary: "Summary", *, source: str, report: Path | None, dry_run: bool, as_json: bool) -> None:
    """Writes the report that was asked for and prints the summary."""
    from cli.adapters.tables import show

    if report is not None:
        _write_report(report, summary)
    if as_json:
        _print_json(summary, source=source, dry_run=dry_run)
    else:
        show(summary, console=Console(), dry_run=dry_run, report=report)


@contextmanager
def _failures_told(file: Path, summary: "Summary") -> Iterator[None]:
    """Makes what may go wrong one sentence and an exit code."""
    from cli.adapters.outcomes import FileRefused
    from cli.publishing import PublishError
    from cli.stack.processes import StackError

    try:
        yield
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


def _kept(path: Path | None) -> "SourceProfile":
    from cli.adapters.source_profile import SourceProfile, read_source_profile

    return SourceProfile() if path is None else read_source_profile(path)


def _format_name(option: FormatName | None, kept: "SourceProfile") -> str:
    """The option's format, else the source profile's."""
    from cli.adapters.formats import FORMATS
    from cli.adapters.outcomes import FileRefused

    known = f"one of {', '.join(FORMATS)}"
    if option is not None:
        return option.value
    if kept.format is None:
        raise FileRefused(f"neither --format nor a source profile says what the file is; give {known}")
    if kept.format not in FORMATS:
        raise FileRefused(f"the source profile's format {kept.format!r} is not known; it is {known}")
    return kept.format


def _run(legs: "Iterator[Leg]", summary: "Summary", source: str, *, total_rows: int | None, dry_run: bool) -> None:
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
        if total_rows is not None:
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
