"""Countries that could be called under the version in force and have no price in the new one."""

from services.usage_rating.domain.linting.warnings import PlanWarning, WarningName
from services.usage_rating.domain.plan import Rate, RatePlan

_TWO_DIGITS = frozenset(
    str(code)
    for code in (
        *(20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54),
        *(55, 56, 57, 58, 60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98),
    )
)
"""Country codes of two digits (ITU-T E.164, list of assigned codes); 1 and 7 have one digit, all others three."""


def missing_countries(plan: RatePlan, in_force: RatePlan) -> list[PlanWarning]:
    """One warning for each country, or country code, that the version in force prices and the plan does not.

    Countries are asked by ISO code where both versions state them, and always by the country code of the prefix:
    real decks often state no country.
    """
    at = plan.effective_from
    before = [rate for rate in in_force.rates if rate.valid_until is None or rate.valid_until > at]
    stated = {rate.country for rate in plan.rates}
    told: dict[str, Rate] = {}
    prefixes = {rate.prefix[:length] for rate in plan.rates for length in range(1, len(rate.prefix) + 1)}
    whole = {rate.prefix for rate in plan.rates}
    for rate in before:
        code = calling_code(rate.prefix)
        if code not in prefixes and not any(code[:length] in whole for length in range(1, len(code))):
            told.setdefault(f"+{code}", rate)
        elif stated - {None} and rate.country is not None and rate.country not in stated:
            told.setdefault(rate.country, rate)
    return [_warning(name, rate) for name, rate in sorted(told.items())]


def calling_code(prefix: str) -> str:
    """The country code with which a prefix begins; the prefix itself where it is shorter than that."""
    if prefix[0] in "17":
        return prefix[0]
    return prefix[:2] if prefix[:2] in _TWO_DIGITS else prefix[:3]


def _warning(name: str, rate: Rate) -> PlanWarning:
    says = f"({rate.destination}) has a price now and would have none: calls there would wait in suspense. "
    says += "Add its rates, or accept missing-countries"
    return PlanWarning(name=WarningName.MISSING_COUNTRIES, field="country", value=name, says=says)
