"""The part of a rate plan that prices what is no call: messages by channel, meters by unit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

from services.usage_rating.domain.messages import ChannelPrices


@dataclass(frozen=True, slots=True, kw_only=True)
class UsePrices:
    """messages: by channel. metered: by meter, the price of one unit, due on arrival."""

    messages: Mapping[str, ChannelPrices] = field(default_factory=lambda: MappingProxyType({}))
    metered: Mapping[str, Decimal] = field(default_factory=lambda: MappingProxyType({}))


NO_USES = UsePrices()
"""A plan for calls only."""
