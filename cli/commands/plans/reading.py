"""The plan that a file or the API states, or the end of the command."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from cli.commands.plans.refusing import refuse
from cli.failures import BAD_INPUT, INFRASTRUCTURE, fail

if TYPE_CHECKING:
    from cli.commands.deck_options import DeckOptions
    from cli.plan_files import ReadPlan
    from services.usage_rating.domain.plan import RatePlan


Answer = TypeVar("Answer")


def answered(ask: Callable[[], Answer]) -> Answer:
    """What a service answers; its refusal, or its absence, ends the command."""
    from cli.service_api import Refused
    from cli.stack.processes import StackError

    try:
        return ask()
    except Refused as error:
        fail(str(error), code=BAD_INPUT)
    except StackError as error:
        fail(str(error), code=INFRASTRUCTURE)


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
