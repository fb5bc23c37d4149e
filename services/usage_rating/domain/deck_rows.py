"""Reads one row of a deck after the other; equal prices and equal names become one object in memory."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from services.usage_rating.domain.plan import Rate
from services.usage_rating.domain.prices import Band, Price
from services.usage_rating.domain.problems import Problem
from services.usage_rating.domain.reading import (
    is_country,
    is_currency_code,
    is_name,
    is_prefix,
    read_instant,
    read_price,
    read_seconds,
)

_PRICE = "is not a price: write digits with a decimal point, such as 0.035, with at most 12 decimals"
_INCREMENT = "is not an increment: write whole seconds from 1 to 86400"
_SECONDS = "is not a duration: write whole seconds from 0 to 86400"
_INSTANT = "is not a date: write 2026-01-31 (midnight UTC) or 2026-01-31T00:00:00Z, from 2000 to 2099"
_PREFIX = "is not a prefix: write 1 to 15 digits, without + and without spaces"
_NAME = "is not a name: write 1 to 200 characters"
_COUNTRY = "is not a country: write two capital letters (ISO 3166) or nothing"
_CURRENCY = "is not a currency: write three capital letters (ISO 4217)"

PRICE_COLUMNS = ("rate_per_minute", "connection_fee", "minimum_charge", "next_rate_per_minute")
_TERM_COLUMNS = (*PRICE_COLUMNS, "initial_increment", "increment", "minimum_s")
REFUSED = "yes"
"""What the column `refused` says of a destination to which calls are refused."""

_ZERO = Decimal(0)
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeckRow:
    """A rate with the number of its row and its prices as they were written: (column, text) each."""

    number: int
    rate: Rate
    written: tuple[tuple[str, str], ...]


class RowReader:
    """Cells in, rate out; every cell that cannot be read becomes a problem.

    currencies, effective: what those columns said so far, with the first row that said it.
    """

    __slots__ = ("_at", "_prices", "_problems", "_values", "currencies", "effective")

    def __init__(self, header: Sequence[str], problems: list[Problem]) -> None:
        self.currencies: dict[str, int] = {}
        self.effective: dict[datetime, int] = {}
        self._at = {name: position for position, name in enumerate(header)}
        self._problems = problems
        self._values: dict[tuple[str, str], Any] = {}
        self._prices: dict[tuple[str, ...], Price] = {}

    def read(self, number: int, cells: list[str]) -> DeckRow | None:
        """The rate of a row, or None after its problems were kept."""
        before = len(self._problems)
        row = _Row(number=number, cells=cells, at=self._at, values=self._values, problems=self._problems)
        if len(cells) != len(self._at):
            says = f"has {len(cells)} cells under a header of {len(self._at)}: mend its commas or quote its text"
            row.refuse("(row)", ",".join(cells), says)
            return None
        rate = self._rate(row)
        currency = row.optional("currency", _currency, _CURRENCY, None)
        effective = row.optional("effective_from", read_instant, _INSTANT, None)
        if currency is not None:
            self.currencies.setdefault(currency, number)
        if effective is not None:
            self.effective.setdefault(effective, number)
        if rate is None or len(self._problems) > before:
            return None
        return DeckRow(number=number, rate=rate, written=tuple((name, row.text(name)) for name in PRICE_COLUMNS))

    def _rate(self, row: "_Row") -> Rate | None:
        refused = row.text("refused") == REFUSED
        price = None if refused else self._price(row)
        prefix = row.required("prefix", _prefix, _PREFIX)
        destination = row.required("destination", _name, _NAME)
        country = row.optional("country", _country, _COUNTRY, None)
        valid_from = row.optional("valid_from", read_instant, _INSTANT, None)
        valid_until = row.optional("valid_until", read_instant, _INSTANT, None)
        if valid_from is not None and valid_until is not None and valid_until <= valid_from:
            row.refuse("valid_until", row.text("valid_until"), "is not after valid_from: it would never be valid")
        if (price is None and not refused) or prefix is None or destination is None:
            return None
        return Rate(
            prefix=prefix,
            destination=destination,
            country=country,
            price=price,
            valid_from=valid_from,
            valid_until=valid_until,
        )

    def _price(self, row: "_Row") -> Price | None:
        key = tuple([row.text(name) for name in _TERM_COLUMNS])
        known = self._prices.get(key)
        if known is not None:
            return known
        per_minute = row.required("rate_per_minute", read_price, _PRICE)
        fee = row.required("connection_fee", read_price, _PRICE)
        initial_s = row.required("initial_increment", _increment, _INCREMENT)
        increment_s = row.required("increment", _increment, _INCREMENT)
        minimum_s = row.optional("minimum_s", read_seconds, _SECONDS, 0)
        minimum = row.optional("minimum_charge", read_price, _PRICE, _ZERO)
        if per_minute is None or fee is None or initial_s is None or increment_s is None:
            return None
        following = row.optional("next_rate_per_minute", read_price, _PRICE, per_minute)
        later = (
            ()
            if following == per_minute
            else (Band(from_s=initial_s, per_minute=following, increment_s=increment_s),)
        )
        price = Price(
            per_minute=per_minute,
            connection_fee=fee,
            initial_increment_s=initial_s,
            increment_s=increment_s,
            minimum_s=minimum_s,
            minimum_charge=minimum,
            later_bands=later,
        )
        self._prices[key] = price
        return price


class _Row:
    """The cells of one row by column; texts met before are not read again."""

    __slots__ = ("_at", "_cells", "_number", "_problems", "_values")

    def __init__(
        self,
        *,
        number: int,
        cells: list[str],
        at: Mapping[str, int],
        values: dict[tuple[str, str], Any],
        problems: list[Problem],
    ) -> None:
        self._number = number
        self._cells = cells
        self._at = at
        self._values = values
        self._problems = problems

    def text(self, column: str) -> str:
        position = self._at.get(column)
        return "" if position is None else self._cells[position]

    def required(self, column: str, read: Callable[[str], _Value | None], says: str) -> _Value | None:
        text = self.text(column)
        key = (column, text)
        if key not in self._values:
            self._values[key] = read(text)
        value: _Value | None = self._values[key]
        if value is None:
            self.refuse(column, text, says)
        return value

    def optional(self, column: str, read: Callable[[str], _Value | None], says: str, default: _Value) -> _Value:
        if not self.text(column):
            return default
        value = self.required(column, read, says)
        return default if value is None else value

    def refuse(self, column: str, text: str, says: str) -> None:
        self._problems.append(Problem(row=self._number, field=column, value=text[:80], says=says))


def _increment(text: str) -> int | None:
    return read_seconds(text) or None


def _prefix(text: str) -> str | None:
    return text if is_prefix(text) else None


def _name(text: str) -> str | None:
    return text if is_name(text) else None


def _country(text: str) -> str | None:
    return text if is_country(text) else None


def _currency(text: str) -> str | None:
    return text if is_currency_code(text) else None
