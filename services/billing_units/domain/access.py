"""What each operation of billing_units asks of its caller."""

from contracts.values.access import ANY_TAB, BILLING_UNITS_TAB, Policies, Policy, Privilege

_VIEW = Policy(any_of=BILLING_UNITS_TAB)
_EDIT = Policy(any_of=frozenset({Privilege.EDIT_BILLING_UNIT}))

_ADMIN = Policy(any_of=frozenset({Privilege.ADMINISTER}))

POLICIES: Policies = {
    "GET /api/v1/accounts/{account_id}": Policy(any_of=ANY_TAB),
    "PUT /api/v1/accounts/{account_id}": _ADMIN,
    "PUT /api/v1/accounts/{account_id}/split-policy": _EDIT,
    "GET /api/v1/users": _VIEW,
    "PUT /api/v1/users/{user_id}": _ADMIN,
    "GET /api/v1/teams": _VIEW,
    "PUT /api/v1/teams/{team_id}": _ADMIN,
    "GET /api/v1/teams/{team_id}/members": _VIEW,
    "PUT /api/v1/teams/{team_id}/members/{membership_id}": _ADMIN,
    "GET /api/v1/numbers": _VIEW,
    "PUT /api/v1/numbers/{number}": _ADMIN,
    "GET /api/v1/billing-units": _VIEW,
    "POST /api/v1/billing-units": _EDIT,
    "GET /api/v1/billing-units/{unit_id}": _VIEW,
    "PATCH /api/v1/billing-units/{unit_id}": _EDIT,
    "POST /api/v1/billing-units/{unit_id}/archive": _EDIT,
    "GET /api/v1/billing-units/{unit_id}/users": _VIEW,
    "GET /api/v1/billing-units/{unit_id}/members": _VIEW,
    "POST /api/v1/billing-units/{unit_id}/members": _EDIT,
    "POST /api/v1/billing-units/{unit_id}/numbers": _EDIT,
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
    "GET /api/v1/charges": Policy(any_of=ANY_TAB),
    "GET /api/v1/charges/{charge_id}/explanation": Policy(any_of=ANY_TAB),
    "GET /api/v1/unassigned": _VIEW,
    "GET /api/v1/unassigned/share": _VIEW,
}
"""Lists do not narrow themselves to a caller's units yet, so a limited caller is refused them."""
