"""A price deck as CSV becomes a rate plan, or the list of everything that is wrong with it."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from contracts.values.money import CHARGE_SCALE, MINOR_UNITS, Rounding
from services.usage_rating.domain.deck_lint import lost_points
from services.usage_rating.domain.deck_rows import DeckRow, RowReader
from services.usage_rating.domain.plan import Rate, RatePlan, inbound_at, overlapping
from services.usage_rating.domain.prices import Price
from services.usage_rating.domain.problems import Problem, Problems
from services.usage_rating.domain.reading import write_instant

REQUIRED = ("prefix", "destination", "rate_per_minute", "connection_fee", "initial_increment", "increment")
OPTIONAL = (
    "currency",
    "effective_from",
    "minimum_s",
    "minimum_charge",
    "valid_from",
    "valid_until",
    "country",
)
PROFILED = (*OPTIONAL, "next_rate_per_minute", "refused")
"""What a deck read through a column profile may say besides: the price after the first increment, refusals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeckTerms:
    """What a deck does not say about the plan it becomes.

    currency, effective_from: used where the file has none; refused where it says otherwise. inbound: the
    price of inbound calls, None for none. allow_price_up_to: the greatest price the importer has seen and means,
    per minute or per call; without it a price that looks as if it lost its decimal point stops the deck.
    """

    plan_id: str
    version: int = 1
    name: str
    currency: str | None = None
    effective_from: datetime | None = None
    inbound: Price | None = None
    rounding: Rounding = Rounding.HALF_UP
    scale: int = CHARGE_SCALE
    allow_price_up_to: Decimal | None = None


def read_deck(text: str, terms: DeckTerms) -> RatePlan | Problems:
    """The plan a deck states. Nothing is loaded unless every row is right.

    The header is required, in any order of columns. Increments are whole seconds, prices per minute and per
    call; `valid_from` and `valid_until` are instants, or days in UTC.
    """
    problems: list[Problem] = []
    return _read(_records(text, problems), OPTIONAL, terms, problems)


def read_rows(rows: Iterable[tuple[int, list[str]]], terms: DeckTerms) -> RatePlan | Problems:
    """The plan that rows of neutral columns state, whatever layout they were read from; the header comes first.

    Each stands with the number of the row it was read from, several with one number where it held several prefixes.
    """
    return _read(iter(rows), PROFILED, terms, [])


def _read(
    table: Iterator[tuple[int, list[str]]], optional: tuple[str, ...], terms: DeckTerms, problems: list[Problem]
) -> RatePlan | Problems:
    _, header = next(table, (1, []))
    if _header_problems(header, optional, problems):
        return Problems(items=tuple(problems))
    reader = RowReader(header, problems)
    rows = [row for number, cells in table if (row := reader.read(number, cells)) is not None]
    if not rows and not problems:
        problems.append(Problem(row=1, field="prefix", value="", says="has no rows under it: the deck is empty"))
    currency = _common(reader.currencies, terms.currency, "currency", problems)
    if currency and currency not in MINOR_UNITS:
        problems.append(Problem(field="currency", value=currency, says="is not a currency of ISO 4217"))
    effective_from = _effective_from(reader, terms, problems)
    problems += _overlaps(rows)
    problems += lost_points(rows, currency=currency or "", allowed=terms.allow_price_up_to)
    if problems or currency is None or effective_from is None:
        return Problems(items=tuple(sorted(problems, key=lambda problem: problem.row or 0)))
    return RatePlan(
        plan_id=terms.plan_id,
        version=terms.version,
        name=terms.name,
        currency=currency,
        effective_from=effective_from,
        rates=tuple(row.rate for row in rows),
        inbound=inbound_at(terms.inbound),
        rounding=terms.rounding,
        scale=terms.scale,
    )


def _records(text: str, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """Row number (the header is 1) and cells of every row that is not empty."""
    number = 0
    try:
        for cells in csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True):
            number += 1
            if any(cells):
                yield number, cells
    except csv.Error as error:
        problems.append(
            Problem(
                row=number + 1, field="(row)", value="", says=f"cannot be read as CSV ({error}): mend its quotes"
            )
        )


def _header_problems(header: list[str], optional: tuple[str, ...], problems: list[Problem]) -> bool:
    for name in REQUIRED:
        if name not in header:
            problems.append(
                Problem(row=1, field=name, value="", says="is missing: the header must name this column")
            )
    for name in header:
        if name not in REQUIRED and name not in optional:
            known = ", ".join(REQUIRED + optional)
            problems.append(
                Problem(row=1, field=name, value=name, says=f"is no column known here ({known}): remove it")
            )
        elif header.count(name) > 1:
            problems.append(Problem(row=1, field=name, value=name, says="stands twice in the header: remove one"))
    return bool(problems)


def _common(found: dict[str, int], given: str | None, column: str, problems: list[Problem]) -> str | None:
    """The one value of a column that must not vary, checked against what was given beside the file."""
    if not found and given is None:
        problems.append(Problem(field=column, value="", says=f"is not stated in the file: give {column} beside it"))
    expected = given if given is not None else next(iter(found), None)
    source = "given beside the file" if given is not None else "of the rows above"
    for value, row in found.items():
        if value != expected:
            says = f"is not the {column} {source}, {expected}: a deck has one"
            problems.append(Problem(row=row, field=column, value=value, says=says))
    return expected


def _effective_from(reader: RowReader, terms: DeckTerms, problems: list[Problem]) -> datetime | None:
    given = terms.effective_from
    _common(
        {write_instant(instant): row for instant, row in reader.effective.items()},
        None if given is None else write_instant(given),
        "effective_from",
        problems,
    )
    return given if given is not None else next(iter(reader.effective), None)


def _overlaps(rows: list[DeckRow]) -> list[Problem]:
    rates: list[Rate] = [row.rate for row in rows]
    return [
        Problem(
            row=rows[later].number,
            field="prefix",
            value=rates[later].prefix,
            says=f"is priced in row {rows[earlier].number} too, at the same time: remove one, "
            "or end one with valid_until before the other begins",
        )
        for earlier, later in overlapping(rates)
    ]
