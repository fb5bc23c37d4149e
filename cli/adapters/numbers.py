"""Telephone numbers as platforms write them, made E.164: prefixes off, then the region's dialling rules."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

from cli.adapters.outcomes import FileRefused
from contracts.values.phone import WITHHELD

_WRITTEN = re.compile(r"\+?[0-9][0-9 ().-]{1,30}", re.ASCII)
_EXTENSION = re.compile(r"[0-9]{2,6}", re.ASCII)
_WITHHELD_WORDS: Final = frozenset(
    {"anonymous", "restricted", "unavailable", "private", "unknown", "withheld", "blocked", "invalid", "none"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class E164Number:
    """A number made E.164, and what it took.

    stripped: the `--strip` prefix taken off. bare_international: it is no number of the region, and was read
    as an international number written without a prefix; never where there is no region, because then that
    is how the platform writes.
    """

    number: str
    stripped: str | None = None
    bare_international: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRules:
    """How this platform writes numbers.

    region: ISO 3166 country whose dialling rules a national number follows; None where the platform writes
    international numbers only. strip: prefixes that carriers want before the number; the longest that fits
    is taken off, once.
    """

    region: str | None
    strip: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.region is not None and self.region not in phonenumbers.SUPPORTED_REGIONS:
            raise FileRefused(
                f"--region {self.region!r} is not a country libphonenumber knows; give two capital letters like US"
            )
        for prefix in self.strip:
            if re.fullmatch(r"\+?[0-9*#]{1,20}", prefix, re.ASCII) is None:
                raise FileRefused(f"--strip {prefix!r} is not a dialled prefix; give digits like 99901")

    def e164(self, written: str | None) -> E164Number | None:
        """The number in E.164, or None where it cannot be one (short codes, star codes, names).

        A number that is not possible in the region is read once more with `+` before it, and accepted only
        if libphonenumber then knows it as a valid number.
        """
        if not written:
            return None
        prefix = max((p for p in self.strip if written.startswith(p)), key=len, default=None)
        bare = written[len(prefix) :] if prefix else written
        if _WRITTEN.fullmatch(bare) is None:
            return None
        number = _possible(bare, self.region)
        if number is not None:
            return E164Number(number=number, stripped=prefix)
        number = _valid_international(bare)
        if number is not None:
            return E164Number(number=number, stripped=prefix, bare_international=self.region is not None)
        return None


def is_extension(written: str | None) -> bool:
    """Whether it is written like an extension: 2 to 6 digits."""
    return written is not None and _EXTENSION.fullmatch(written) is not None


def is_withheld(written: str | None) -> bool:
    """Whether the caller sent no number: nothing there, or one of the words PBXs write instead."""
    return not written or written.strip().lower() in _WITHHELD_WORDS


def caller(written: str | None, rules: NumberRules) -> tuple[str, bool]:
    """The caller as a party, and whether what was written could be read.

    A caller who is not a telephone number is kept as withheld: the own side owes the leg whoever called.
    """
    if is_withheld(written):
        return WITHHELD, True
    read = rules.e164(written)
    return (read.number, True) if read else (WITHHELD, False)


@lru_cache(maxsize=65_536)
def _possible(written: str, region: str | None) -> str | None:
    try:
        parsed = phonenumbers.parse(written, region)
    except NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(parsed) != ValidationResult.IS_POSSIBLE:
        return None
    return _written_e164(parsed)


@lru_cache(maxsize=65_536)
def _valid_international(written: str) -> str | None:
    if written.startswith("+"):
        return None
    try:
        parsed = phonenumbers.parse(f"+{written}", None)
    except NumberParseException:
        return None
    return _written_e164(parsed) if phonenumbers.is_valid_number(parsed) else None


def _written_e164(parsed: phonenumbers.PhoneNumber) -> str | None:
    text = str(phonenumbers.format_number(parsed, PhoneNumberFormat.E164))
    return text if re.fullmatch(r"\+[0-9]{7,15}", text, re.ASCII) else None
