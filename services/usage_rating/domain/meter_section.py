"""The section `metered` of a plan document: reads and writes what a unit of each meter costs.

    "metered": {"recording_storage": {"model": "unit", "price": "0.025"}}

A meter is named as usage records name it. Every unit costs the same and is charged on arrival.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from services.usage_rating.domain.fields import Fields
from services.usage_rating.domain.reading import is_use_word

UNIT = "unit"
_MODELS_LATER = ("graduated", "volume", "package")


def read_metered(top: Fields) -> dict[str, Decimal]:
    """The price of a unit by meter; nothing where the plan has no such section."""
    if "metered" not in top:
        return {}
    section = top.nested("metered")
    found = {}
    for meter, fields in section.objects():
        if not is_use_word(meter):
            section.refuse(meter, "is not a meter: lower-case letters, digits and _", value=meter)
        if fields.choice("model", (UNIT, *_MODELS_LATER)) in _MODELS_LATER:
            fields.refuse("model", f"is not rated by this version: it rates {UNIT!r} only")
            continue
        fields.only("model", "price")
        found[meter] = fields.price("price")
    return found


def write_metered(metered: Mapping[str, Decimal]) -> dict[str, Any]:
    """The section in its one canonical form: meters by name."""
    return {meter: {"model": UNIT, "price": format(metered[meter], "f")} for meter in sorted(metered)}
