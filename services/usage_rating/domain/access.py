"""What each operation of usage_rating asks of its caller."""

from contracts.values.access import ANY_TAB, OTHER_TABS, Policies, Policy

_BILLING = Policy(any_of=OTHER_TABS)

POLICIES: Policies = {
    "POST /api/v1/plans": _BILLING,
    "GET /api/v1/plans": _BILLING,
    "GET /api/v1/suspense": _BILLING,
    "GET /api/v1/rated-usage/{usage_id}": Policy(any_of=ANY_TAB),
    "GET /api/v1/usage/{usage_id}": _BILLING,
}
"""A use shows the other party's number; its rating shows a token instead."""
