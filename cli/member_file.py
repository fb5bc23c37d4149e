"""Reads members of billing units from a CSV: which number, user or team is in which unit, from when until when."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

KINDS = ("number", "user", "team")
NEEDED = ("unit", "kind", "member")
COLUMNS = (*NEEDED, "from", "until")
LINES_MAX = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLine:
    """One line, numbered from 1 with the header. from_, until: a day or an instant, None where nothing is said."""

    line: int
    unit: str
    kind: str
    member: str
    from_: str | None
    until: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineProblem:
    """What is wrong with a line."""

    line: int
    says: str


class HeaderRefused(ValueError):
    """The first line does not name the columns; the message says what it lacks or has too many."""


def read_members(lines: Iterable[str]) -> Iterator[MemberLine | LineProblem]:
    """Every line that is not empty. Raises HeaderRefused."""
    reader = csv.reader(lines, strict=True)
    header = _header(reader)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield LineProblem(line=number, says=f"not CSV: {error}")
            continue
        if any(cell.strip() for cell in cells):
            yield _line(number, header, cells)


def _header(reader: "Iterator[list[str]]") -> list[str]:
    try:
        header = [name.strip().lower() for name in next(reader, [])]
    except csv.Error as error:
        raise HeaderRefused(f"line 1 is not CSV: {error}") from error
    if header:
        header[0] = header[0].removeprefix("\ufeff")
    missing = [name for name in NEEDED if name not in header]
    unknown = [name for name in header if name not in COLUMNS]
    if missing or unknown or len(set(header)) != len(header):
        wrong = "names a column twice"
        if missing or unknown:
            wrong = "; ".join(
                f"{verb} {', '.join(names)}" for verb, names in (("lacks", missing), ("has", unknown)) if names
            )
        raise HeaderRefused(f"line 1 {wrong}; it names the columns {', '.join(COLUMNS)}, the last two if needed")
    return header


def _line(number: int, header: list[str], cells: list[str]) -> MemberLine | LineProblem:
    if len(cells) != len(header):
        return LineProblem(line=number, says=f"{len(cells)} cells under {len(header)} columns")
    named = {name: cell.strip() or None for name, cell in zip(header, cells, strict=True)}
    empty = [name for name in NEEDED if named[name] is None]
    if empty:
        return LineProblem(line=number, says=f"{', '.join(empty)} is empty")
    if named["kind"] not in KINDS:
        return LineProblem(line=number, says=f"kind is one of {', '.join(KINDS)}, not {named['kind']!r}")
    return MemberLine(
        line=number,
        unit=named["unit"] or "",
        kind=named["kind"] or "",
        member=named["member"] or "",
        from_=named.get("from"),
        until=named.get("until"),
    )
