"""Which of two statements about a directory entry stands: the higher version, whatever came first."""

from dataclasses import dataclass
from enum import Enum


class Standing(Enum):
    """How a statement compares with what is known of its entry."""

    NEWER = "newer"
    SUPERSEDED = "superseded"
    REPEAT = "repeat"
    CONTRADICTION = "contradiction"
    """The same version with other content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The version that stands. content_hash: None when a command made it."""

    version: int
    content_hash: bytes | None


def compare(version: int, content_hash: bytes, known: Known | None) -> Standing:
    """Compare an arriving statement with the version that stands."""
    if known is None or version > known.version:
        return Standing.NEWER
    if version < known.version:
        return Standing.SUPERSEDED
    return Standing.REPEAT if content_hash == known.content_hash else Standing.CONTRADICTION
