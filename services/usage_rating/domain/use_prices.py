"""The part of a rate plan that prices what is no call: messages, what belongs to a call, meters."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

from services.usage_rating.domain.messages import ChannelPrices
from services.usage_rating.domain.minutes import MinutePrice


@dataclass(frozen=True, slots=True, kw_only=True)
class UsePrices:
    """messages: by channel. detection: of one. metered: by meter, the price of one unit, due on arrival.

    None: the plan does not price it.
    """

    messages: Mapping[str, ChannelPrices] = field(default_factory=lambda: MappingProxyType({}))
    detection: Decimal | None = None
    recording: MinutePrice | None = None
    analytics: MinutePrice | None = None
    metered: Mapping[str, Decimal] = field(default_factory=lambda: MappingProxyType({}))


NO_USES = UsePrices()
"""A plan for calls only."""
