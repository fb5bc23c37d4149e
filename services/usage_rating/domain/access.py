"""What each operation of usage_rating asks of its caller."""

from contracts.values.access import ANY_TAB, OTHER_TABS, Policies, Policy, Privilege

_BILLING = Policy(any_of=OTHER_TABS)
_ADMIN = Policy(any_of=frozenset({Privilege.ADMINISTER}))

POLICIES: Policies = {
    "POST /api/v1/plans": _BILLING,
    "GET /api/v1/plans": _BILLING,
    "GET /api/v1/plans/{plan_id}/versions/{version}": _BILLING,
    "GET /api/v1/plans/{plan_id}/versions/{version}/rates": _BILLING,
    "GET /api/v1/plans/{plan_id}/versions/{version}/diff": _BILLING,
    "GET /api/v1/suspense": _BILLING,
    "GET /api/v1/rated-usage/{usage_id}": Policy(any_of=ANY_TAB),
    "GET /api/v1/rated-usage/{usage_id}/explanation": Policy(any_of=ANY_TAB),
    "POST /api/v1/quotes": Policy(any_of=ANY_TAB),
    "POST /api/v1/quotes/uses": Policy(any_of=ANY_TAB),
    "GET /api/v1/usage/{usage_id}": _BILLING,
    "GET /api/v1/reratings": _BILLING,
    "POST /api/v1/reratings": _BILLING,
    "GET /api/v1/reratings/{rerating_id}": _BILLING,
    "GET /api/v1/reratings/{rerating_id}/changes": _BILLING,
    "GET /api/v1/reratings/{rerating_id}/totals": _BILLING,
    "POST /api/v1/reratings/{rerating_id}/approve": _BILLING,
    "POST /api/v1/reratings/{rerating_id}/cancel": _BILLING,
    "GET /api/v1/audit/usage-rating": _ADMIN,
    "GET /api/v1/audit/usage-rating/export": _ADMIN,
}
"""A use shows the other party's number; its rating shows a token instead."""
