"""A billing unit being put together on the page: held by its form alone, without a script or a row."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

MEMBERS_MAX = 2000
NAME_LENGTH_MAX = 200
Kind = Literal["user", "team", "number"]
KINDS: tuple[Kind, ...] = ("user", "team", "number")
_SEPARATORS = re.compile(r"[\s,;]+")
_LINES = re.compile(r"[\r\n,;\t]+")
_GROUPING = re.compile(r"(?<=[0-9])[ .()/-]+(?=[0-9])")

Fields = Mapping[str, Sequence[str]]
"""A form's fields by name, each with all of its values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitDraft:
    """The unit so far: its name, and its members by kind, each once, in the order in which they were chosen."""

    name: str = ""
    members: Mapping[Kind, tuple[str, ...]]

    def of(self, kind: Kind) -> tuple[str, ...]:
        """Its members of one kind."""
        return self.members.get(kind, ())

    def with_members(self, kind: Kind, chosen: Iterable[str]) -> "UnitDraft":
        """The same unit with these members of that kind."""
        return replace(self, members={**self.members, kind: tuple(dict.fromkeys(chosen))[:MEMBERS_MAX]})

    def name_problem(self) -> str | None:
        """None, or what is wrong with its name."""
        if not self.name:
            return "Give the unit a name."
        if len(self.name) > NAME_LENGTH_MAX:
            return f"A name has at most {NAME_LENGTH_MAX} characters."
        return None


def read_draft(fields: Fields, *, prefix: str = "") -> UnitDraft:
    """The draft that a form holds; with the prefix `before_`, as it was before a panel was opened."""
    return UnitDraft(
        name=next(iter(fields.get("name", ())), "").strip(),
        members={
            kind: tuple(dict.fromkeys(value for value in fields.get(f"{prefix}{kind}", ()) if value))[:MEMBERS_MAX]
            for kind in KINDS
        },
    )


def split_list(text: str) -> list[str]:
    """The values of a pasted list, one a line or separated by commas, semicolons or tabs."""
    return [value.strip() for value in _LINES.split(text) if value.strip()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pasted:
    """What a pasted list of numbers holds: those that can be assigned, and the others with the reason."""

    usable: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]


def read_numbers(text: str, *, available: Collection[str], held: Collection[str]) -> Pasted:
    """Numbers as people write them: separated by lines or commas, grouped as they like, with `+`."""
    usable: list[str] = []
    refused: list[tuple[str, str]] = []
    lines = [_GROUPING.sub("", line) for line in text.splitlines()]
    for number in dict.fromkeys(part for line in lines for part in _SEPARATORS.split(line) if part):
        if number in available:
            usable.append(number)
        elif number in held:
            refused.append((number, "is in another billing unit"))
        else:
            refused.append((number, "is not a number of this account"))
    return Pasted(usable=tuple(usable), refused=tuple(refused))
