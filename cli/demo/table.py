"""The closing table: what each unit caused, and whether the units sum to the independent total."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from contracts.values.money import EXACT, round_amount, split_units, total_amount

SHARE_PARTS = 1_000
"""Shares are shown in tenths of a percent; they are split so that they sum to 100.0 %."""

UNASSIGNED_NAME = "Unassigned"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCosts:
    """One unit's costs of the month, or the unassigned ones where `unit_id` is None.

    name: the unit's, as it is shown. calls: uses of any kind; of calls their legs, answered or not. duration_ms:
    what was charged, before increments. amount: money at 6 decimals.
    """

    unit_id: str | None
    name: str
    calls: int
    duration_ms: int
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RatedTotal:
    """The same month from the other end: the sum of rated usage, which knows nothing of units."""

    calls: int
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What the table shows: the units in order, unassigned last; the total to tie to; where it all ran."""

    title: str
    currency: str
    units: tuple[UnitCosts, ...]
    rated: RatedTotal
    ran_on: str
    next_commands: tuple[tuple[str, str], ...]
    """Each with the words that say what it is for."""

    @property
    def calls(self) -> int:
        """The units' uses, unassigned ones included."""
        return sum(unit.calls for unit in self.units)

    @property
    def amount(self) -> Decimal:
        """The units' costs, unassigned ones included."""
        return total_amount([unit.amount for unit in self.units])

    @property
    def ties(self) -> bool:
        """Whether units and rated usage agree, to the last of 6 decimals and to the use."""
        return self.amount == self.rated.amount and self.calls == self.rated.calls


def rendered(closing: Closing) -> RenderableType:
    """The table with the sentences under it."""
    lines = [Text.from_markup(f"[dim]Ran on {escape(closing.ran_on)}.[/]")]
    lines.append(_tie_line(closing))
    lines.append(Text("\nTry next:"))
    width = max((len(command) for command, _ in closing.next_commands), default=0)
    for command, why in closing.next_commands:
        lines.append(Text.from_markup(f"  [bold cyan]{escape(command):<{width}}[/]  [dim]{escape(why)}[/]"))
    return Group(_table(closing), *lines)


def _table(closing: Closing) -> Table:
    table = Table(title=closing.title, title_justify="left", title_style="bold", show_footer=True)
    table.add_column("Unit", "Total", min_width=16)
    for heading, footer in (
        ("Uses", f"{closing.calls:,}"),
        ("Minutes", _minutes(sum(unit.duration_ms for unit in closing.units))),
        (f"Cost {closing.currency}", f"{closing.amount:,.6f}"),
        ("Share", "100.0 %" if closing.amount else "–"),
    ):
        table.add_column(heading, footer, justify="right")
    shares = shares_of([unit.amount for unit in closing.units])
    for unit, share in zip(closing.units, shares, strict=True):
        style = "yellow" if unit.unit_id is None else None
        table.add_row(
            escape(unit.name),
            f"{unit.calls:,}",
            _minutes(unit.duration_ms),
            f"{unit.amount:,.6f}",
            share,
            style=style,
        )
    return table


def shares_of(amounts: Sequence[Decimal]) -> list[str]:
    """Each amount's share in percent with one decimal, together exactly 100.0 %; a dash where it has none."""
    weights = {str(at): int(amount.scaleb(6)) for at, amount in enumerate(amounts) if amount > 0}
    parts = split_units(SHARE_PARTS, weights) if weights else {}
    return [
        f"{parts[str(at)] // 10}.{parts[str(at)] % 10} %" if str(at) in parts else "–" for at in range(len(amounts))
    ]


def _minutes(duration_ms: int) -> str:
    minutes = round_amount(EXACT.divide(Decimal(duration_ms), Decimal(60_000)), scale=1)
    return f"{minutes:,.1f}"


def _tie_line(closing: Closing) -> Text:
    if closing.ties:
        return Text.from_markup(
            f"[green]The units sum to what was rated, exactly: "
            f"{closing.rated.amount:,.6f} {closing.currency} for {closing.rated.calls:,} uses.[/]"
        )
    difference = EXACT.subtract(closing.amount, closing.rated.amount)
    return Text.from_markup(
        f"[bold red]The units do not sum to what was rated: {closing.amount:,.6f} {closing.currency} for "
        f"{closing.calls:,} uses against {closing.rated.amount:,.6f} for {closing.rated.calls:,} "
        f"(difference {difference:,.6f}).[/]"
    )
