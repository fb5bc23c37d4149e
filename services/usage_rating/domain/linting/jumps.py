"""Price jumps: destinations whose calls would cost far more, or far less, than under the version in force."""

from collections.abc import Iterator
from decimal import Decimal

from contracts.values.money import EXACT
from services.usage_rating.domain.comparing import SAMPLE_SECONDS, cost_range
from services.usage_rating.domain.linting.warnings import PlanWarning, WarningName
from services.usage_rating.domain.plan import Rate, RatePlan
from services.usage_rating.domain.prices import AnyPrice
from services.usage_rating.domain.reading import PRICE_SCALE

_SIXTIETHS = 60


def price_jumps(plan: RatePlan, in_force: RatePlan, *, percent: int) -> list[PlanWarning]:
    """One warning for each prefix of either version to which a sample call changes by more than `percent`.

    A prefix that only one version has is compared with the rate that the other finds for its numbers. A price by
    time or channel is compared by the cheapest and by the dearest of what it chooses among.
    """
    jumps = [
        (size, PlanWarning(name=WarningName.PRICE_JUMPS, field="prefix", value=rate.prefix, says=says))
        for rate, old, new in _pairs(plan, in_force)
        if (found := _jump(old, new, percent)) is not None
        for size, words in (found,)
        for says in (f"({rate.destination}) {words} {plan.currency}: correct it, or accept price-jumps",)
    ]
    return [warning for _, warning in sorted(jumps, key=lambda jump: (-jump[0], jump[1].value))]


def _pairs(plan: RatePlan, in_force: RatePlan) -> Iterator[tuple[Rate, AnyPrice, AnyPrice]]:
    """Each rate whose numbers both versions price, with the old price and the new."""
    seen: set[tuple[str, int, int]] = set()
    for rate in (*plan.rates, *in_force.rates):
        at = max(rate.valid_from or plan.effective_from, plan.effective_from)
        number = f"+{rate.prefix}"
        new, old = plan.rate_for(number, at), in_force.rate_for(number, at)
        if new is None or old is None or new.price is None or old.price is None or new.price == old.price:
            continue
        key = (rate.prefix, id(new), id(old))
        if key not in seen:
            seen.add(key)
            yield (new if new.prefix == rate.prefix else rate), old.price, new.price


def _jump(old: AnyPrice, new: AnyPrice, percent: int) -> tuple[Decimal, str] | None:
    """The greatest change beyond `percent`, as its size and in words."""
    found: tuple[Decimal, str] | None = None
    for seconds in SAMPLE_SECONDS:
        for before, after in zip(cost_range(old, seconds), cost_range(new, seconds), strict=True):
            change = abs(after - before)
            if change * 100 <= before * percent:
                continue
            size = Decimal(change * 100) / before if before else Decimal("Infinity")
            if found is None or size > found[0]:
                found = (size, _words(seconds, before, after))
    return found


def _words(seconds: int, before: int, after: int) -> str:
    minutes = f"{seconds // 60} minute{'s' if seconds > 60 else ''}"
    if not before:
        return f"was free, and a call of {minutes} will cost {_money(after)}"
    if not after:
        return f"cost {_money(before)} for a call of {minutes}, and will be free"
    change = Decimal((after - before) * 100) / before
    return f"changes by {change:+,.0f} %: a call of {minutes} cost {_money(before)} and will cost {_money(after)}"


def _money(sixtieths: int) -> str:
    exact = Decimal(sixtieths).scaleb(-PRICE_SCALE, context=EXACT) / _SIXTIETHS
    return f"{exact:.6f}".rstrip("0").rstrip(".") or "0"
