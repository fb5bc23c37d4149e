"""The period that a fact is booked in, stamped once by whoever creates it (DESIGN §3)."""

from datetime import date


def booked_period(period_of_use: date) -> date:
    """The first day of the period that a rating, or the reversal of one, counts in.

    period_of_use: of its use day. No period is sealed yet, so each is open and takes what belongs to it; once one
    is, what comes later counts in the earliest that is not.
    """
    return period_of_use
