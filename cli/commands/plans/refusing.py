"""How a plan that is refused is told: the first problems, all of them in a report, and an exit code."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from cli.failures import BAD_INPUT, fail

if TYPE_CHECKING:
    from services.usage_rating.domain.linting import PlanWarning
    from services.usage_rating.domain.problems import Problem

SHOWN = 20


def refuse(file: Path, problems: "Sequence[Problem]", report: Path | None) -> NoReturn:
    """Say the first problems, write all of them where asked, and end."""
    _tell([str(problem) for problem in problems], report)
    if report is not None:
        header = ("row", "field", "value", "says")
        _write(report, header, [(one.row, one.field, one.value, one.says) for one in problems])
    plural = "problem" if len(problems) == 1 else "problems"
    fail(f"{file}: {len(problems):,} {plural}; nothing was loaded", code=BAD_INPUT)


def hold_back(file: Path, warnings: "Sequence[PlanWarning]", report: Path | None) -> NoReturn:
    """Say the first warnings that nobody accepted, how to accept them, and end."""
    tell_warnings(warnings, report)
    counts = {name: sum(one.name == name for one in warnings) for name in sorted({one.name for one in warnings})}
    told = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    accept = " ".join(f"--accept {name}" for name in counts)
    fail(f"{file}: {told}; nothing was loaded. Correct the plan, or give {accept}", code=BAD_INPUT)


def tell_warnings(warnings: "Sequence[PlanWarning]", report: Path | None) -> None:
    """Say the first warnings, and write all of them where asked."""
    _tell([str(warning) for warning in warnings], report)
    if report is not None:
        header = ("name", "field", "value", "says")
        _write(report, header, [(one.name, one.field, one.value, one.says) for one in warnings])


def _tell(lines: Sequence[str], report: Path | None) -> None:
    for line in lines[:SHOWN]:
        typer.echo(line, err=True)
    if (more := len(lines) - SHOWN) > 0:
        where = f"all of them are in {report}" if report else "--report FILE writes all of them"
        typer.echo(f"… and {more:,} more; {where}", err=True)


def _write(report: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    import csv

    try:
        with report.open("w", newline="", encoding="utf-8") as opened:
            writer = csv.writer(opened)
            writer.writerow(header)
            writer.writerows(rows)
    except OSError as error:
        fail(f"the report {report} cannot be written: {error.strerror}; give another path", code=BAD_INPUT)
