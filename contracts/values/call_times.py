"""When a call can have been: its instants in order, and no longer than calls are."""

from datetime import datetime, timedelta

LONGEST_CALL = timedelta(days=31)
"""As long as the contract lets a billable duration be."""


def call_times_refusal(started_at: datetime, answered_at: datetime | None, ended_at: datetime) -> str | None:
    """Why the instants of a call cannot be true, or None.

    A platform that loses the end of a call closes it when it restarts, weeks later; nobody spoke so long.
    """
    if ended_at < started_at:
        return "ended_at is before started_at"
    if answered_at is not None and answered_at < started_at:
        return "answered_at is before started_at"
    if answered_at is not None and ended_at < answered_at:
        return "ended_at is before answered_at"
    if ended_at - started_at > LONGEST_CALL:
        return f"ended_at is more than {LONGEST_CALL.days} days after started_at"
    return None
