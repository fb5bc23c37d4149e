"""The price list of fault runs, and what a call costs by it: computed with fractions, apart from the product."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

WINDOW_BEGINS = datetime(2026, 10, 31, 12, 0, tzinfo=UTC)
WINDOW_MIDDLE = datetime(2026, 11, 1, 0, 0, tzinfo=UTC)
"""Calls happen in the 24 hours from WINDOW_BEGINS: they cross a day and a month in every zone used."""

MICRO = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """One price: money as text exactly as the plan document has it, seconds whole."""

    per_minute: str
    increment_s: int = 1
    initial_s: int = 1
    fee: str = "0"
    minimum_s: int = 0
    minimum_charge: str = "0"

    def document(self) -> dict[str, Any]:
        """The price as the plan document writes it."""
        return {
            "bands": [{"from_s": 0, "per_minute": self.per_minute}],
            "initial_increment_s": self.initial_s,
            "increment_s": self.increment_s,
            "connection_fee": self.fee,
            "minimum_s": self.minimum_s,
            "minimum_charge": self.minimum_charge,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A tariff of a prefix, valid in [begins, ends)."""

    tariff: Tariff
    begins: datetime | None = None
    ends: datetime | None = None


INBOUND = Tariff(per_minute="0.004", initial_s=60, increment_s=60)
OUTBOUND: Mapping[str, tuple[Span, ...]] = {
    "49": (Span(tariff=Tariff(per_minute="0.0123")),),
    "4915": (Span(tariff=Tariff(per_minute="0.085", initial_s=60, increment_s=60)),),
    "491": (Span(tariff=Tariff(per_minute="0.0671", initial_s=30, increment_s=6)),),
    "44": (Span(tariff=Tariff(per_minute="0.021", fee="0.05", initial_s=30, increment_s=6)),),
    "447": (Span(tariff=Tariff(per_minute="0.11", minimum_charge="0.2")),),
    "1": (Span(tariff=Tariff(per_minute="0.0077", initial_s=6, increment_s=6, minimum_s=30)),),
    "1212": (
        Span(tariff=Tariff(per_minute="0.0199"), ends=WINDOW_MIDDLE),
        Span(tariff=Tariff(per_minute="0.0099", fee="0.000001"), begins=WINDOW_MIDDLE),
    ),
    "33": (Span(tariff=Tariff(per_minute="0.033333333333")),),
}
PRICELESS = "+7"
"""Calls there have no price: they stay in suspense to the end."""


def plan_document() -> dict[str, Any]:
    """The plan document of this list, for every account."""
    prices: dict[str, Any] = {"inbound": INBOUND.document()}
    rates = []
    for prefix, spans in OUTBOUND.items():
        for number, span in enumerate(spans):
            name = f"p{prefix}-{number}"
            prices[name] = span.tariff.document()
            rate: dict[str, Any] = {"prefix": prefix, "destination": f"destination {prefix}", "price": name}
            if span.begins is not None:
                rate["valid_from"] = _written(span.begins)
            if span.ends is not None:
                rate["valid_until"] = _written(span.ends)
            rates.append(rate)
    return {
        "schema": 1,
        "plan_id": "faults",
        "version": 1,
        "name": "Fault runs",
        "currency": "EUR",
        "effective_from": "2026-01-01T00:00:00Z",
        "rounding": {"mode": "half_up", "scale": 6},
        "calls": {"prices": prices, "outbound": {"rates": rates}, "inbound": {"price": "inbound"}},
    }


def tariff_for(number: str, at: datetime) -> Tariff | None:
    """The tariff of the longest prefix valid at the instant; None when the number has no price."""
    digits = number[1:]
    for length in range(len(digits), 0, -1):
        for span in OUTBOUND.get(digits[:length], ()):
            if (span.begins is None or span.begins <= at) and (span.ends is None or at < span.ends):
                return span.tariff
    return None


def billed_seconds(tariff: Tariff, duration_ms: int) -> int:
    """Whole seconds, at least the minimum; the initial increment whole, then every begun increment."""
    seconds = max((duration_ms + 999) // 1000, tariff.minimum_s)
    billed = tariff.initial_s
    while billed < seconds:
        billed += tariff.increment_s
    return billed


def micros(tariff: Tariff, billed_s: int) -> int:
    """The amount in millionths, rounded once, half away from zero (amounts here are never negative)."""
    exact = Fraction(tariff.per_minute) * billed_s / 60 + Fraction(tariff.fee)
    exact = max(exact, Fraction(tariff.minimum_charge)) * MICRO
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)


def _written(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
