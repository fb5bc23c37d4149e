"""Finds prices that lost their decimal point (1.200 became 1200) before a deck is loaded with them."""

from collections.abc import Sequence
from decimal import Decimal

from services.usage_rating.domain.deck_rows import DeckRow
from services.usage_rating.domain.problems import Problem

PRICE_CEILING = Decimal(20)
"""Per minute or per call, in a currency worth about a euro; the dearest price of a real A–Z deck is 13.65."""

CEILING_CURRENCIES = frozenset({"AUD", "BHD", "CAD", "CHF", "EUR", "GBP", "JOD", "KWD", "NZD", "OMR", "SGD", "USD"})
"""Elsewhere the ceiling is not asked: 20 yen is no price to stop at."""

_PEERS_MIN = 100
_FACTOR = 10


def lost_points(rows: Sequence[DeckRow], *, currency: str, allowed: Decimal | None) -> list[Problem]:
    """One problem for each row with a price that must be a mistake.

    A price is stopped when it reaches the ceiling of its currency, or when it is written without a decimal
    point in a deck that writes its prices with one (at least 100 of them) and is ten times as dear as
    99 % of those. The whole deck is the measure, not the destination: where a point is lost, it is
    often lost for all of a country. `allowed`: prices up to it are meant, whatever they look like.
    """
    ceiling = PRICE_CEILING if currency in CEILING_CURRENCIES else None
    seen: dict[str, Decimal] = {}
    ordinary = _ordinary(rows, seen)
    problems = []
    for row in rows:
        suspects = [
            (column, text)
            for column, text in row.written
            if _is_suspect(text, seen[text], ceiling, ordinary) and not _is_allowed(seen[text], allowed)
        ]
        if suspects:
            columns = ", ".join(column for column, _ in suspects)
            problems.append(
                Problem(row=row.number, field=columns, value=suspects[0][1], says=_says(ceiling, ordinary))
            )
    return problems


def _ordinary(rows: Sequence[DeckRow], seen: dict[str, Decimal]) -> Decimal | None:
    """The price that 99 % of those written with a decimal point do not exceed; None when there are few."""
    pointed = []
    for row in rows:
        for _, text in row.written:
            if text not in seen:
                seen[text] = Decimal(text or 0)
        per_minute = row.written[0][1]
        if "." in per_minute and seen[per_minute]:
            pointed.append(seen[per_minute])
    if len(pointed) < _PEERS_MIN or len(pointed) * 2 < len(rows):
        return None
    return sorted(pointed)[len(pointed) * 99 // 100]


def _is_suspect(text: str, price: Decimal, ceiling: Decimal | None, ordinary: Decimal | None) -> bool:
    if ceiling is not None and price >= ceiling:
        return True
    return ordinary is not None and "." not in text and price >= ordinary * _FACTOR


def _is_allowed(price: Decimal, allowed: Decimal | None) -> bool:
    return allowed is not None and price <= allowed


def _says(ceiling: Decimal | None, ordinary: Decimal | None) -> str:
    measure = f"99 % of the deck's prices are at most {ordinary}" if ordinary else f"it reaches {ceiling}"
    return f"looks like a price that lost its decimal point ({measure}): correct it, or set allow_price_up_to"
