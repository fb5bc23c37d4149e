"""Valid phone numbers for the demo, grown from libphonenumber's example numbers. Nothing is dialled."""

from collections.abc import Iterator
from functools import cache
from itertools import islice
from random import Random

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

from contracts.events.directory import NumberKind

VARIED_DIGITS = 4
"""The last digits that tell one number of a country and kind from another."""

_TYPES: dict[NumberKind, int] = {
    "local": PhoneNumberType.FIXED_LINE,
    "national": PhoneNumberType.UAN,
    "toll_free": PhoneNumberType.TOLL_FREE,
    "mobile": PhoneNumberType.MOBILE,
}


def own_numbers(region: str, kind: NumberKind, count: int) -> tuple[str, ...]:
    """The first `count` valid numbers of a country and kind in E.164, always the same ones."""
    step = 10**VARIED_DIGITS // 7 + 2
    endings = (turn * step % 10**VARIED_DIGITS for turn in range(1, 10**VARIED_DIGITS))
    found = tuple(islice(_valid(region, kind, endings), count))
    assert len(found) == count, f"libphonenumber knows too few {kind} numbers of {region}"
    return found


def drawn_number(region: str, kind: NumberKind, rng: Random) -> str:
    """A valid number of a country and kind in E.164, drawn from `rng`."""
    endings = iter(lambda: rng.randrange(10**VARIED_DIGITS), None)
    return next(_valid(region, kind, endings))


def _valid(region: str, kind: NumberKind, endings: Iterator[int]) -> Iterator[str]:
    code, example = _example(region, kind)
    for ending in endings:
        national = f"{example[:-VARIED_DIGITS]}{ending:0{VARIED_DIGITS}d}"
        number = PhoneNumber(
            country_code=code,
            national_number=int(national),
            italian_leading_zero=national.startswith("0"),
        )
        if phonenumbers.is_valid_number_for_region(number, region):
            yield phonenumbers.format_number(number, PhoneNumberFormat.E164)


@cache
def _example(region: str, kind: NumberKind) -> tuple[int, str]:
    """Calling code and national number of the country's example of this kind."""
    number = phonenumbers.example_number_for_type(region, _TYPES[kind])
    assert number is not None, f"libphonenumber has no example of a {kind} number of {region}"
    assert number.country_code is not None
    return number.country_code, phonenumbers.national_significant_number(number)
