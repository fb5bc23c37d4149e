"""Which service answers what under `/api/v1`: one table, by the longest prefix of the path that it declares."""

from collections.abc import Mapping

ROUTES: Mapping[str, str] = {
    "accounts": "billing_units",
    "billing-units": "billing_units",
    "budgets": "billing_units",
    "numbers": "billing_units",
    "users": "billing_units",
    "teams": "billing_units",
    "assignments": "billing_units",
    "charges": "billing_units",
    "reattributions": "billing_units",
    "unassigned": "billing_units",
    "plans": "usage_rating",
    "suspense": "usage_rating",
    "quotes": "usage_rating",
    "rated-usage": "usage_rating",
    "usage": "usage_rating",
    "reratings": "usage_rating",
    "unit-costs": "reporting",
    "daily-unit-costs": "reporting",
    "unit-reports": "reporting",
    "audit/usage-rating": "usage_rating",
    "audit/billing-units": "billing_units",
}
"""What is not here, portal answers itself or nobody does."""

STREAMED = frozenset({"audit/usage-rating/export", "audit/billing-units/export"})
"""Answers that may be of any length: they are passed on as they come, never held whole."""

BODY_BYTES_MAX = 1_048_576
BODY_BYTES_MAX_OF: Mapping[str, int] = {"plans": 32 * 1_048_576}
"""The largest body of a request, by the first word of its path where it is another."""


def service_of(path: str) -> str | None:
    """The service that answers a path below `/api/v1/`; None where nobody does."""
    words = path.split("/")
    prefixes = ("/".join(words[:count]) for count in range(len(words), 0, -1))
    return next((ROUTES[prefix] for prefix in prefixes if prefix in ROUTES), None)


def body_bytes_max(path: str) -> int:
    """The largest body taken at a path such as `/api/v1/plans`."""
    word = path.removeprefix("/api/v1/").partition("/")[0] if path.startswith("/api/v1/") else ""
    return BODY_BYTES_MAX_OF.get(word, BODY_BYTES_MAX)
