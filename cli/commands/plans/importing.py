"""`ringledger plans import`: a plan is checked, shown where asked, and put in force."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.commands.deck_options import DeckOptions, takes_deck_options
from cli.commands.plans.options import (
    EVERY_ACCOUNT,
    JUMP_DEFAULT,
    AcceptOption,
    AccountOption,
    FileArgument,
    JsonOption,
    JumpOption,
    ReportOption,
)
from cli.commands.plans.reading import read_file, sound
from cli.commands.plans.refusing import hold_back, refuse
from cli.failures import BAD_INPUT, INFRASTRUCTURE, fail
from cli.printing import print_json

if TYPE_CHECKING:
    from cli.plan_activation import Activation, Meant
    from services.usage_rating.domain.plan import RatePlan

PreviewOption = Annotated[
    bool, typer.Option("--preview", help="Show what would be loaded, and load nothing; no service is asked.")
]


@takes_deck_options
def import_(
    file: FileArgument,
    options: DeckOptions,
    account: AccountOption = EVERY_ACCOUNT,
    accept: AcceptOption = None,
    jump_percent: JumpOption = JUMP_DEFAULT,
    preview: PreviewOption = False,
    report: ReportOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a plan, make it the next version, and put it in force from the instant it says.

    A plan that is in force already in the same words is left as it is. While one problem remains, nothing of
    a plan is loaded; warnings stop it until they are accepted by name.

    Examples:

    $ ringledger plans import deck.csv --currency EUR --effective-from 2018-11-01 --inbound-per-minute 0.008

    $ ringledger plans import twilio.csv --profile twilio --currency USD --effective-from 2026-12-01 --preview

    $ ringledger plans import retail.yaml --account harbour-care --accept price-jumps
    """
    from cli.plan_activation import Meant

    read = read_file(file, options)
    if preview:
        from cli.plan_preview import show_preview

        show_preview(read)
    plan = sound(file, read, report)
    if not preview:
        meant = Meant(accepted=tuple(accept or ()), jump_percent=jump_percent)
        _tell(plan, _activate(file, plan, account, meant, report), account, as_json=as_json)


def _activate(file: Path, plan: "RatePlan", account: str, meant: "Meant", report: Path | None) -> "Activation":
    from cli.plan_activation import activate
    from cli.service_api import Refused
    from cli.stack.processes import StackError
    from services.usage_rating.domain.linting import PlanWarning, WarningName
    from services.usage_rating.domain.problems import Problem

    try:
        return activate(plan, account, meant)
    except Refused as error:
        if error.code == "plan_warned":
            hold_back(
                file, [PlanWarning(**{**told, "name": WarningName(told["name"])}) for told in error.errors], report
            )
        if error.errors:
            refuse(file, [Problem(**problem) for problem in error.errors], report)
        fail(str(error), code=BAD_INPUT)
    except StackError as error:
        fail(str(error), code=INFRASTRUCTURE)


def _tell(plan: "RatePlan", done: "Activation", account: str, *, as_json: bool) -> None:
    from dataclasses import asdict

    if as_json:
        print_json({**asdict(done), "account": account})
        return
    whose = "every account" if account == EVERY_ACCOUNT else f"account {account}"
    inbound = "inbound calls priced" if plan.inbound else "inbound calls not priced"
    typer.echo(
        f"{done.plan_id} version {done.version} {'is now' if done.new else 'was already'} in force for {whose} "
        f"from {done.effective_at}: {done.rates:,} rates in {plan.currency}, {inbound}."
    )
