"""`ringledger plans lint`: what stops a plan, and what should be looked at before it prices calls."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.commands.deck_options import DeckOptions, takes_deck_options
from cli.commands.plans.options import JUMP_DEFAULT, AcceptOption, FileArgument, JumpOption, ReportOption
from cli.commands.plans.reading import plan_in
from cli.commands.plans.refusing import tell_warnings
from cli.failures import BAD_INPUT, fail

if TYPE_CHECKING:
    from services.usage_rating.domain.plan import RatePlan

AgainstOption = Annotated[
    Path | None,
    typer.Option("--against", help="Plan document of the version in force: for jumps and missing countries."),
]


@takes_deck_options
def lint(
    file: FileArgument,
    options: DeckOptions,
    against: AgainstOption = None,
    accept: AcceptOption = None,
    jump_percent: JumpOption = JUMP_DEFAULT,
    report: ReportOption = None,
) -> None:
    """Check a plan without any service: first what stops it, then each warning with what to do about it.

    Import asks the same beside the version in force. Exit code 2 where a problem or a warning that was not accepted
    remains.

    Examples:

    $ ringledger plans lint deck.csv --currency EUR --effective-from 2026-12-01

    $ ringledger plans lint new.yaml --against old.yaml --jump-percent 20 --accept missing-countries
    """
    from services.usage_rating.domain.linting import lint as lint_plan
    from services.usage_rating.domain.linting import not_accepted

    plan = plan_in(file, options, report)
    in_force = None if against is None else _in_force(against, report)
    found = lint_plan(plan, in_force, jump_percent=jump_percent)
    left = not_accepted(found, accept or ())
    tell_warnings(left, report)
    beside = f"beside {against}" if against else "jumps and missing countries only with --against or at import"
    told = f"{file}: {len(plan.rates):,} rates, {len(left):,} warnings"
    accepted = f", {len(found) - len(left):,} accepted" if len(found) > len(left) else ""
    if left:
        names = " ".join(f"--accept {name}" for name in sorted({warning.name for warning in left}))
        fail(f"{told}{accepted} ({beside}); correct the plan, or give {names}", code=BAD_INPUT)
    typer.echo(f"{told}{accepted} ({beside})")


def _in_force(file: Path, report: Path | None) -> "RatePlan":
    return plan_in(file, DeckOptions(), report)
