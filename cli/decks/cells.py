"""Reads vendors' spellings of prefixes, increments, figures and dates; a cell is read or refused, never guessed."""

import re
from datetime import date

EXPANDED_MAX = 10_000
"""Prefixes that one cell may stand for."""

_SEPARATORS = re.compile(r"[,;|\s]+")
_DASH = re.compile(r"\s*[-–]\s*")
_TOKEN = re.compile(r"\^?\+?([0-9]{1,15})(?:\.\*|\*|\.)?\$?", re.ASCII)
_RANGE = re.compile(r"\^?\+?([0-9]{1,15})-\+?([0-9]{1,15})(?:\.\*|\*)?", re.ASCII)
_INCREMENTS = re.compile(r"([0-9]{1,5})\s*[/+]\s*([0-9]{1,5})", re.ASCII)
_MIDNIGHT = re.compile(r"[ T]00:00(:00)?(Z)?$")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class Unreadable(Exception):
    """A cell cannot be read; the message says why and what to write instead."""


def read_prefixes(text: str, *, country_code: str = "", dial_prefix: str = "") -> list[str]:
    """The prefixes a cell stands for: `+9377`, `^9377.*`, `9370, 9371`, `9370-9379`, several of them.

    country_code: put before each; alone where the cell is empty. Raises Unreadable.
    """
    code = _country_code(country_code)
    tokens = [token for token in _SEPARATORS.split(_DASH.sub("-", text.strip())) if token]
    if not tokens and code:
        return [code]
    found: list[str] = []
    for token in tokens:
        found += [code + digits for digits in _expanded(token)]
        if len(found) > EXPANDED_MAX:
            raise Unreadable(f"stands for more than {EXPANDED_MAX:,} prefixes: write shorter ones")
    return [_without(dial_prefix, digits) for digits in found]


def _expanded(token: str) -> list[str]:
    if (one := _TOKEN.fullmatch(token)) is not None:
        return [one[1]]
    if (ends := _RANGE.fullmatch(token)) is None:
        raise Unreadable(f"is not a prefix ({token}): write digits as +9377, ^9377.* or a range such as 9370-9379")
    first, last = ends[1], ends[2]
    if len(first) != len(last) or last < first:
        raise Unreadable(f"is not a range ({token}): both ends need as many digits, the smaller first")
    if int(last) - int(first) >= EXPANDED_MAX:
        raise Unreadable(f"stands for more than {EXPANDED_MAX:,} prefixes ({token}): write shorter ones")
    return [str(number).zfill(len(first)) for number in range(int(first), int(last) + 1)]


def _country_code(text: str) -> str:
    stripped = text.strip().removeprefix("+")
    if stripped and not (stripped.isascii() and stripped.isdigit()):
        raise Unreadable("stands before a country code that is not digits: correct the country code")
    return stripped


def _without(dial_prefix: str, digits: str) -> str:
    return digits.removeprefix(dial_prefix) if dial_prefix else digits


def read_increments(text: str) -> tuple[str, str]:
    """(initial, further) increment in seconds as text, from `60/1`; one figure alone is both. Raises Unreadable."""
    stripped = text.strip()
    if (two := _INCREMENTS.fullmatch(stripped)) is not None:
        return two[1], two[2]
    if stripped.isascii() and stripped.isdigit():
        return stripped, stripped
    raise Unreadable("is not a pair of increments: write them as 60/1, in seconds")


def read_decimal(text: str, *, decimal: str) -> str:
    """A figure with a decimal point. Raises Unreadable where the other sign is in it."""
    stripped = text.strip()
    other = "," if decimal == "." else "."
    if other in stripped:
        raise Unreadable(
            f"has a {other!r}, and the profile's decimal sign is {decimal!r}: correct the cell or the profile"
        )
    return stripped.replace(decimal, ".")


def read_date(text: str, *, spelling: str) -> str:
    """A day as 2026-09-14, from one spelt as the profile says; midnight may stand after it. Raises Unreadable."""
    stripped = _MIDNIGHT.sub("", text.strip())
    names = re.split(r"[^A-Za-z]+", spelling)
    pattern = "".join(f"([0-9A-Za-z]+){re.escape(each)}" for each in re.split(r"[A-Za-z]+", spelling)[1:])
    parts = re.fullmatch(pattern, stripped, re.ASCII)
    if parts is not None:
        said = dict(zip(names, parts.groups(), strict=True))
        try:
            return date(_year(said["Y"]), _month(said), int(said["D"])).isoformat()
        except ValueError:
            pass
    raise Unreadable(f"is not a day written {spelling} (Y has four digits): correct it, or the profile's dates")


def _year(text: str) -> int:
    if len(text) != 4:
        raise ValueError(text)
    return int(text)


def _month(said: dict[str, str]) -> int:
    name = said.get("Mon")
    return int(said["M"]) if name is None else _MONTHS.index(name[:3].lower()) + 1
