"""CSV files read by the names in their header, each line by itself."""

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cli.adapters.outcomes import FileRefused, Finding, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRow:
    """One line of the file under its header. number: the line, from 1. Empty cells are left out."""

    number: int
    cells: Mapping[str, str]


def header_of(line: str | None, *, needed: Collection[str]) -> tuple[str, ...]:
    """The names in the first line. Raises FileRefused when it is none, lacks a needed name or repeats one."""
    if line is None:
        raise FileRefused("the file is empty; the first line must name the columns")
    cells = split(line)
    if cells is None:
        raise FileRefused("the header in line 1 is not CSV: its quoting is broken")
    names = tuple(cell.strip() for cell in cells)
    missing = [name for name in needed if name not in names]
    if missing:
        raise FileRefused(f"the header in line 1 lacks {', '.join(missing)}; export the file with these columns")
    if len(set(names)) != len(names):
        raise FileRefused("the header in line 1 names a column twice; export the file with each column once")
    return names


def rows(lines: Iterable[tuple[int, str]], names: Sequence[str]) -> Iterator[NamedRow | Finding]:
    """The numbered lines as rows; one whose quoting is broken or whose cells do not fit is a finding.

    No cell holds a line end, so a quote that is never closed costs its own line only.
    """
    for number, line in lines:
        if not line.strip():
            continue
        cells = split(line)
        if cells is None:
            yield Finding(rows=(number,), reason=Reason.UNREADABLE_ROW, detail="broken quoting")
        elif len(cells) != len(names):
            detail = f"{len(cells)} cells under {len(names)} columns"
            yield Finding(rows=(number,), reason=Reason.UNREADABLE_ROW, detail=detail)
        else:
            named = {name: cell.strip() for name, cell in zip(names, cells, strict=True) if cell.strip()}
            yield NamedRow(number=number, cells=named)


def split(line: str) -> list[str] | None:
    """The cells of one line by RFC 4180, a space after a comma passed over; None when its quoting is broken."""
    try:
        return next(csv.reader([line], strict=True, skipinitialspace=True), [])
    except csv.Error:
        return None
