"""What a change of the directory touches: whose uses, in which span of time, may owe differently now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.billing_units.domain.directory_view import PolicyChange, SplitPolicy
from services.billing_units.domain.splitting import policy_at

Subject = Literal["number", "user", "team", "unit", "policy"]
PartKind = Literal["number", "user", "override"]
Span = tuple[datetime, datetime]
"""From an instant until another, half-open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What an entry says in one version: something holds in a span. says: all else that makes a difference."""

    span: Span
    says: tuple[object, ...]
    subjects: tuple[tuple[Subject, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """Uses of a subject in [from_at, until_at) are to be decided again."""

    subject: Subject
    id: str
    from_at: datetime
    until_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Charges to look at: those of a number, of a user, or whose event names a unit, in [from_at, until_at)."""

    kind: PartKind
    member: str
    from_at: datetime
    until_at: datetime


def touched(before: Held | None, after: Held | None) -> list[Touched]:
    """The difference of two versions; None where nothing holds.

    Where only the ends of the span moved, only the time between the old and the new end is touched.
    """
    if before is not None and after is not None and (before.says, before.subjects) == (after.says, after.subjects):
        spans = [_between(before.span[0], after.span[0]), _between(before.span[1], after.span[1])]
        return [found for span in spans for found in _over(after.subjects, span)]
    versions = [version for version in (before, after) if version is not None]
    return [found for version in versions for found in _over(version.subjects, version.span)]


def touched_by_policy(
    before: tuple[SplitPolicy, Sequence[PolicyChange]],
    after: tuple[SplitPolicy, Sequence[PolicyChange]],
    ends: Span,
) -> list[Touched]:
    """From the first instant at which the policies differ until the last; `ends` bound all time."""
    instants = sorted({ends[0], *(change.from_at for change in (*before[1], *after[1]))})
    differing = [instant for instant in instants if policy_at(*before, instant) != policy_at(*after, instant)]
    if not differing:
        return []
    later = [instant for instant in instants if instant > differing[-1]]
    until_at = later[0] if later else ends[1]
    return [Touched(subject="policy", id="", from_at=differing[0], until_at=until_at)]


def merged(parts: Iterable[Part]) -> list[Part]:
    """One part for each number, user and unit named, over all its spans, in one order."""
    spans: dict[tuple[PartKind, str], Span] = {}
    for part in parts:
        from_at, until_at = spans.get((part.kind, part.member), (part.from_at, part.until_at))
        spans[part.kind, part.member] = (min(from_at, part.from_at), max(until_at, part.until_at))
    return [
        Part(kind=kind, member=member, from_at=from_at, until_at=until_at)
        for (kind, member), (from_at, until_at) in sorted(spans.items())
        if from_at < until_at
    ]


def _between(one: datetime, other: datetime) -> Span:
    return min(one, other), max(one, other)


def _over(subjects: Iterable[tuple[Subject, str]], span: Span) -> list[Touched]:
    if span[0] >= span[1]:
        return []
    return [Touched(subject=subject, id=found, from_at=span[0], until_at=span[1]) for subject, found in subjects]
