"""The geometry of a bar chart: days beside each other, categories on top of each other, credits below zero."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal

from contracts.values.money import EXACT, total_amount

DAY_WIDTH = 10
BAR_WIDTH = 8
HEIGHT = 1000
TICKS = 4
STEPS = (Decimal(1), Decimal(2), Decimal(5), Decimal(10))


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A category's piece of a bar. place: of the category among all, for its colour."""

    place: int
    y: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One day."""

    on: date
    x: int
    amount: Decimal
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Bars in a box of `width` × `height`. ticks: amounts from the top down, evenly apart; zero_y: where 0 is."""

    width: int
    height: int
    zero_y: int
    bars: Sequence[Bar]
    ticks: Sequence[Decimal]

    @property
    def lines(self) -> Sequence[int]:
        """Where the ticks are."""
        return [self.height * place // (len(self.ticks) - 1) for place in range(len(self.ticks))]


def day_chart(
    days: Sequence[date], categories: Sequence[str], amounts: Mapping[tuple[date, str], Decimal]
) -> Chart:
    """The chart of amounts by day and category; a category's colour is its place in `categories`."""
    stacks = [[amounts.get((day, name), Decimal(0)) for name in categories] for day in days]
    highest = max((_sum(stack, 1) for stack in stacks), default=Decimal(0))
    deepest = max((_sum(stack, -1) for stack in stacks), default=Decimal(0))
    step = _step(max(highest, deepest))
    above, below = max(_steps(highest, step), 0 if deepest else 1), _steps(deepest, step)
    unit, zero_y = step * (above + below), HEIGHT * above // (above + below)
    bars = [
        Bar(
            on=day,
            x=place * DAY_WIDTH + (DAY_WIDTH - BAR_WIDTH) // 2,
            amount=total_amount(stack),
            parts=_parts(stack, zero_y, unit),
        )
        for place, (day, stack) in enumerate(zip(days, stacks, strict=True))
    ]
    ticks = [step * place for place in range(above, -below - 1, -1)]
    return Chart(width=len(days) * DAY_WIDTH, height=HEIGHT, zero_y=zero_y, bars=bars, ticks=ticks)


def _sum(stack: Sequence[Decimal], sign: int) -> Decimal:
    """How far a stack reaches to one side of zero."""
    return total_amount([amount * sign for amount in stack if amount * sign > 0])


def _step(reach: Decimal) -> Decimal:
    """The amount between two ticks: 1, 2 or 5 times a power of ten, so that at most four reach far enough."""
    if not reach:
        return Decimal(1)
    raw = EXACT.divide(reach, Decimal(TICKS))
    power = Decimal(1).scaleb(raw.adjusted())
    return next(power * nice for nice in STEPS if power * nice >= raw)


def _steps(reach: Decimal, step: Decimal) -> int:
    return int(EXACT.divide(reach, step).to_integral_value(ROUND_CEILING))


def _parts(stack: Sequence[Decimal], zero_y: int, unit: Decimal) -> list[Part]:
    """Pieces away from zero on either side; each begins where the one before it ends, so that none gapes."""
    parts = []
    reached = {1: Decimal(0), -1: Decimal(0)}
    for place, amount in enumerate(stack):
        if not amount:
            continue
        sign = 1 if amount > 0 else -1
        near, far = reached[sign], reached[sign] + abs(amount)
        reached[sign] = far
        edges = (int(HEIGHT * near / unit), int(HEIGHT * far / unit))
        top = zero_y - edges[1] if sign > 0 else zero_y + edges[0]
        parts.append(Part(place=place, y=top, height=edges[1] - edges[0]))
    return parts
