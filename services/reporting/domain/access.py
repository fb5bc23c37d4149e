"""What each operation of reporting asks of its caller."""

from contracts.values.access import ANY_TAB, OTHER_TABS, Policies, Policy, Reach

_REPORTS = Policy(any_of=OTHER_TABS)

POLICIES: Policies = {
    "GET /api/v1/unit-costs": Policy(any_of=ANY_TAB, reach=Reach.UNITS),
    "GET /api/v1/unit-costs/{unit}": Policy(any_of=ANY_TAB, reach=Reach.UNITS),
    "GET /api/v1/daily-unit-costs": Policy(any_of=ANY_TAB, reach=Reach.UNITS),
    "POST /api/v1/unit-reports": _REPORTS,
    "GET /api/v1/unit-reports/{report_id}": _REPORTS,
}
