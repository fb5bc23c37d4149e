"""A plan's rates searched: by a number, as rating would look, or by words of the destination."""

from collections.abc import Sequence
from datetime import datetime

from services.usage_rating.domain.plan import Rate, RatePlan


def rates_for(plan: RatePlan, number: str, at: datetime) -> list[Rate]:
    """The rates of an E.164 number (`+…`) valid at the instant; the longest prefix first, which prices it."""
    digits = number[1:]
    found = [rate for rate in plan.rates if digits.startswith(rate.prefix) and _valid(rate, at)]
    return sorted(found, key=lambda rate: -len(rate.prefix))


def rates_named(plan: RatePlan, words: str) -> list[Rate]:
    """The rates whose destination holds the words, case aside, in the order of prefixes; all without words."""
    wanted = words.casefold()
    return ordered([rate for rate in plan.rates if wanted in rate.destination.casefold()])


def ordered(rates: Sequence[Rate]) -> list[Rate]:
    """By prefix, then by when they begin."""
    return sorted(rates, key=place_of)


def place_of(rate: Rate) -> tuple[str, str]:
    """Where a rate stands among those of its plan; no two share it."""
    return rate.prefix, "" if rate.valid_from is None else rate.valid_from.isoformat()


def _valid(rate: Rate, at: datetime) -> bool:
    return (rate.valid_from is None or rate.valid_from <= at) and (
        rate.valid_until is None or at < rate.valid_until
    )
