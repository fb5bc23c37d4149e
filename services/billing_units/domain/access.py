"""What each operation of billing_units asks of its caller."""

from contracts.values.access import ANY_TAB, BILLING_UNITS_TAB, Policies, Policy, Privilege, Reach

_VIEW = Policy(any_of=BILLING_UNITS_TAB)
_VIEW_OWN = Policy(any_of=BILLING_UNITS_TAB, reach=Reach.UNITS)
_FIGURES = Policy(any_of=ANY_TAB, reach=Reach.UNITS)
_EDIT = Policy(any_of=frozenset({Privilege.EDIT_BILLING_UNIT}))

_ADMIN = Policy(any_of=frozenset({Privilege.ADMINISTER}))

POLICIES: Policies = {
    "GET /api/v1/accounts/{account_id}": _FIGURES,
    "PUT /api/v1/accounts/{account_id}": _ADMIN,
    "PUT /api/v1/accounts/{account_id}/split-policy": _EDIT,
    "GET /api/v1/accounts/{account_id}/unassigned-alert": _VIEW,
    "PUT /api/v1/accounts/{account_id}/unassigned-alert": _EDIT,
    "GET /api/v1/users": _VIEW,
    "PUT /api/v1/users/{user_id}": _ADMIN,
    "GET /api/v1/teams": _VIEW,
    "PUT /api/v1/teams/{team_id}": _ADMIN,
    "GET /api/v1/teams/{team_id}/members": _VIEW,
    "PUT /api/v1/teams/{team_id}/members/{membership_id}": _ADMIN,
    "GET /api/v1/numbers": _VIEW,
    "PUT /api/v1/numbers/{number}": _ADMIN,
    "GET /api/v1/billing-units": _VIEW_OWN,
    "POST /api/v1/billing-units": _EDIT,
    "GET /api/v1/billing-units/{unit_id}": _VIEW_OWN,
    "PATCH /api/v1/billing-units/{unit_id}": _EDIT,
    "POST /api/v1/billing-units/{unit_id}/archive": _EDIT,
    "GET /api/v1/billing-units/{unit_id}/users": _VIEW_OWN,
    "GET /api/v1/billing-units/{unit_id}/members": _VIEW_OWN,
    "POST /api/v1/billing-units/{unit_id}/members": _EDIT,
    "POST /api/v1/billing-units/{unit_id}/numbers": _EDIT,
    "GET /api/v1/billing-units/{unit_id}/budget": _VIEW_OWN,
    "PUT /api/v1/billing-units/{unit_id}/budget": _EDIT,
    "DELETE /api/v1/billing-units/{unit_id}/budget": _EDIT,
    "GET /api/v1/budgets": _VIEW_OWN,
    "GET /api/v1/assignments": _VIEW,
    "GET /api/v1/assignments/{assignment_id}/versions": _VIEW,
    "POST /api/v1/assignments": _EDIT,
    "PATCH /api/v1/assignments/{assignment_id}": _EDIT,
    "POST /api/v1/assignments/{assignment_id}/release": _EDIT,
    "POST /api/v1/accounts/{account_id}/split-policy/preview": _EDIT,
    "POST /api/v1/billing-units/{unit_id}/archive/preview": _EDIT,
    "POST /api/v1/billing-units/{unit_id}/members/preview": _EDIT,
    "POST /api/v1/assignments/{assignment_id}/release/preview": _EDIT,
    "GET /api/v1/reattributions": _VIEW,
    "GET /api/v1/charges": _FIGURES,
    "GET /api/v1/charges/{charge_id}/explanation": _FIGURES,
    "GET /api/v1/unassigned": _VIEW,
    "GET /api/v1/unassigned/share": _VIEW,
    "GET /api/v1/audit/billing-units": _ADMIN,
    "GET /api/v1/audit/billing-units/export": _ADMIN,
}
"""Who is limited to units reads what belongs to them: the units, their members, what they owe. Everything that
speaks of the account as a whole is refused, and so is every change: one that puts a member into a unit or takes it
out moves cost from or to another unit, and a name is one among all of the account's."""
