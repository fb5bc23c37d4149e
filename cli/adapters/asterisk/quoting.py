"""Cells of one CSV line, also where an export forgot to double the quotes inside a quoted cell."""

import csv
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """The cells of a line. lenient: they were read by the second rule of `split`."""

    cells: tuple[str, ...]
    lenient: bool


def split(line: str, columns: int) -> Cells | None:
    """The cells of a line, or None when neither reading gives exactly `columns` cells.

    First reading: RFC 4180, strictly. Second, for lines the first cannot read (`""Name" <1115>",1115`, as
    PBXware exports the caller ID): a quoted cell ends at a quote before a comma or at the line's end, and
    the quotes inside it stand as they are.
    """
    try:
        strict = next(csv.reader([line], strict=True), [])
    except csv.Error:
        strict = []
    if len(strict) == columns:
        return Cells(cells=tuple(strict), lenient=False)
    lenient = _lenient(line)
    if len(lenient) == columns:
        return Cells(cells=tuple(lenient), lenient=True)
    return None


def _lenient(line: str) -> list[str]:
    cells: list[str] = []
    at = 0
    while True:
        if line.startswith('"', at):
            end = line.find('",', at + 1)
            if end < 0:
                return [*cells, line[at + 1 :].removesuffix('"')] if line.endswith('"') else []
            cells.append(line[at + 1 : end])
            at = end + 2
        else:
            end = line.find(",", at)
            if end < 0:
                return [*cells, line[at:]]
            cells.append(line[at:end])
            at = end + 1
