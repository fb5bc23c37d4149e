"""Strict reading of the few kinds of text a plan is made of: money, seconds, instants, prefixes, names."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

from contracts.values.money import EXACT

PRICE_SCALE = 12
"""Decimals a price in a plan may have; with at most 6 digits before the point."""

MAX_INCREMENT_S = 86_400
"""The longest increment or minimum duration, in seconds: a day."""

_PRICE = re.compile(r"[0-9]{1,6}(\.[0-9]{1,12})?", re.ASCII)
_SECONDS = re.compile(r"[0-9]{1,5}", re.ASCII)
_PREFIX = re.compile(r"[0-9]{1,15}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_PLAN_ID = re.compile(r"[!-~]{1,128}", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})", re.ASCII
)
_MINUTE = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00", re.ASCII)
_MONTH_DAY = re.compile(r"[0-9]{2}-[0-9]{2}", re.ASCII)
_LEAP_YEAR = 2000
_USE_WORD = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_ZERO = Decimal(0)


def plain(value: Decimal) -> Decimal:
    """The same value without trailing zeros and without an exponent: one spelling for one price."""
    if not value:
        return _ZERO
    short = value.normalize(EXACT)
    return short if short.as_tuple().exponent <= 0 else short.quantize(Decimal(1), context=EXACT)  # type: ignore[operator]


def read_price(text: str) -> Decimal | None:
    """A price of at least 0: ASCII digits with a decimal point, at most 6 before and 12 after it."""
    return plain(Decimal(text)) if _PRICE.fullmatch(text) else None


def read_seconds(text: str) -> int | None:
    """Whole seconds from 0 to a day."""
    if not _SECONDS.fullmatch(text) or int(text) > MAX_INCREMENT_S:
        return None
    return int(text)


def read_instant(text: str) -> datetime | None:
    """An instant in UTC from RFC 3339 with its zone, or from a day alone: that day's midnight in UTC.

    Only the years 2000 to 2099 exist for us; anything else is a mistake of a clock or a parser.
    """
    if _DAY.fullmatch(text):
        text += "T00:00:00Z"
    if not _INSTANT.fullmatch(text):
        return None
    try:
        instant = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return instant if 2000 <= instant.year < 2100 else None


def read_minute(text: str) -> int | None:
    """Minutes since midnight from `08:30`; `24:00` is the end of the day."""
    return int(text[:2]) * 60 + int(text[3:]) if _MINUTE.fullmatch(text) else None


def write_minute(minute: int) -> str:
    """`08:30` from minutes since midnight."""
    return f"{minute // 60:02}:{minute % 60:02}"


def read_day(text: str) -> date | None:
    """A day such as 2026-12-25."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def read_month_day(text: str) -> tuple[int, int] | None:
    """A day of every year such as 12-25, as (month, day)."""
    if not _MONTH_DAY.fullmatch(text):
        return None
    try:
        day = date(_LEAP_YEAR, int(text[:2]), int(text[3:]))
    except ValueError:
        return None
    return day.month, day.day


def write_instant(instant: datetime) -> str:
    """RFC 3339 in UTC with `Z`."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def is_prefix(text: str) -> bool:
    """1 to 15 ASCII digits, without `+`."""
    return _PREFIX.fullmatch(text) is not None


def is_currency_code(text: str) -> bool:
    """Three capital letters; whether the currency exists is asked of `MINOR_UNITS`."""
    return _CURRENCY.fullmatch(text) is not None


def is_country(text: str) -> bool:
    """Two capital letters, as in ISO 3166-1 alpha-2."""
    return _COUNTRY.fullmatch(text) is not None


def is_plan_id(text: str) -> bool:
    """1 to 128 visible ASCII characters without a space."""
    return _PLAN_ID.fullmatch(text) is not None


def is_name(text: str) -> bool:
    """1 to 200 characters of any script, none of them a control character."""
    return 0 < len(text) <= 200 and _CONTROL.search(text) is None


def is_use_word(text: str) -> bool:
    """A channel of messages or a meter, as usage records write it."""
    return _USE_WORD.fullmatch(text) is not None
