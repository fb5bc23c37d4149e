"""The section `messages` of a plan document: reads and writes what messages of each channel cost.

    "messages": {
      "sms": {"outbound": {"rates": [{"prefix": "49", "destination": "Germany", "country": "DE",
                                      "per_segment": "0.07"}]},
              "inbound": {"per_segment": "0.01"}},
      "whatsapp": {"outbound": {"per_message": "0.03"}}}

An SMS is priced by segment, every other channel by message. `outbound` has rates by prefix, a price where none
matches, or both.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from services.usage_rating.domain.fields import Fields
from services.usage_rating.domain.messages import SMS, ChannelPrices, MessageRate
from services.usage_rating.domain.reading import is_use_word


def read_messages(top: Fields) -> dict[str, ChannelPrices]:
    """What the plan says of messages, by channel; nothing where it has no such section."""
    if "messages" not in top:
        return {}
    section = top.nested("messages")
    found = {}
    for channel, fields in section.objects():
        if not is_use_word(channel):
            section.refuse(channel, "is not a channel: lower-case letters, digits and _", value=channel)
        found[channel] = _channel(fields, _unit_of(channel))
    return found


def write_messages(messages: Mapping[str, ChannelPrices]) -> dict[str, Any]:
    """The section in its one canonical form: channels by name, rates by prefix."""
    return {channel: _channel_document(messages[channel], _unit_of(channel)) for channel in sorted(messages)}


def _unit_of(channel: str) -> str:
    return "per_segment" if channel == SMS else "per_message"


def _channel(fields: Fields, unit: str) -> ChannelPrices:
    fields.only("outbound", "inbound")
    rates: list[MessageRate] = []
    otherwise = inbound = None
    if "outbound" in fields:
        outbound = fields.nested("outbound")
        outbound.only("rates", unit)
        rates = _rates(outbound, unit) if "rates" in outbound else []
        otherwise = outbound.price(unit) if unit in outbound else None
    if "inbound" in fields:
        received = fields.nested("inbound")
        received.only(unit)
        inbound = received.price(unit)
    return ChannelPrices(rates=tuple(rates), otherwise=otherwise, inbound=inbound)


def _rates(outbound: Fields, unit: str) -> list[MessageRate]:
    found: dict[str, MessageRate] = {}
    for fields in outbound.items("rates"):
        fields.only("prefix", "destination", "country", unit)
        rate = MessageRate(
            prefix=fields.prefix("prefix"),
            destination=fields.name("destination"),
            country=fields.country("country"),
            price=fields.price(unit),
        )
        if rate.prefix and found.setdefault(rate.prefix, rate) is not rate:
            fields.refuse("prefix", "has a rate already: remove one of the two")
    return list(found.values())


def _channel_document(prices: ChannelPrices, unit: str) -> dict[str, Any]:
    document: dict[str, Any] = {}
    outbound: dict[str, Any] = {}
    if prices.rates:
        outbound["rates"] = [
            _rate_document(rate, unit) for rate in sorted(prices.rates, key=lambda rate: rate.prefix)
        ]
    if prices.otherwise is not None:
        outbound[unit] = _text(prices.otherwise)
    if outbound:
        document["outbound"] = outbound
    if prices.inbound is not None:
        document["inbound"] = {unit: _text(prices.inbound)}
    return document


def _rate_document(rate: MessageRate, unit: str) -> dict[str, Any]:
    document = {"prefix": rate.prefix, "destination": rate.destination, unit: _text(rate.price)}
    if rate.country is not None:
        document["country"] = rate.country
    return document


def _text(price: Decimal) -> str:
    return format(price, "f")
