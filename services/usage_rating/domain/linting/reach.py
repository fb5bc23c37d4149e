"""What can never be reached: bands inside an increment, windows always outweighed, prefixes no number has."""

from collections.abc import Iterator, Sequence

from services.usage_rating.domain.linting.warnings import PlanWarning, WarningName
from services.usage_rating.domain.plan import Rate, RatePlan, timed_among
from services.usage_rating.domain.prices import AnyPrice, Price, TimedPrice, all_of
from services.usage_rating.domain.reading import write_instant
from services.usage_rating.domain.windows import DAY_MINUTES, HOLIDAY, WEEKDAYS, Window

_NANP_DIGITS = 11
"""Every number of the North American plan is +1 and ten digits."""


def unreachable_bands(plan: RatePlan) -> list[PlanWarning]:
    """Bands in which no increment can begin, and windows that are never the ones that count."""
    found: dict[tuple[str, str, str], PlanWarning] = {}
    for used_by, price in _uses(plan):
        for warning in _of_price(used_by, price):
            found.setdefault((warning.field, warning.value, warning.says), warning)
    for timed in timed_among(plan.all_prices()):
        windows = [window for window, _ in timed.windows]
        for name in _never_counting(windows, _holiday_weekdays(plan)):
            says = "never counts: it is empty, no holiday opens it, or windows of more weight always cover it: "
            says += "change its spans or weight, take it out, or accept unreachable-bands"
            warning = PlanWarning(name=WarningName.UNREACHABLE_BANDS, field="window", value=name, says=says)
            found.setdefault(("window", name, ""), warning)
    return list(found.values())


def dead_prefixes(plan: RatePlan) -> list[PlanWarning]:
    """Rates that no number can meet while this plan is in force."""
    rates = [*plan.rates]
    if plan.inbound is not None:
        for callers in (plan.inbound.usual, *(callers for _, callers in plan.inbound.by_number_type)):
            rates += callers.by_caller
    return [
        PlanWarning(
            name=WarningName.DEAD_PREFIXES, field="prefix", value=rate.prefix, says=f"({rate.destination}) {says}"
        )
        for rate in rates
        if (says := _dead(rate, plan)) is not None
    ]


def _dead(rate: Rate, plan: RatePlan) -> str | None:
    todo = "or accept dead-prefixes"
    if rate.prefix[0] == "0":
        return f"begins with 0, and no country's code does: write it with its country code, {todo}"
    if rate.prefix[0] == "1" and len(rate.prefix) > _NANP_DIGITS:
        return f"is longer than any number of +1, which has {_NANP_DIGITS} digits: shorten it, {todo}"
    if rate.valid_until is not None and rate.valid_until <= plan.effective_from:
        ended, begins = write_instant(rate.valid_until), write_instant(plan.effective_from)
        return f"is valid until {ended}, and the plan begins at {begins}: leave it out, {todo}"
    return None


def _uses(plan: RatePlan) -> Iterator[tuple[str, AnyPrice]]:
    """Every price once, with a place where it is used."""
    seen: set[AnyPrice] = set()
    named = [(f"of prefix {rate.prefix} ({rate.destination})", rate.price) for rate in plan.rates]
    others = [("of inbound or internal calls", price) for price in plan.all_prices()]
    for place, price in (*named, *others):
        if price is not None and price not in seen:
            seen.add(price)
            yield place, price


def _of_price(place: str, price: AnyPrice) -> Iterator[PlanWarning]:
    """The bands of a price that no call can reach in any of the ways it may be laid."""
    for one in all_of(price):
        for from_s in _unreached(one):
            if not _timed_into(price, one, from_s):
                says = "no increment can begin in it, because those before it always cover it: "
                says += "begin it where an increment ends, shorten the increments, or accept unreachable-bands"
                value = f"from second {from_s} {place}:"
                yield PlanWarning(name=WarningName.UNREACHABLE_BANDS, field="band", value=value, says=says)


def _unreached(price: Price) -> list[int]:
    """The first seconds of bands in which no increment of the price begins."""
    unreached = []
    position, from_s = price.initial_increment_s, 0
    for until_s, _, _, increment_s, _ in price.bands:
        if from_s and position >= until_s:
            unreached.append(from_s)
        elif position < until_s:
            position += -((position - until_s) // increment_s) * increment_s
        from_s = until_s
    return unreached


def _timed_into(price: AnyPrice, one: Price, from_s: int) -> bool:
    """Whether a call that began at another price of the same time price may yet begin an increment in the band.

    Where windows change the increments, those of one price begin at seconds that another alone never reaches.
    """
    timed = price if isinstance(price, TimedPrice) else None
    if timed is None:
        return False
    until_s = next(end for start, end in _bounds(one) if start == from_s)
    parts = list(all_of(timed))
    laid_alike = {
        (part.initial_increment_s, tuple((b.until_s, b.increment_s) for b in part.bands)) for part in parts
    }
    return len(laid_alike) > 1 and min(part.initial_increment_s for part in parts) < until_s


def _bounds(price: Price) -> Iterator[tuple[int, int]]:
    from_s = 0
    for band in price.bands:
        yield from_s, band.until_s
        from_s = band.until_s


def _holiday_weekdays(plan: RatePlan) -> frozenset[str]:
    """The weekdays on which a holiday of the plan may fall."""
    if plan.holidays.yearly:
        return frozenset(WEEKDAYS)
    return frozenset(WEEKDAYS[day.weekday()] for day in plan.holidays.dates)


def _never_counting(windows: Sequence[Window], holiday_on: frozenset[str]) -> list[str]:
    """Names of windows that are not the heaviest open one at any minute of any kind of day."""
    counting: set[str] = set()
    edges = {0, *(span.from_minute for window in windows for span in window.spans)}
    edges |= {span.until_minute for window in windows for span in window.spans}
    kinds: list[set[str]] = [{day} for day in WEEKDAYS]
    kinds += [{day, HOLIDAY} for day in WEEKDAYS if day in holiday_on]
    for days in kinds:
        for minute in edges - {DAY_MINUTES}:
            open_now = [window for window in windows if _open(window, days, minute)]
            if open_now:
                counting.add(max(open_now, key=lambda window: window.weight).name)
    return [window.name for window in windows if window.name not in counting]


def _open(window: Window, days: set[str], minute: int) -> bool:
    return any(span.from_minute <= minute < span.until_minute and days & span.days for span in window.spans)
