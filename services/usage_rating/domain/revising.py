"""What a revision of a call leg does to the leg: the higher replaces the lower, whatever order they come in."""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True, kw_only=True)
class LegState:
    """Where a leg stands: its highest revision, that revision's content, and how often it was rated."""

    revision: int
    content_hash: bytes
    rating_revision: int


class Revising(Enum):
    """What becomes of a record of a leg that is known."""

    REPLACES = "replaces"
    """A higher revision: what the leg cost is reversed, and the new record is rated."""
    SUPERSEDED = "superseded"
    """A lower revision that came late: kept as history, without effect."""
    REPEATED = "repeated"
    """The same revision with the same content under another event id."""
    CONTRADICTS = "contradicts"
    """The same revision with other content: quarantined."""


def revising(leg: LegState, *, revision: int, content_hash: bytes, known_hash: bytes | None) -> Revising:
    """What a record does to a leg. known_hash: the content that came before under this very revision, if any."""
    if revision > leg.revision:
        return Revising.REPLACES
    before = leg.content_hash if revision == leg.revision else known_hash
    if before is None:
        return Revising.SUPERSEDED
    return Revising.REPEATED if before == content_hash else Revising.CONTRADICTS
