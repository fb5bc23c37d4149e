"""The sections `detections`, `recordings` and `analytics` of a plan document: what belongs to a call.

    "detections": {"price": "0.005"},
    "recordings": {"per_minute": "0.002", "initial_increment_s": 60, "increment_s": 60},
    "analytics": {"per_minute": "0.01", "increment_s": 1}

A detection costs its price each time; a recording and an analysis cost by their own duration.
"""

from decimal import Decimal
from typing import Any

from services.usage_rating.domain.fields import Fields
from services.usage_rating.domain.minutes import MinutePrice


def read_detections(top: Fields) -> Decimal | None:
    """The price of one detection; None where the plan has no such section."""
    if "detections" not in top:
        return None
    section = top.nested("detections")
    section.only("price")
    return section.price("price")


def read_minutes(top: Fields, name: str) -> MinutePrice | None:
    """The price by the minute of a section; None where the plan has none."""
    if name not in top:
        return None
    section = top.nested(name)
    section.only("per_minute", "initial_increment_s", "increment_s", "minimum_s")
    increment_s = section.seconds("increment_s", least=1)
    return MinutePrice(
        per_minute=section.price("per_minute"),
        increment_s=increment_s,
        initial_increment_s=section.seconds("initial_increment_s", least=1, default=increment_s),
        minimum_s=section.seconds("minimum_s", default=0),
    )


def write_detections(price: Decimal | None) -> dict[str, Any]:
    """The section in its canonical form, empty where there is none."""
    return {} if price is None else {"price": format(price, "f")}


def write_minutes(price: MinutePrice | None) -> dict[str, Any]:
    """A section by the minute in its canonical form, empty where there is none; defaults are not written."""
    if price is None:
        return {}
    document: dict[str, Any] = {"per_minute": format(price.per_minute, "f"), "increment_s": price.increment_s}
    if price.initial_increment_s != price.increment_s:
        document["initial_increment_s"] = price.initial_increment_s
    if price.minimum_s:
        document["minimum_s"] = price.minimum_s
    return document
