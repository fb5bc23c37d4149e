"""Our own CSV of call records: a header naming the fields of CallDetailRecord, one leg a line."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from cli.adapters.checked import RECORD, fault_in_times, phrase
from cli.adapters.fields import FieldFault
from cli.adapters.local_times import is_local, local_instant
from cli.adapters.numbers import NumberRules
from cli.adapters.outcomes import FileRefused, Finding, Leg, Outcome, Reason
from contracts.events.call import CallDetailRecord
from contracts.events.envelope import to_json
from contracts.values.phone import PARTY_PATTERN

_LINKED: Final = ("linked_call_id", "linked_leg_id")
COLUMNS: Final = (*(field.name for field in fields(CallDetailRecord) if field.name != "linked_call"), *_LINKED)
NEEDED: Final = (
    "call_id",
    "leg_id",
    "direction",
    "channel",
    "other_party",
    "disposition",
    "started_at",
    "ended_at",
)
_NUMBERS: Final = ("other_party", "own_number", "presented_caller_id")
_INSTANTS: Final = ("started_at", "answered_at", "ended_at")
_INTEGERS: Final = ("revision", "billable_duration_ms")
_PARTY = re.compile(PARTY_PATTERN, re.ASCII)
_INTEGER = re.compile(r"[0-9]{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvOptions:
    """zone: of times without an offset. rules: how numbers that are not E.164 are read."""

    account_id: str
    zone: ZoneInfo
    rules: NumberRules


def read(lines: Iterable[str], options: CsvOptions) -> Iterator[Outcome]:
    """One outcome a line, as the lines come; nothing but the current line is held.

    Raises FileRefused when the header lacks a needed column or names one that call records do not have (a
    misspelt `answered_at` would make every call free).
    """
    reader = csv.reader(lines, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        raise FileRefused(f"the header in line 1 is not CSV: {error}") from error
    _check(header)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Finding(rows=(number,), reason=Reason.UNREADABLE_ROW, detail=f"not CSV: {error}")
            continue
        if not cells:
            continue
        if len(cells) != len(header):
            detail = f"{len(cells)} cells under {len(header)} columns"
            yield Finding(rows=(number,), reason=Reason.UNREADABLE_ROW, detail=detail)
            continue
        named = {name: cell.strip() for name, cell in zip(header, cells, strict=True) if cell.strip()}
        yield _outcome(number, named, options)


def _check(header: list[str]) -> None:
    if not header:
        raise FileRefused("the file is empty; the first line must name the columns")
    missing = [name for name in NEEDED if name not in header]
    if missing:
        raise FileRefused(f"the header in line 1 lacks {', '.join(missing)}; they are the fields of a call record")
    unknown = [name for name in header if name not in COLUMNS]
    if unknown:
        raise FileRefused(
            f"the header in line 1 names {', '.join(unknown)}, which call records do not have; "
            f"known columns: {', '.join(COLUMNS)}"
        )
    if len(set(header)) != len(header):
        raise FileRefused("the header in line 1 names a column twice")


def _outcome(number: int, cells: Mapping[str, str], options: CsvOptions) -> Leg | Finding:
    try:
        values = _values(cells, options)
    except FieldFault as error:
        column = str(error).partition(" ")[0]
        reason = Reason.DIALLED_NUMBER if column == "other_party" else Reason.UNREADABLE_ROW
        return Finding(rows=(number,), reason=reason, detail=str(error))
    try:
        record = RECORD.validate_json(to_json(values))
    except ValidationError as error:
        return Finding(rows=(number,), reason=Reason.INVALID_RECORD, detail=phrase(error))
    fault = fault_in_times(record)
    if fault is None and record.account_id != options.account_id:
        fault = f"account_id is not {options.account_id}, which --account names"
    if fault is not None:
        return Finding(rows=(number,), reason=Reason.INVALID_RECORD, detail=fault)
    return Leg(rows=(number,), record=record)


def _values(cells: Mapping[str, str], options: CsvOptions) -> dict[str, object]:
    values: dict[str, object] = {"account_id": options.account_id}
    for column, cell in cells.items():
        if column in _NUMBERS:
            values[column] = _party(column, cell, options.rules)
        elif column in _INSTANTS:
            values[column] = _instant(column, cell, options.zone)
        elif column in _INTEGERS:
            values[column] = _integer(column, cell)
        elif column == "voided":
            values[column] = _truth(column, cell)
        elif column not in _LINKED:
            values[column] = cell
    linked = [cells.get(column) for column in _LINKED]
    if any(linked):
        if not all(linked):
            raise FieldFault("linked_call_id and linked_leg_id go together")
        values["linked_call"] = {"call_id": linked[0], "leg_id": linked[1]}
    return values


def _party(column: str, cell: str, rules: NumberRules) -> str:
    if _PARTY.fullmatch(cell):
        return cell
    read = rules.e164(cell)
    if read is None:
        raise FieldFault(f"{column} is not a telephone number, `withheld` or `internal:…`")
    return read.number


def _instant(column: str, cell: str, zone: ZoneInfo) -> object:
    """The instant of a local time in the zone; a time with its offset is left to the contract."""
    return local_instant(cell, zone, name=column) if is_local(cell) else cell


def _integer(column: str, cell: str) -> int:
    if _INTEGER.fullmatch(cell) is None:
        raise FieldFault(f"{column} is not a whole number")
    return int(cell)


def _truth(column: str, cell: str) -> bool:
    if cell not in ("true", "false"):
        raise FieldFault(f"{column} is neither true nor false")
    return cell == "true"
