"""Reads a pasted list or a CSV of phone numbers: each value, and the number it means."""

import csv
import io
import re
from dataclasses import dataclass

import phonenumbers

from contracts.events.refusals import number_refusal

_SEPARATORS = re.compile(r"[\r\n,;\t]+")
_NUMBER_COLUMNS = frozenset({"number", "numbers", "phone", "phone number", "phone_number", "e164"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedNumber:
    """A value as it was given, and what it means: a number in E.164, or why it is none."""

    value: str
    number: str | None
    says: str | None = None


def read_pasted(text: str) -> list[str]:
    """The values of a pasted list, by lines, commas, semicolons or tabs."""
    return [value.strip() for value in _SEPARATORS.split(text) if value.strip()]


def read_csv(text: str) -> list[str]:
    """The values of a CSV (comma or semicolon): of the column called number or phone, else of the first."""
    first_line = text.removeprefix("\ufeff").lstrip().split("\n", 1)[0]
    delimiter = ";" if first_line.count(";") > first_line.count(",") else ","
    rows = [row for row in csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=delimiter) if any(row)]
    if not rows:
        return []
    titles = [title.strip().lower() for title in rows[0]]
    column = next((index for index, title in enumerate(titles) if title in _NUMBER_COLUMNS), None)
    if column is None:
        return [row[0].strip() for row in rows]
    return [row[column].strip() if column < len(row) else "" for row in rows[1:]]


def number_of(value: str, country: str | None) -> ListedNumber:
    """What a value means, as people write numbers; without + or 00 it is a number of `country` (ISO 3166)."""
    international = "+" + value[2:] if value.startswith("00") else value
    if not international.startswith("+") and country is None:
        says = "it begins with neither + nor 00: write it in full, or say of which country it is"
        return ListedNumber(value=value, number=None, says=says)
    try:
        parsed = phonenumbers.parse(international, country)
    except phonenumbers.NumberParseException as error:
        return ListedNumber(value=value, number=None, says=f"it cannot be read as a number: {error}")
    number = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    refusal = number_refusal(number)
    return ListedNumber(value=value, number=None if refusal else number, says=refusal)
