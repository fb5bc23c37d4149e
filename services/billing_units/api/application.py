"""The application: every path but the probes asks who is asking, and for which account."""

from fastapi import FastAPI

from chassis.audit.web import audit_log
from chassis.database import Pool
from chassis.guard import Guard
from chassis.probes import Probes
from chassis.web import service_api
from services.billing_units.api.assignments import assignment_commands, assignment_lists
from services.billing_units.api.budgets import budget_commands, budget_lists
from services.billing_units.api.charges import charge_lists
from services.billing_units.api.directory import directory_commands
from services.billing_units.api.directory_lists import directory_lists
from services.billing_units.api.reattributions import previews, reattribution_lists
from services.billing_units.api.unassigned import unassigned_lists
from services.billing_units.api.unassigned_alert import unassigned_alerts
from services.billing_units.api.units import unit_commands, unit_lists_of
from services.billing_units.domain.access import POLICIES
from services.billing_units.handlers.commands import Commands


def application(commands: Commands, pool: Pool, guard: Guard, probes: Probes) -> FastAPI:
    """Commands and lists of billing units."""
    routers = (
        unit_commands(commands),
        unit_lists_of(pool),
        assignment_commands(commands),
        assignment_lists(pool),
        directory_commands(commands),
        directory_lists(pool),
        budget_commands(commands),
        budget_lists(pool, commands.clock),
        charge_lists(pool),
        unassigned_lists(pool),
        unassigned_alerts(commands, pool, commands.clock),
        reattribution_lists(pool),
        previews(commands),
        audit_log(pool, "/api/v1/audit/billing-units"),
    )
    return service_api("billing_units", guard, POLICIES, probes, *routers)
