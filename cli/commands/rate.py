"""`ringledger rate`: prices call records from a file under a plan from a file, without any stack."""

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.commands.deck_options import DeckOptions, takes_deck_options

if TYPE_CHECKING:
    from cli.adapters.outcomes import Outcome
    from contracts.events.call import CallDetailRecord
    from services.usage_rating.domain.plan import RatePlan

NOT_ALL_RATED = 1
NO_PLAN = 2

PlanOption = Annotated[
    Path, typer.Option("--plan", help="Plan document (.json, .yaml) or price deck (.csv).", show_default=False)
]
UsageOption = Annotated[
    typer.FileBinaryRead,
    typer.Option("--usage", help="Call records as JSON lines, bare or CloudEvents; - reads standard input."),
]


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command()(rate)


@takes_deck_options
def rate(plan: PlanOption, usage: UsageOption, options: DeckOptions) -> None:
    """Price call records offline: one JSON line out for every line in, in order.

    Each line is priced by itself: revisions do not replace one another here. Exit codes: 0 every line was
    rated or costs nothing by rule; 1 some are in suspense or refused; 2 the plan cannot be used.
    """
    from cli.adapters.jsonl import read
    from cli.adapters.lines import decoded
    from contracts.events.envelope import to_json

    rate_plan = _plan(plan, options)
    counts: Counter[str] = Counter()
    for outcome in read(decoded(usage), account_id=None):
        line = _line(rate_plan, outcome)
        counts[str(line["outcome"])] += 1
        sys.stdout.buffer.write(to_json(line) + b"\n")
    sys.stdout.buffer.flush()
    _tell(counts)
    if counts["suspense"] or counts["refused"]:
        raise typer.Exit(NOT_ALL_RATED)


def _tell(counts: Counter[str]) -> None:
    told = ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))
    typer.echo(f"{counts.total():,} lines: {told or 'nothing to rate'}", err=True)


def _plan(path: Path, options: DeckOptions) -> "RatePlan":
    from cli.plan_files import PlanUnreadable, read_plan
    from services.usage_rating.domain.problems import Problems

    try:
        plan = read_plan(path, options).plan
    except PlanUnreadable as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(NO_PLAN) from error
    if isinstance(plan, Problems):
        for problem in plan.items:
            typer.echo(str(problem), err=True)
        typer.echo(f"{path}: {len(plan.items):,} problems; nothing was rated", err=True)
        raise typer.Exit(NO_PLAN)
    return plan


def _line(plan: "RatePlan", found: "Outcome") -> dict[str, object]:
    from cli.adapters.outcomes import Finding, Leg

    if isinstance(found, Leg):
        record = found.record
        return {
            "line": found.rows[0],
            "account_id": record.account_id,
            "call_id": record.call_id,
            "leg_id": record.leg_id,
            "revision": record.revision,
            **_priced(plan, record),
        }
    assert isinstance(found, Finding), "JSON lines carry no zone of their own"
    return {"line": found.rows[0], "outcome": "refused", "reason": found.detail}


def _priced(plan: "RatePlan", record: "CallDetailRecord") -> dict[str, object]:
    from services.usage_rating.domain.certificate import certificate_of_rated, certificate_of_zero
    from services.usage_rating.domain.rating import Rated, Unrateable, ZeroRated, charging_instant, rate_call

    if record.voided:
        return {"outcome": "voided"}
    match rate_call(plan, record):
        case Rated() as rated:
            return {
                "outcome": "rated",
                "occurred_at": charging_instant(record),
                "currency": plan.currency,
                "amount": rated.amount,
                "duration_ms": rated.duration_ms,
                "billed_s": rated.billed_s,
                "country": rated.rate.country if rated.rate else None,
                "certificate": certificate_of_rated(plan, rated),
            }
        case ZeroRated() as zero:
            return {
                "outcome": "zero_rated",
                "reason": zero.reason,
                "occurred_at": charging_instant(record),
                "currency": plan.currency,
                "amount": "0.000000",
                "duration_ms": zero.duration_ms,
                "billed_s": 0,
                "certificate": certificate_of_zero(zero),
            }
        case Unrateable(reason=reason):
            return {"outcome": "suspense", "reason": reason, "occurred_at": charging_instant(record)}
