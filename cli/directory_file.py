"""Reads a directory written by hand, one JSON object a line, as the events a platform would publish."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from contracts.events.directory import (
    ACCOUNT_RECORDED,
    ASSIGNMENT_RECORDED,
    NUMBER_RECORDED,
    TEAM_MEMBERSHIP_RECORDED,
    TEAM_RECORDED,
    UNIT_RECORDED,
    USER_RECORDED,
)
from contracts.events.envelope import EventType, to_json
from contracts.values.ids import IdKind, derived_text

KINDS: dict[str, EventType[Any]] = {
    "account": ACCOUNT_RECORDED,
    "user": USER_RECORDED,
    "team": TEAM_RECORDED,
    "team_membership": TEAM_MEMBERSHIP_RECORDED,
    "number": NUMBER_RECORDED,
    "unit": UNIT_RECORDED,
    "assignment": ASSIGNMENT_RECORDED,
}
"""The word a line says in `type`, and the event it becomes."""

_ADAPTERS = {word: TypeAdapter(kind.data) for word, kind in KINDS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryEntry:
    """One line as an event. event_id: derived from what it says, so the same line again is a duplicate."""

    kind: EventType[Any]
    event_id: str
    data: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class LineProblem:
    """What is wrong with a line, numbered from 1."""

    line: int
    says: str


def read_directory(lines: Iterable[bytes], account_id: str) -> Iterator[DirectoryEntry | LineProblem]:
    """Every line that is not empty, as an event or as a problem.

    `version` is 1 when not said; a unit's id follows from its name when not given, an assignment's from all
    it says, and an assignment may name its unit by `unit` instead of `unit_id`.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield _entry(line, account_id)
            except (ValueError, KeyError) as error:
                yield LineProblem(line=number, says=_sentence(error))


def unit_id_of(account_id: str, name: str) -> str:
    """The id of a unit that a file knows by its name only."""
    return derived_text(IdKind.DIRECTORY, account_id, "unit", name)


def _entry(line: bytes, account_id: str) -> DirectoryEntry:
    said = orjson.loads(line)
    if not isinstance(said, dict):
        raise ValueError("expected a JSON object")
    word = said.pop("type", None)
    if word not in KINDS:
        raise ValueError(f"type is one of {', '.join(KINDS)}, not {word!r}")
    said = {"account_id": account_id, "version": 1, **said}
    if word == "unit" and "name" in said:
        said.setdefault("unit_id", unit_id_of(account_id, str(said["name"])))
    if word == "assignment":
        if "unit" in said:
            said["unit_id"] = unit_id_of(account_id, str(said.pop("unit")))
        told = [str(said.get(part)) for part in ("unit_id", "member_kind", "member", "from_at")]
        said.setdefault("assignment_id", derived_text(IdKind.DIRECTORY, account_id, "assignment", *told))
    data = _ADAPTERS[word].validate_json(orjson.dumps(said))
    event_id = derived_text(IdKind.DIRECTORY, KINDS[word].name, to_json(data).decode())
    return DirectoryEntry(kind=KINDS[word], event_id=event_id, data=data)


def _sentence(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    return str(error)
