"""The demo's price list: real destination prefixes of the whole world, at prices that are invented."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from random import Random

import phonenumbers
from phonenumbers import PhoneMetadata

from cli.demo.leading_digits import exclusive_prefixes

COLUMNS = (
    "prefix",
    "destination",
    "rate_per_minute",
    "connection_fee",
    "initial_increment",
    "increment",
    "currency",
    "effective_from",
    "country",
)
"""The generic deck's columns; prices per minute and per call in the plan's currency, increments in seconds."""

PLAN_NAME = "Demo prices (invented)"
CURRENCY = "EUR"
EFFECTIVE_FROM = date(2026, 1, 1)
PER_SMS_SEGMENT = Decimal("0.0650")
PER_DETECTION = Decimal("0.0040")
RECORDING_PER_MINUTE = Decimal("0.0025")
"""What comes with calls: a segment of a text to anywhere, one detection, a begun minute of recording."""

INBOUND_PER_MINUTE = Decimal("0.0080")
"""What a minute of an answered inbound call costs, charged by the second from the first."""

MOBILE_DIGITS = 2
SHARED_CODE_DIGITS = 4
"""How far into the national number a mobile network, or a country that shares its calling code, is looked for."""

NON_GEOGRAPHIC = "001"
"""The region libphonenumber gives codes of no country, such as +800 and +882; nobody calls them here."""

_WORLD_ZONE_PRICE = {"1": 90, "2": 1450, "3": 120, "4": 110, "5": 520, "6": 480, "7": 380, "8": 310, "9": 640}
"""Ten-thousandths of a euro per minute, by the first digit of the calling code (ITU-T E.164 world zones)."""

_HOME_ZONE = frozenset({"AT", "CH", "DE"})
_ZONES_BY_THE_MINUTE = frozenset("268")


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """One row of the deck: money per minute and per call in EUR, increments in seconds."""

    prefix: str
    destination: str
    country: str
    per_minute: Decimal
    connection_fee: Decimal
    initial_increment_s: int
    increment_s: int


def deck_csv() -> str:
    """The whole price list as the text of a generic deck, the same bytes every time."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for price in prices():
        writer.writerow(
            (
                price.prefix,
                price.destination,
                price.per_minute,
                price.connection_fee,
                price.initial_increment_s,
                price.increment_s,
                CURRENCY,
                EFFECTIVE_FROM.isoformat(),
                price.country,
            )
        )
    return text.getvalue()


@cache
def prices() -> tuple[Price, ...]:
    """Every row, by prefix. A price depends on its country alone, so that new metadata moves no other."""
    rows = {price.prefix: price for price in _all_prices()}
    return tuple(rows[prefix] for prefix in sorted(rows))


def _all_prices() -> Iterator[Price]:
    names = _country_names()
    for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items():
        if regions[0] == NON_GEOGRAPHIC:
            continue
        for region in regions:
            name = names.get(region, region)
            landline, mobile = _rates(region, str(code))
            for digits in _own_prefixes(region, regions):
                yield _price(f"{code}{digits}", name, region, landline)
            if region == regions[0]:
                for digits in _mobile_prefixes(region):
                    yield _price(f"{code}{digits}", f"{name} mobile", region, mobile)


def _price(prefix: str, destination: str, country: str, per_minute: Decimal) -> Price:
    zone = prefix[0]
    by_the_minute = zone in _ZONES_BY_THE_MINUTE
    initial, following = (60, 60) if by_the_minute else (6, 6) if zone == "1" else (1, 1)
    return Price(
        prefix=prefix,
        destination=destination,
        country=country,
        per_minute=per_minute,
        connection_fee=Decimal("0.0100") if by_the_minute else Decimal("0.0000"),
        initial_increment_s=initial,
        increment_s=following,
    )


def _rates(region: str, code: str) -> tuple[Decimal, Decimal]:
    rng = Random(f"prices of {region}")  # noqa: S311 (invented prices, not secrets)
    usual = _WORLD_ZONE_PRICE[code[0]] * (1 if region in _HOME_ZONE else rng.randint(1, 4))
    landline = usual + rng.randint(0, usual // 2)
    return Decimal(landline).scaleb(-4), Decimal(landline * 3 + rng.randint(0, landline)).scaleb(-4)


def _own_prefixes(region: str, sharing: tuple[str, ...]) -> tuple[str, ...]:
    """Where the region's numbers begin after the calling code: anywhere for the main one of those sharing it."""
    if region == sharing[0]:
        return ("",)
    others = [pattern for other in sharing if other != region for pattern in _patterns(other)]
    return exclusive_prefixes(_patterns(region), others, longest=SHARED_CODE_DIGITS)


def _mobile_prefixes(region: str) -> tuple[str, ...]:
    metadata = _metadata(region)
    kinds = (
        metadata.fixed_line,
        metadata.toll_free,
        metadata.premium_rate,
        metadata.shared_cost,
        metadata.personal_number,
    )
    others = [kind.national_number_pattern for kind in kinds if kind and kind.national_number_pattern]
    mobile = metadata.mobile
    mine = [mobile.national_number_pattern] if mobile and mobile.national_number_pattern else []
    return exclusive_prefixes(mine, others, longest=MOBILE_DIGITS)


def _patterns(region: str) -> tuple[str, ...]:
    metadata = _metadata(region)
    kinds = (metadata.fixed_line, metadata.mobile)
    return tuple(kind.national_number_pattern for kind in kinds if kind and kind.national_number_pattern)


def _metadata(region: str) -> PhoneMetadata:
    metadata = PhoneMetadata.metadata_for_region(region)
    assert metadata is not None, f"libphonenumber lists {region} and knows nothing of it"
    return metadata


def _country_names() -> dict[str, str]:
    """ISO 3166 code → English short name, from the table that comes with the time zone database."""
    table = (files("tzdata.zoneinfo") / "iso3166.tab").read_text(encoding="utf-8")
    rows = (line.partition("\t") for line in table.splitlines() if not line.startswith("#"))
    return {code: name for code, _, name in rows}
