"""Reads a vendor's deck by its profile into neutral rows, and keeps what it changed, dropped and could not read."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

from cli.decks.cells import Unreadable, read_date, read_decimal, read_increments, read_prefixes
from cli.decks.profile import Column, Profile
from services.usage_rating.domain.deck import REQUIRED
from services.usage_rating.domain.deck_rows import REFUSED
from services.usage_rating.domain.problems import Problem

NEEDED: tuple[Column, ...] = ("prefix", "destination", "rate_per_minute", "connection_fee")
_PRICES: tuple[Column, ...] = ("rate_per_minute", "next_rate_per_minute", "connection_fee", "minimum_charge")
_DATES: tuple[Column, ...] = ("valid_from", "valid_until")
_PLAIN: tuple[Column, ...] = ("country", "initial_increment", "increment", "minimum_s", "currency")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something done to a row on the way in. done: `changed` or `dropped`; why: one sentence for all rows alike."""

    row: int
    done: str
    value: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeutralRow:
    """One rate in neutral columns. origination: the callers' prefixes it is for, None for every caller."""

    number: int
    cells: Mapping[str, str]
    origination: tuple[str, ...] | None = None


@dataclass(slots=True, kw_only=True)
class ProfiledDeck:
    """A deck as its profile reads it.

    headers: by neutral column, the header it was read from. ignored: headers that the profile does not name. read:
    rows under the header. Nothing of it is a plan yet: prices and prefixes are checked where rows become one.
    """

    rows: list[NeutralRow] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    read: int = 0

    def table(self) -> Iterator[tuple[int, list[str]]]:
        """The rows as the domain reads them, the header first."""
        columns = sorted({*REQUIRED, *(column for row in self.rows for column in row.cells)})
        yield 1, columns
        for row in self.rows:
            yield row.number, [row.cells.get(column, "") for column in columns]


def read_profiled(text: str, profile: Profile) -> ProfiledDeck:
    """Every row of a deck that the profile loads; what cannot be read is a problem by row and column."""
    deck = ProfiledDeck()
    table = csv.reader(
        io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=profile.delimiter, strict=True
    )
    number = 0
    reader: _RowReader | None = None
    try:
        for number, cells in enumerate(table, start=1):
            if number < profile.header_row or not any(cell.strip() for cell in cells):
                continue
            if reader is None:
                reader = _RowReader([cell.strip() for cell in cells], profile, deck)
                if not reader.complete(number):
                    return deck
                continue
            deck.read += 1
            reader.read(number, cells)
    except csv.Error as error:
        says = f"cannot be read as CSV ({error}): mend its quotes, or the profile's delimiter"
        deck.problems.append(Problem(row=number + 1, field="(row)", value="", says=says))
    if profile.later_ends_earlier:
        _end_earlier(deck)
    return deck


class _RowReader:
    """Cells under one header into neutral rows."""

    def __init__(self, header: list[str], profile: Profile, deck: ProfiledDeck) -> None:
        self._header = header
        self._profile = profile
        self._deck = deck
        self._at: dict[str, int] = {}
        for column in profile.columns:
            for name in profile.headers_of(column):
                if name in header and column not in self._at:
                    self._at[column] = header.index(name)
                    deck.headers[column] = name
        if "increments" in deck.headers:
            deck.headers |= dict.fromkeys(("initial_increment", "increment"), deck.headers["increments"])
        named = {*deck.headers.values(), *profile.rows}
        deck.ignored = [name for name in header if name and name not in named]

    def complete(self, number: int) -> bool:
        """Whether the header names every column that a price needs, each once."""
        for column in (*NEEDED, *self._increments()):
            if column not in self._at and column not in self._profile.fixed:
                told = (
                    " or ".join(repr(name) for name in self._profile.headers_of(column))
                    or "named by no profile line"
                )
                says = f"is missing: the profile reads it from the column {told}, and the header has {self._header}"
                self._refuse(number, column, "", says)
        for name in {*self._deck.headers.values(), *self._profile.rows}:
            if self._header.count(name) > 1:
                self._deck.problems.append(
                    Problem(row=number, field=name, value=name, says="stands twice in the header: remove one")
                )
        return not self._deck.problems

    def _increments(self) -> tuple[Column, ...]:
        return () if "increments" in self._at else ("initial_increment", "increment")

    def read(self, number: int, cells: list[str]) -> None:
        if len(cells) != len(self._header):
            says = f"has {len(cells)} cells under a header of {len(self._header)}: mend or quote its separators"
            self._refuse(number, "(row)", self._profile.delimiter.join(cells), says)
            return
        action = self._action(number, cells)
        if action is None or action == "drop":
            return
        said: dict[str, str] = {}
        refused = action == "refuse"
        if refused:
            said["refused"] = REFUSED
        for column in _PRICES if not refused else ():
            self._take(number, cells, column, said)
        for column in (*_PLAIN, *_DATES):
            self._take(number, cells, column, said)
        if "increments" in self._at and not refused:
            self._take_increments(number, self._text(cells, "increments"), said)
        said["destination"] = self._destination(cells)
        for prefix in self._prefixes(number, cells):
            row = NeutralRow(
                number=number, cells={**said, "prefix": prefix}, origination=self._origination(number, cells)
            )
            self._deck.rows.append(row)

    def _action(self, number: int, cells: list[str]) -> str | None:
        """What becomes of the row, the strictest of what its columns say; None after a problem."""
        found = "load"
        for header, words in self._profile.rows.items():
            if header not in self._header:
                continue
            text = cells[self._header.index(header)].strip()
            action = {word.casefold(): action for word, action in words.items()}.get(text.casefold())
            if action is None:
                says = f"is nothing the profile knows of this column ({', '.join(words)}): add it to the profile"
                self._deck.problems.append(Problem(row=number, field=header, value=text[:80], says=says))
                return None
            if action != "load":
                why = f"{header} is {text}: " + ("left out" if action == "drop" else "calls there are refused")
                self._note(number, "dropped" if action == "drop" else "changed", text, why)
            found = action if action == "drop" or found == "load" else found
        return found

    def _take(self, number: int, cells: list[str], column: Column, said: dict[str, str]) -> None:
        if column not in self._at and column not in self._profile.fixed:
            return
        text = self._text(cells, column)
        try:
            said[column] = self._converted(column, text)
        except Unreadable as error:
            self._refuse(number, column, text, str(error))
            said[column] = ""

    def _converted(self, column: Column, text: str) -> str:
        if column in self._profile.fixed and column not in self._at:
            return text
        if column in _PRICES:
            return read_decimal(text, decimal=self._profile.decimal)
        if column in _DATES and text:
            return read_date(text, spelling=self._profile.dates)
        return text.upper() if column == "country" else text

    def _take_increments(self, number: int, text: str, said: dict[str, str]) -> None:
        try:
            said["initial_increment"], said["increment"] = read_increments(text)
        except Unreadable as error:
            self._refuse(number, "increments", text, str(error))

    def _destination(self, cells: list[str]) -> str:
        name, detail = self._text(cells, "destination"), self._text(cells, "destination_detail")
        if not detail or detail.casefold() in name.casefold():
            return name
        return detail if detail.casefold().startswith(name.casefold()) else f"{name} {detail}"

    def _prefixes(self, number: int, cells: list[str]) -> list[str]:
        text, code = self._text(cells, "prefix"), self._text(cells, "country_code")
        try:
            found = read_prefixes(text, country_code=code, dial_prefix=self._profile.dial_prefix)
        except Unreadable as error:
            self._refuse(number, "prefix", text, str(error))
            return []
        if not found:
            self._refuse(number, "prefix", text, "names no prefix: write one, or remove the row")
        if len(found) > 1:
            self._note(number, "changed", text, "a cell of several prefixes or a range became a rate for each")
        elif found and found[0] != text:
            self._note(number, "changed", text, "the spelling of the prefix was made plain digits")
        return found

    def _origination(self, number: int, cells: list[str]) -> tuple[str, ...] | None:
        text = self._text(cells, "origination")
        if "origination" not in self._at or text.casefold() in self._profile.any_origination:
            return None
        try:
            return tuple(read_prefixes(text))
        except Unreadable as error:
            self._refuse(number, "origination", text, str(error))
            return ()

    def _text(self, cells: list[str], column: Column) -> str:
        position = self._at.get(column)
        return self._profile.fixed.get(column, "") if position is None else cells[position].strip()

    def _refuse(self, number: int, column: str, value: str, says: str) -> None:
        name = self._deck.headers.get(column, column)
        self._deck.problems.append(Problem(row=number, field=name, value=value[:80], says=says))

    def _note(self, number: int, done: str, value: str, why: str) -> None:
        self._deck.notes.append(Note(row=number, done=done, value=value[:80], why=why))


def _end_earlier(deck: ProfiledDeck) -> None:
    """Of one prefix's rates with open ends, each ends where the next begins; the deck keeps its order."""
    of_prefix: dict[tuple[str, tuple[str, ...] | None], list[int]] = {}
    for position, row in enumerate(deck.rows):
        of_prefix.setdefault((row.cells["prefix"], row.origination), []).append(position)
    for positions in of_prefix.values():
        positions.sort(key=lambda at: deck.rows[at].cells.get("valid_from", ""))
        for earlier, later in pairwise(positions):
            row, begins = deck.rows[earlier], deck.rows[later].cells.get("valid_from", "")
            if begins > row.cells.get("valid_from", "") and not row.cells.get("valid_until"):
                deck.rows[earlier] = replace(row, cells={**row.cells, "valid_until": begins})
                why = "the rate ends when the later rate of its prefix begins"
                deck.notes.append(Note(row=row.number, done="changed", value=begins, why=why))
