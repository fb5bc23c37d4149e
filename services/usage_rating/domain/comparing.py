"""The difference of two versions of a plan: rates added, removed, dearer, cheaper or changed, and settings."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal

from services.usage_rating.domain.amounts import cost_of
from services.usage_rating.domain.laying import lay
from services.usage_rating.domain.plan import Rate, RatePlan
from services.usage_rating.domain.price_words import price_words, settings_words
from services.usage_rating.domain.prices import AnyPrice, all_of

SAMPLE_SECONDS = (60, 600)
"""Calls by which prices are compared: one shows the fee and the first increment, one reaches later bands."""

ChangeKind = Literal["added", "removed", "dearer", "cheaper", "changed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RateChange:
    """A prefix whose rate differs. was, becomes: the prices in words, None where there is no rate.

    valid_from: of the new rate, of a removed one its own. `changed`: neither dearer nor cheaper throughout, or
    another name, country or validity at the same price.
    """

    kind: ChangeKind
    prefix: str
    destination: str
    country: str | None
    valid_from: datetime | None
    was: str | None
    becomes: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingChange:
    """Something besides the rates of outbound calls, in words."""

    setting: str
    was: str
    becomes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDiff:
    """Everything in which one version differs from another; rates in the order of prefixes."""

    rates: tuple[RateChange, ...]
    settings: tuple[SettingChange, ...]


def compare(old: RatePlan, new: RatePlan) -> PlanDiff:
    """What changes from one plan to another. Prices in two currencies are told as changed, never as dearer."""
    before, after = settings_words(old), settings_words(new)
    settings = tuple(
        SettingChange(setting=name, was=before[name], becomes=after[name])
        for name in before
        if before[name] != after[name]
    )
    comparable = old.currency == new.currency
    changes = [
        change
        for one, other in _paired(old.rates, new.rates)
        if (change := _change(one, other, comparable=comparable)) is not None
    ]
    return PlanDiff(rates=tuple(sorted(changes, key=place_of_change)), settings=settings)


def place_of_change(change: RateChange) -> tuple[str, str]:
    """Where a change stands among those of its difference; no two share it."""
    return change.prefix, "" if change.valid_from is None else change.valid_from.isoformat()


def _paired(old: Sequence[Rate], new: Sequence[Rate]) -> Iterator[tuple[Rate | None, Rate | None]]:
    """Rates of one prefix and beginning; where a prefix has one rate before and one after, those two."""
    before = {(rate.prefix, rate.valid_from): rate for rate in old}
    after = {(rate.prefix, rate.valid_from): rate for rate in new}
    yield from ((before[key], after[key]) for key in before.keys() & after.keys())
    gone = _by_prefix(rate for key, rate in before.items() if key not in after)
    come = _by_prefix(rate for key, rate in after.items() if key not in before)
    for prefix in gone.keys() | come.keys():
        olds, news = gone.get(prefix, []), come.get(prefix, [])
        if len(olds) == len(news) == 1:
            yield olds[0], news[0]
        else:
            yield from ((rate, None) for rate in olds)
            yield from ((None, rate) for rate in news)


def _by_prefix(rates: Iterable[Rate]) -> dict[str, list[Rate]]:
    found: dict[str, list[Rate]] = {}
    for rate in rates:
        found.setdefault(rate.prefix, []).append(rate)
    return found


def _change(old: Rate | None, new: Rate | None, *, comparable: bool) -> RateChange | None:
    if old == new and comparable:
        return None
    told = new if new is not None else old
    assert told is not None, "a pair holds a rate"
    return RateChange(
        kind=_kind(old, new, comparable=comparable),
        prefix=told.prefix,
        destination=told.destination,
        country=told.country,
        valid_from=told.valid_from,
        was=None if old is None else price_words(old.price),
        becomes=None if new is None else price_words(new.price),
    )


def _kind(old: Rate | None, new: Rate | None, *, comparable: bool) -> ChangeKind:
    if old is None:
        return "added"
    if new is None:
        return "removed"
    if old.price is None or new.price is None or not comparable:
        return "changed"
    before, after = _samples(old.price), _samples(new.price)
    if before == after:
        return "changed"
    if all(was <= becomes for was, becomes in zip(before, after, strict=True)):
        return "dearer"
    return "cheaper" if all(was >= becomes for was, becomes in zip(before, after, strict=True)) else "changed"


def _samples(price: AnyPrice) -> list[int]:
    return [cost for seconds in SAMPLE_SECONDS for cost in cost_range(price, seconds)]


@lru_cache(maxsize=4096)
def cost_range(price: AnyPrice, seconds: int) -> tuple[int, int]:
    """What a call of so many seconds costs at the cheapest and at the dearest, in sixtieths of 10⁻¹².

    A price by time or channel costs any of what it chooses among.
    """
    costs = [cost_of(one, lay(one, seconds * 1000).use_sixtieths)[0] for one in all_of(price)]
    return min(costs), max(costs)
