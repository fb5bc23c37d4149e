"""Lint: what in a plan is allowed and yet rarely meant; each kind of warning must be accepted by its name."""

from collections.abc import Iterable

from services.usage_rating.domain.linting.coverage import missing_countries
from services.usage_rating.domain.linting.jumps import price_jumps
from services.usage_rating.domain.linting.reach import dead_prefixes, unreachable_bands
from services.usage_rating.domain.linting.warnings import JUMP_PERCENT, PlanWarning, WarningName
from services.usage_rating.domain.plan import RatePlan

__all__ = ["JUMP_PERCENT", "PlanWarning", "WarningName", "lint", "not_accepted"]


def lint(plan: RatePlan, in_force: RatePlan | None, *, jump_percent: int = JUMP_PERCENT) -> list[PlanWarning]:
    """Everything a person should look at before the plan prices calls.

    What stops a plan outright (duplicates, contested windows, gaps in the week, lost decimal points) never gets
    here: such a plan is not read. in_force: the version that would price at the plan's first instant, None where
    there is none; jumps and missing countries are asked only beside it, jumps only in one currency.
    jump_percent: by how much the cost of a call may change before it is a jump.
    """
    warnings = [*unreachable_bands(plan), *dead_prefixes(plan)]
    if in_force is not None:
        warnings += missing_countries(plan, in_force)
        if in_force.currency == plan.currency:
            warnings += price_jumps(plan, in_force, percent=jump_percent)
    return warnings


def not_accepted(warnings: Iterable[PlanWarning], accepted: Iterable[str]) -> list[PlanWarning]:
    """Those whose names were not accepted."""
    names = frozenset(accepted)
    return [warning for warning in warnings if warning.name not in names]
