"""The sections of a plan document that price what is no call, all of them."""

from typing import Any

from services.usage_rating.domain.call_sections import (
    read_detections,
    read_minutes,
    write_detections,
    write_minutes,
)
from services.usage_rating.domain.fields import Fields
from services.usage_rating.domain.message_section import read_messages, write_messages
from services.usage_rating.domain.meter_section import read_metered, write_metered
from services.usage_rating.domain.use_prices import UsePrices

USE_SECTIONS = ("messages", "detections", "recordings", "analytics", "metered")


def read_uses(top: Fields) -> UsePrices:
    """What the plan says of uses that are no calls."""
    return UsePrices(
        messages=read_messages(top),
        detection=read_detections(top),
        recording=read_minutes(top, "recordings"),
        analytics=read_minutes(top, "analytics"),
        metered=read_metered(top),
    )


def write_uses(uses: UsePrices) -> dict[str, Any]:
    """The sections that say something, each in its canonical form."""
    sections = {
        "messages": write_messages(uses.messages),
        "detections": write_detections(uses.detection),
        "recordings": write_minutes(uses.recording),
        "analytics": write_minutes(uses.analytics),
        "metered": write_metered(uses.metered),
    }
    return {name: section for name, section in sections.items() if section}
