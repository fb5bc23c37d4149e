"""Which sides of CUCM's calls are outside, and their legs: a leg may run through several rows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from cli.adapters.cucm.rows import CallRow, Side
from cli.adapters.numbers import is_extension

_PHONE: Final = re.compile(r"(SEP|ATA)[0-9A-Fa-f]{12}|(CSF|TCT|BOT|TAB)[A-Za-z0-9_.-]+", re.ASCII)
"""Devices whose names Cisco prescribes: telephones by their MAC address, and Jabber clients."""

_BRIDGE: Final = re.compile(r"b00[0-9]+", re.ASCII)
"""What stands for a number where a side is a conference bridge or a telephone's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """How inside and outside are told apart, for want of a column that says it.

    trunks: devices that lead to carriers. own: what the platform's own numbers begin with, as it writes them.
    """

    trunks: frozenset[str]
    own: tuple[str, ...]

    def holds(self, side: Side) -> bool:
        """Whether a side is the platform's own.

        A side on a trunk that was named is outside. Else it is inside on a telephone or a client, on a
        bridge, with an extension's number or an own one, and where nobody was called.
        """
        if side.device in self.trunks:
            return False
        number = side.number
        return (
            number is None
            or is_extension(number)
            or _BRIDGE.fullmatch(number) is not None
            or number.startswith(self.own)
            or (side.device is not None and _PHONE.fullmatch(side.device) is not None)
        )

    def is_told(self, row: CallRow, known: frozenset[str]) -> bool:
        """Whether a row with two outside sides is one: somebody inside must have stood between them.

        Both are on named trunks, or the call was forwarded from another number, or a leg of it was beside
        somebody inside in another row (it was transferred). Else one side is inside and not known as such.
        """
        sides = (row.calling, row.called)
        if any(self.holds(side) for side in sides):
            return True
        on_trunks = all(side.device in self.trunks for side in sides)
        forwarded = row.dialled is not None and row.dialled != row.called.number
        return on_trunks or forwarded or any(key_of(side, row) in known for side in sides)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideLeg:
    """A leg with an outside end and the rows it is in, in the order they began.

    Its direction is that of its first row; linked is the leg it was forwarded or transferred from.
    """

    direction: Literal["inbound", "outbound"]
    leg: str
    rows: tuple[CallRow, ...]
    linked: "OutsideLeg | None" = None

    @property
    def started_at(self) -> datetime:
        """The first row's origination."""
        return self.rows[0].started_at

    @property
    def answered_at(self) -> datetime | None:
        """The first connect."""
        return min((row.answered_at for row in self.rows if row.answered_at), default=None)

    @property
    def ended_at(self) -> datetime:
        """The last disconnect."""
        return max(row.ended_at for row in self.rows)

    @property
    def billed_s(self) -> int:
        """Of a single row its duration; of several from the first connect to the last disconnect."""
        if len(self.rows) == 1:
            return self.rows[0].duration_s
        return 0 if self.answered_at is None else int((self.ended_at - self.answered_at).total_seconds())


def outside_legs(rows: Sequence[CallRow], inside: Inside) -> list[OutsideLeg]:
    """The outside legs of a file in the order they began; a leg keeps its identifier through a transfer."""
    ordered = sorted(rows, key=lambda row: (row.started_at, row.number))
    found: dict[str, OutsideLeg] = {}
    for row in ordered:
        sides: tuple[tuple[Literal["inbound", "outbound"], Side], ...] = (
            ("inbound", row.calling),
            ("outbound", row.called),
        )
        for direction, side in sides:
            if not inside.holds(side):
                key = key_of(side, row)
                known = found.setdefault(key, OutsideLeg(direction=direction, leg=key, rows=()))
                found[key] = replace(known, rows=(*known.rows, row))
    return _linked(list(found.values()))


def legs_beside_inside(rows: Sequence[CallRow], inside: Inside) -> frozenset[str]:
    """The outside legs that have somebody inside at the other end in some row."""
    pairs = [(row, *ends) for row in rows for ends in ((row.calling, row.called), (row.called, row.calling))]
    return frozenset(
        key_of(side, row) for row, side, other in pairs if not inside.holds(side) and inside.holds(other)
    )


def key_of(side: Side, row: CallRow) -> str:
    """What names a leg within a file; a called side that was never reached may have no identifier."""
    return side.leg if side.leg != "0" else f"{row.calling.leg}-0"


def _linked(legs: Sequence[OutsideLeg]) -> list[OutsideLeg]:
    """Each outbound leg linked to the earlier leg it shares a row with: forwarded, or joined by a transfer."""
    linked: list[OutsideLeg] = []
    for leg in legs:
        mine = {row.number for row in leg.rows}
        origin = next((other for other in linked if mine & {row.number for row in other.rows}), None)
        linked.append(replace(leg, linked=origin) if leg.direction == "outbound" and origin else leg)
    return linked
