"""The sections of a plan document that price what is no call, all of them."""

from typing import Any

from services.usage_rating.domain.fields import Fields
from services.usage_rating.domain.message_section import read_messages, write_messages
from services.usage_rating.domain.meter_section import read_metered, write_metered
from services.usage_rating.domain.use_prices import UsePrices

USE_SECTIONS = ("messages", "metered")


def read_uses(top: Fields) -> UsePrices:
    """What the plan says of uses that are no calls."""
    return UsePrices(messages=read_messages(top), metered=read_metered(top))


def write_uses(uses: UsePrices) -> dict[str, Any]:
    """The sections that say something, each in its canonical form."""
    sections = {"messages": write_messages(uses.messages), "metered": write_metered(uses.metered)}
    return {name: section for name, section in sections.items() if section}
