"""What a message costs: by segment or by message, outbound by the longest prefix of the other party's number."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

Encoding = Literal["gsm7", "ucs2"]
SMS = "sms"
"""The channel that is priced by segment; every other is priced by message."""

_ROOM: Mapping[Encoding, tuple[int, int]] = {"gsm7": (160, 153), "ucs2": (70, 67)}
"""What one segment holds alone, and what it holds beside the header that joins it to others (3GPP TS 23.040)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRate:
    """The price of a segment or a message to one destination prefix (digits of E.164 without `+`)."""

    prefix: str
    destination: str
    price: Decimal
    country: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelPrices:
    """What messages of one channel cost. otherwise: outbound where no prefix matches; None: not priced.

    Raises ValueError when two rates have one prefix.
    """

    rates: tuple[MessageRate, ...] = ()
    otherwise: Decimal | None = None
    inbound: Decimal | None = None
    _by_prefix: dict[str, MessageRate] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_prefix = {rate.prefix: rate for rate in self.rates}
        if len(by_prefix) != len(self.rates):
            raise ValueError("a prefix has two rates")
        object.__setattr__(self, "_by_prefix", by_prefix)

    def rate_for(self, number: str) -> MessageRate | None:
        """The rate of the longest prefix of an E.164 number (`+…`); None of what is no number."""
        if number[0] != "+":
            return None
        digits = number[1:]
        for length in range(len(digits), 0, -1):
            rate = self._by_prefix.get(digits[:length])
            if rate is not None:
                return rate
        return None


def segments_of(characters: int, encoding: Encoding) -> int:
    """How many segments a text is sent in: one while it fits alone, else as many as hold it joined; at least one.

    characters: septets in gsm7, UTF-16 code units in ucs2. A pair that does not fit at the end of a segment may
    cost a platform one more than this; only the platform sees the text, so what it says itself comes first.
    """
    alone, joined = _ROOM[encoding]
    return 1 if characters <= alone else -(-characters // joined)
