"""What commands print: tables for people, one JSON document or JSON lines for programs, and nothing beside them."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

WIDTH_MIN = 110
"""Columns where the terminal does not say, so that ids are not broken in pipes."""


def print_json(document: object) -> None:
    """One document."""
    json.dump(document, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


def print_lines(rows: Iterable[Mapping[str, Any]]) -> None:
    """One document a line, each as soon as it is there."""
    for row in rows:
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, nothing: str, right: str = "") -> None:
    """Rows under headings, or the sentence `nothing`. right: headings of figures, separated by commas."""
    figures = frozenset(right.split(","))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in figures else "left", overflow="fold")
    for row in rows:
        table.add_row(*(escape(shown(value)) for value in row))
    if table.row_count:
        Console(width=max(Console().width, WIDTH_MIN)).print(table)
    else:
        Console().print(nothing, markup=False, highlight=False)


def shown(value: object) -> str:
    """A value as a table shows it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


def when(text: str | None) -> str:
    """An instant of the API to the minute, in UTC."""
    return "–" if text is None else f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M}Z"
