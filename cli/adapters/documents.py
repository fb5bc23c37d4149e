"""The records of a JSON file: a document with a list of them, JSON lines, or documents one after another."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from cli.adapters.outcomes import FileRefused, Finding, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record. number: its place among the records of the file, from 1. Decimals are exact."""

    number: int
    fields: Mapping[str, object]


def records(raw: Iterable[bytes], *, list_key: str) -> Iterator[Record | Finding]:
    """The records of a file, in order; what is no record is a finding in its place.

    A document is a record, a list of records, or an object that holds the list under `list_key`. Documents
    may follow one another with or without line ends, as Amazon Data Firehose writes them. Where the first
    line is a document by itself every line is read by itself, so a broken line costs no other record.
    Raises FileRefused when the file is not JSON.
    """
    try:
        text = b"".join(raw).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileRefused(f"byte {error.start + 1} is not UTF-8: export the file as UTF-8") from error
    number = 0
    for document in _documents(text):
        held = document.get(list_key) if isinstance(document, dict) else document
        for one in held if isinstance(held, list) else [document]:
            number += 1
            if isinstance(one, dict):
                yield Record(number=number, fields=one)
            else:
                detail = one.detail if isinstance(one, _Broken) else "not a JSON object"
                yield Finding(rows=(number,), reason=Reason.UNREADABLE_ROW, detail=detail)
    if not number:
        raise FileRefused("the file holds no records")


@dataclass(frozen=True, slots=True)
class _Broken:
    """A line that is not JSON."""

    detail: str


def _documents(text: str) -> Iterator[object]:
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) > 1 and not isinstance(_line(lines[0]), _Broken):
        yield from map(_line, lines)
        return
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        try:
            document, at = _DECODER.raw_decode(text, at)
        except json.JSONDecodeError as error:
            place = f"line {error.lineno}, column {error.colno}"
            raise FileRefused(f"not JSON: {error.msg} in {place}") from error
        except (ValueError, RecursionError) as error:
            raise FileRefused(f"not JSON: {error}") from error
        yield document


def _line(line: str) -> object:
    try:
        return _DECODER.decode(line)
    except json.JSONDecodeError as error:
        return _Broken(f"not JSON: {error.msg} at column {error.colno}")
    except (ValueError, RecursionError) as error:
        return _Broken(f"not JSON: {error}")


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("an object names a key twice")
    return fields


def _constant(name: str) -> object:
    raise ValueError(f"{name} is not a number")


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_constant, object_pairs_hook=_once)
