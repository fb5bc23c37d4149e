"""A command's refusal as the answer that says so."""

from chassis.web import Problem
from services.billing_units.handlers.commands import Refusal

STATUS = {
    "not_found": 404,
    "unknown_member": 422,
    "ends_before_it_begins": 422,
    "bad_name": 422,
    "invalid_entry": 422,
    "unreadable": 422,
    "rows_refused": 422,
    "unit_archived": 409,
    "number_taken": 409,
    "rows_taken": 409,
    "superseded": 409,
    "version_taken": 409,
    "currency_fixed": 409,
    "name_taken": 409,
    "already_assigned": 409,
    "already_ended": 409,
    "still_assigned": 409,
    "changed_meanwhile": 412,
}
"""The HTTP status of each refusal."""


def problem_of(refusal: Refusal) -> Problem:
    """The refusal as a problem; `unit_id` names the unit that stands against it."""
    return Problem(STATUS[refusal.code], refusal.code, refusal.says, **refusal.more)
