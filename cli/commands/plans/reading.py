"""The plan that a file or the API states, or the end of the command."""

from pathlib import Path
from typing import TYPE_CHECKING

from cli.commands.plans.refusing import refuse
from cli.failures import BAD_INPUT, fail

if TYPE_CHECKING:
    from cli.commands.deck_options import DeckOptions
    from cli.plan_files import ReadPlan
    from services.usage_rating.domain.plan import RatePlan


def read_file(file: Path, options: "DeckOptions") -> "ReadPlan":
    """What the file states, problems included; a file that is no plan at all ends the command."""
    from cli.plan_files import PlanUnreadable, read_plan

    try:
        return read_plan(file, options)
    except PlanUnreadable as error:
        fail(str(error), code=BAD_INPUT)


def plan_in(file: Path, options: "DeckOptions", report: Path | None) -> "RatePlan":
    """The plan that the file states; problems end the command."""
    return sound(file, read_file(file, options), report)


def sound(file: Path, read: "ReadPlan", report: Path | None) -> "RatePlan":
    """The plan that was read; its problems end the command."""
    from services.usage_rating.domain.problems import Problems

    if isinstance(read.plan, Problems):
        refuse(file, read.plan.items, report)
    return read.plan
