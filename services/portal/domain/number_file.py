"""Reads the numbers of a file that somebody chose on the page: a table with a column of numbers, or a list."""

import csv
import io
from dataclasses import dataclass

FILE_BYTES_MAX = 262_144
NUMBERS_MAX = 10_000
"""Numbers of one file: as many as one command assigns."""

_NUMBER_COLUMNS = frozenset({"number", "numbers", "phone", "phone number", "phone_number", "e164"})
_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRefused:
    """No number of the file is taken, and why."""

    says: str


def read_number_file(content: bytes) -> tuple[str, ...] | FileRefused:
    """The values of a file in UTF-8, in their order, whatever they are; which are numbers, others find out.

    Of a table whose first line names a column `number` or `phone`, that column's; else every cell, so that nothing
    of a list is left out unseen.
    """
    if len(content) > FILE_BYTES_MAX:
        return FileRefused(
            says=f"The file has {len(content):,} bytes, and at most {FILE_BYTES_MAX:,} are taken. Split it."
        )
    text = _text(content)
    if text is None:
        return FileRefused(says="The file is not text in UTF-8. Save it as “CSV UTF-8”, or paste its numbers.")
    try:
        values = _values(text)
    except csv.Error as error:
        return FileRefused(says=f"The file cannot be read as CSV: {error}.")
    if not values:
        return FileRefused(says="The file names no number.")
    if len(values) > NUMBERS_MAX:
        return FileRefused(says=f"The file has {len(values):,} numbers, and at most {NUMBERS_MAX:,} are taken.")
    return values


def _text(content: bytes) -> str | None:
    """None for what is no text in UTF-8, such as a workbook."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return None if "\x00" in text else text


def _values(text: str) -> tuple[str, ...]:
    first_line = text.lstrip().partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first_line.count)
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True) if any(row)]
    if not rows:
        return ()
    titles = [title.strip().lower() for title in rows[0]]
    column = next((place for place, title in enumerate(titles) if title in _NUMBER_COLUMNS), None)
    if column is None:
        cells = [cell for row in rows for cell in row]
    else:
        cells = [row[column] for row in rows[1:] if column < len(row)]
    return tuple(value for cell in cells if (value := cell.strip()))
