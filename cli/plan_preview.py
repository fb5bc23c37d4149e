"""The preview of a plan: what would be loaded, by rate and by country, and what was changed or dropped."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import typer

from cli.printing import print_table
from services.usage_rating.domain.linting.coverage import calling_code
from services.usage_rating.domain.plan import Rate, RatePlan
from services.usage_rating.domain.price_words import price_words
from services.usage_rating.domain.prices import all_of
from services.usage_rating.domain.problems import Problems

if TYPE_CHECKING:
    from cli.decks.reading import Note, ProfiledDeck
    from cli.plan_files import ReadPlan

FIRST, ENDS, COUNTRIES = 10, 5, 20


def show_preview(read: "ReadPlan") -> None:
    """Print it; of a plan with problems, what was done to its rows on the way in."""
    if read.deck is not None:
        _show_reading(read.deck)
    if isinstance(read.plan, Problems):
        return
    plan = read.plan
    typer.echo(
        f"\n{plan.plan_id}: {len(plan.rates):,} rates in {plan.currency} from {plan.effective_from:%Y-%m-%d}."
    )
    _show_rates("The first as read:", plan.rates[:FIRST])
    priced = sorted((rate for rate in plan.rates if rate.price is not None), key=_dearest)
    _show_rates("The cheapest:", priced[:ENDS])
    _show_rates("The dearest:", priced[: -ENDS - 1 : -1])
    _show_countries(plan)


def _dearest(rate: Rate) -> tuple[object, str]:
    assert rate.price is not None, "a refused destination has no price"
    return max(one.per_minute + one.connection_fee for one in all_of(rate.price)), rate.prefix


def _show_reading(deck: "ProfiledDeck") -> None:
    loaded = len({row.number for row in deck.rows})
    typer.echo(f"{deck.read:,} rows read, {loaded:,} of them loaded as {len(deck.rows):,} rates.")
    columns = ", ".join(f"{column} from {header!r}" for column, header in sorted(deck.headers.items()))
    typer.echo(f"Columns: {columns}.")
    if deck.ignored:
        typer.echo(f"Not read: {', '.join(deck.ignored)}.")
    grouped: dict[tuple[str, str], list[Note]] = {}
    for note in deck.notes:
        grouped.setdefault((note.done, note.why), []).append(note)
    for (done, why), notes in sorted(grouped.items()):
        examples = "; ".join(f"row {note.row} {note.value!r}" for note in notes[:3])
        typer.echo(f"{len(notes):,} {done}: {why} ({examples}{'; …' if len(notes) > 3 else ''}).")


def _show_rates(heading: str, rates: Sequence[Rate]) -> None:
    typer.echo(f"\n{heading}")
    rows = [(rate.prefix, rate.destination, price_words(rate.price), _validity(rate)) for rate in rates]
    print_table(("prefix", "destination", "price", "valid"), rows, nothing="none")


def _validity(rate: Rate) -> str:
    begins = "" if rate.valid_from is None else f"from {rate.valid_from:%Y-%m-%d}"
    ends = "" if rate.valid_until is None else f"until {rate.valid_until:%Y-%m-%d}"
    return " ".join(filter(None, (begins, ends))) or "always"


def _show_countries(plan: RatePlan) -> None:
    counts = Counter(rate.country or f"+{calling_code(rate.prefix)}" for rate in plan.rates)
    typer.echo(f"\nRates by country, {len(counts):,} in all:")
    print_table(("country", "rates"), counts.most_common(COUNTRIES), nothing="none", right="rates")
    if len(counts) > COUNTRIES:
        typer.echo(f"… and {len(counts) - COUNTRIES:,} more: {', '.join(_names(counts))}")


def _names(counts: Counter[str]) -> Iterable[str]:
    return sorted(name for name, _ in counts.most_common()[COUNTRIES:])
