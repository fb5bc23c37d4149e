"""`ringledger plans import` and `list`: rate plans into usage_rating, and what is there."""

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.commands.deck_options import (
    AllowOption,
    CurrencyOption,
    DeckOptions,
    EffectiveFromOption,
    InboundFeeOption,
    InboundIncrementOption,
    InboundInitialOption,
    InboundPerMinuteOption,
    PlanIdOption,
    RoundingOption,
    ScaleOption,
)
from cli.failures import BAD_INPUT, INFRASTRUCTURE, fail
from contracts.values.money import CHARGE_SCALE, Rounding

if TYPE_CHECKING:
    from services.usage_rating.domain.plan import RatePlan
    from services.usage_rating.domain.problems import Problem

EVERY_ACCOUNT = "*"
PROBLEMS_SHOWN = 20
EPILOG = "Exit codes: 0 in force · 1 a service is not reached · 2 the plan or an option is refused."

FileArgument = Annotated[
    Path, typer.Argument(help="Price deck (.csv) or plan document (.json, .yaml).", show_default=False)
]
AccountOption = Annotated[
    str, typer.Option("--account", help="Whose plan; without it, every account's that has none of its own.")
]
NameOption = Annotated[
    str | None, typer.Option("--name", help="Deck: the plan's name for people.", show_default="the plan's id")
]
ReportOption = Annotated[
    Path | None, typer.Option("--report", help="Write every problem with its row into this CSV file.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="The answer as JSON on standard output.")]


def register(app: typer.Typer) -> None:
    """Add this group to the application."""
    group = typer.Typer(help="Rate plans of usage_rating.", no_args_is_help=True)
    group.command("import", epilog=EPILOG)(import_)
    group.command("list")(list_)
    app.add_typer(group, name="plans")


def import_(
    file: FileArgument,
    account: AccountOption = EVERY_ACCOUNT,
    plan_id: PlanIdOption = None,
    name: NameOption = None,
    currency: CurrencyOption = None,
    effective_from: EffectiveFromOption = None,
    inbound_per_minute: InboundPerMinuteOption = None,
    inbound_connection_fee: InboundFeeOption = "0",
    inbound_initial_increment: InboundInitialOption = 1,
    inbound_increment: InboundIncrementOption = 1,
    rounding: RoundingOption = Rounding.HALF_UP,
    scale: ScaleOption = CHARGE_SCALE,
    allow_price_up_to: AllowOption = None,
    report: ReportOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a plan, make it the next version, and put it in force from the instant it says.

    A plan that is in force already in the same words is left as it is. While one problem remains, nothing of
    a plan is loaded.

    Examples:

    $ ringledger plans import deck.csv --currency EUR --effective-from 2018-11-01 --inbound-per-minute 0.008

    $ ringledger plans import retail.yaml --account harbour-care
    """
    options = DeckOptions(
        plan_id=plan_id,
        currency=currency,
        effective_from=effective_from,
        inbound_per_minute=inbound_per_minute,
        inbound_connection_fee=inbound_connection_fee,
        inbound_initial_increment_s=inbound_initial_increment,
        inbound_increment_s=inbound_increment,
        rounding=rounding,
        scale=scale,
        allow_price_up_to=allow_price_up_to,
    )
    _activate(file, _plan(file, options, name, report), account, report, as_json=as_json)


def list_(account: AccountOption = EVERY_ACCOUNT, as_json: JsonOption = False) -> None:
    """List plans and their versions, newest first: every account's, and those of --account."""
    from cli.plan_activation import list_plans
    from cli.service_api import Refused
    from cli.stack.processes import StackError

    try:
        plans = list_plans(account)
    except Refused as error:
        fail(str(error), code=BAD_INPUT)
    except StackError as error:
        fail(str(error), code=INFRASTRUCTURE)
    if as_json:
        _print_json(plans)
    elif plans:
        Console().print(_table(plans))
    else:
        typer.echo("no plans yet; `ringledger plans import` brings one in")


def _plan(file: Path, options: DeckOptions, name: str | None, report: Path | None) -> "RatePlan":
    """The plan that the file states, or the end of the command."""
    from cli.plan_files import PlanUnreadable, is_deck, read_plan_deck, read_plan_document
    from services.usage_rating.domain.problems import Problems

    if not is_deck(file) and (options != DeckOptions() or name is not None):
        raise typer.BadParameter("options of a deck: a plan document says all that itself")
    try:
        if is_deck(file):
            terms = options.terms(file)
            plan = read_plan_deck(file, terms if name is None else replace(terms, name=name))
        else:
            plan = read_plan_document(file)
    except PlanUnreadable as error:
        fail(str(error), code=BAD_INPUT)
    if isinstance(plan, Problems):
        _refuse(file, plan.items, report)
    return plan


def _activate(file: Path, plan: "RatePlan", account: str, report: Path | None, *, as_json: bool) -> None:
    from dataclasses import asdict

    from cli.plan_activation import activate
    from cli.service_api import Refused
    from cli.stack.processes import StackError
    from services.usage_rating.domain.problems import Problem

    try:
        done = activate(plan, account)
    except Refused as error:
        if error.errors:
            _refuse(file, [Problem(**problem) for problem in error.errors], report)
        fail(str(error), code=BAD_INPUT)
    except StackError as error:
        fail(str(error), code=INFRASTRUCTURE)
    if as_json:
        _print_json({**asdict(done), "account": account})
        return
    whose = "every account" if account == EVERY_ACCOUNT else f"account {account}"
    inbound = "inbound calls priced" if plan.inbound else "inbound calls not priced"
    typer.echo(
        f"{done.plan_id} version {done.version} {'is now' if done.new else 'was already'} in force for {whose} "
        f"from {done.effective_at}: {done.rates:,} rates in {plan.currency}, {inbound}."
    )


def _refuse(file: Path, problems: "Sequence[Problem]", report: Path | None) -> NoReturn:
    """Say the first problems, write all of them where asked, and end."""
    for problem in problems[:PROBLEMS_SHOWN]:
        typer.echo(str(problem), err=True)
    more = len(problems) - PROBLEMS_SHOWN
    if report is not None:
        _write_report(report, problems)
    if more > 0:
        where = f"all of them are in {report}" if report else "--report FILE writes all of them"
        typer.echo(f"… and {more:,} more; {where}", err=True)
    plural = "problem" if len(problems) == 1 else "problems"
    fail(f"{file}: {len(problems):,} {plural}; nothing was loaded", code=BAD_INPUT)


def _write_report(report: Path, problems: "Sequence[Problem]") -> None:
    import csv

    try:
        with report.open("w", newline="", encoding="utf-8") as opened:
            writer = csv.writer(opened)
            writer.writerow(("row", "field", "value", "says"))
            writer.writerows((problem.row, problem.field, problem.value, problem.says) for problem in problems)
    except OSError as error:
        fail(f"the report {report} cannot be written: {error.strerror}; give another path", code=BAD_INPUT)


def _table(plans: Sequence[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("plan", "version", "for", "in force from", "rates", "currency", "name"):
        table.add_column(
            heading, justify="right" if heading in {"version", "rates"} else "left", no_wrap=heading != "name"
        )
    for plan in plans:
        table.add_row(
            escape(plan["plan_id"]),
            str(plan["version"]),
            "every account" if plan["account_id"] == EVERY_ACCOUNT else escape(plan["account_id"]),
            plan["effective_from"].removesuffix("T00:00:00Z"),
            f"{plan['rate_count']:,}",
            plan["currency"],
            escape(plan["name"]),
        )
    return table


def _print_json(answer: object) -> None:
    json.dump(answer, sys.stdout, indent=2)
    sys.stdout.write("\n")
