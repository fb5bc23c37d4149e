"""What must be true in the end, computed outside the system from what the broker confirmed, in one thread."""

from collections import Counter
from dataclasses import dataclass, field, replace
from hashlib import blake2b

from tests.live.faults.calls import Due
from tests.live.faults.load import Kind, Sending

UnitKey = tuple[str, str]
"""Account and unit id, or account and `unassigned`."""
UNASSIGNED = "unassigned"


@dataclass(frozen=True, slots=True)
class Leg:
    """Where a leg must stand: its highest revision and what that must cost.

    due: None when the leg is void or has no price. waits: it has no price and stays in suspense.
    """

    revision: int
    due: Due | None
    waits: bool
    heard: int = 0
    """One bit for each revision that was sent: every one has one event id of its own."""


_NEVER_HEARD_OF = Leg(0, None, False)


@dataclass(slots=True, kw_only=True)
class Oracle:
    """Told of every confirmed record; knows legs by their name, poison by its digest.

    A conflicting record is only sent after the record it contradicts was confirmed, and to the same partition:
    so the first content always wins, and no choice of the system has to be asked for.
    """

    legs: dict[tuple[str, str], Leg] = field(default_factory=dict)
    events: int = 0
    """How many different things were said: each accepted or suspended exactly once."""
    kinds: list[Kind] = field(default_factory=list)
    quiet_from: int | None = None
    quiet: dict[int, str] = field(default_factory=dict)
    """First words of legs sent in the quiet at the end: event id by number."""
    poison: dict[int, bytes] = field(default_factory=dict)
    poison_kinds: Counter[str] = field(default_factory=Counter)

    def tell(self, sending: Sending) -> None:
        """Take down a record that the broker confirmed; they come in the order of their numbers."""
        assert sending.number == len(self.kinds), "records are confirmed in the order of their numbers"
        self.kinds.append(sending.kind)
        if sending.poison is not None:
            self.poison[sending.number] = digest(sending.key, sending.value, sending.headers)
            self.poison_kinds[sending.poison.what] += 1
        if sending.kind is not Kind.EVENT or sending.call is None:
            return
        call = sending.call
        known = self.legs.get((call.account_id, call.leg), _NEVER_HEARD_OF)
        bit = 1 << call.revision
        self.events += not known.heard & bit
        if self.quiet_from is not None and not known.heard:
            self.quiet[sending.number] = sending.event_id
        if known.revision < call.revision:
            due = call.due()
            known = Leg(call.revision, due, due is None and not call.voided, known.heard)
        self.legs[call.account_id, call.leg] = replace(known, heard=known.heard | bit)

    @property
    def waiting(self) -> int:
        """Legs that stay in suspense."""
        return sum(leg.waits for leg in self.legs.values())


def digest(key: bytes | None, value: bytes | None, headers: tuple[tuple[str, bytes], ...]) -> bytes:
    """One hash of all that a record consists of."""
    told = blake2b(digest_size=16)
    parts = [key, value, *(part for name, text in headers for part in (name.encode(), text))]
    for part in parts:
        told.update(b"-" if part is None else b"%d:" % len(part) + part)
    return told.digest()


def shares(due: Due) -> dict[str, tuple[int, int, int, int]]:
    """(millionths, calls, billed seconds, charged ms) by unit: equal parts, what is left over to the first units.

    All weights are equal, so every remainder is the same and the tie goes to the smaller unit id.
    """
    units = due.units or (UNASSIGNED,)
    totals = (due.micros, 1, due.billed_s, due.duration_ms)
    split = [_split(total, len(units)) for total in totals]
    return {unit: (split[0][n], split[1][n], split[2][n], split[3][n]) for n, unit in enumerate(units)}


def _split(total: int, parts: int) -> list[int]:
    each, over = divmod(total, parts)
    return [each + (n < over) for n in range(parts)]
