"""The chargeable legs among Asterisk's rows: (linkedid, trunk channel), inbound and outbound."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from cli.adapters.asterisk.channels import number_sent, peer_of
from cli.adapters.asterisk.rows import Row
from cli.adapters.numbers import is_extension
from cli.adapters.outcomes import Finding, Reason

CONFERENCES = frozenset({"ConfBridge", "MeetMe"})
"""Applications whose rows name, as dstchannel, whoever else is in the conference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkLeg:
    """The rows of one trunk channel within one call, in the order they began.

    number_sent: outbound, the number the trunk was sent. failed_over: unanswered, and the same channel went
    on to another trunk. linked: the leg it was transferred or forwarded from.
    """

    direction: Literal["inbound", "outbound"]
    channel: str
    rows: tuple[Row, ...]
    number_sent: str | None = None
    failed_over: bool = False
    linked: "TrunkLeg | None" = None

    @property
    def started_at(self) -> datetime:
        """The first row's start."""
        return self.rows[0].started_at

    @property
    def ended_at(self) -> datetime:
        """The end of the last row to end."""
        return max(row.ended_at for row in self.rows)

    @property
    def answered_at(self) -> datetime | None:
        """The first answer. Any row with billed seconds was answered, whatever its disposition says: a queue
        answers, and bills, while the agent it rings does not."""
        return min((row.answered_at for row in self.rows if row.answered_at), default=None)

    @property
    def billed_s(self) -> int:
        """First answer to last end in seconds; of a single row its billsec. Never a sum of billsec: rows of
        one channel overlap, and gaps between them are still on the trunk."""
        answered_at = self.answered_at
        if answered_at is None:
            return 0
        if len(self.rows) == 1:
            return self.rows[0].billed_s
        return int((self.ended_at - answered_at).total_seconds())


def find_legs(call: Sequence[Row], trunks: Collection[str]) -> tuple[list[TrunkLeg], list[Finding]]:
    """The legs of one call (the rows of one linkedid) in the order they began, and what its other rows are.

    Outbound is a trunk channel that a row of this call dialled; a conference row's dstchannel dialled
    nothing. Inbound is a trunk that is the channel of a row and that nobody in this call dialled.
    """
    rows = sorted(call, key=lambda row: (row.started_at, row.sequence, row.number))
    outbound: dict[str, list[Row]] = {}
    sent: dict[str, str] = {}
    for row in rows:
        number = _dialled(row, trunks)
        if number is not None:
            outbound.setdefault(row.dstchannel, []).append(row)
            sent.setdefault(row.dstchannel, number)
    inbound: dict[str, list[Row]] = {}
    findings: list[Finding] = []
    for row in rows:
        is_dialling = row.dstchannel in outbound and row in outbound[row.dstchannel]
        if peer_of(row.channel) in trunks:
            (outbound if row.channel in outbound else inbound).setdefault(row.channel, []).append(row)
        elif not is_dialling:
            findings.append(_other(row, trunks, outbound))
    legs = [TrunkLeg(direction="inbound", channel=name, rows=tuple(its)) for name, its in inbound.items()]
    legs += [
        TrunkLeg(direction="outbound", channel=name, rows=_in_order(its), number_sent=sent[name])
        for name, its in outbound.items()
    ]
    legs.sort(key=lambda leg: (leg.started_at, leg.rows[0].sequence, leg.rows[0].number))
    return _linked(_failed_over(legs)), findings


def _dialled(row: Row, trunks: Collection[str]) -> str | None:
    """The number this row sent to the trunk of its dstchannel, or None when it dialled none."""
    trunk = peer_of(row.dstchannel)
    if trunk is None or trunk not in trunks or row.app in CONFERENCES:
        return None
    return number_sent(row.data, trunk)


def _other(row: Row, trunks: Collection[str], outbound: Collection[str]) -> Finding:
    """What a row is that neither came in over a trunk nor dialled one."""
    if peer_of(row.dstchannel) not in trunks:
        unknown = _unknown_trunk(row)
        if unknown is None:
            return Finding(rows=(row.number,), reason=Reason.INTERNAL)
        detail = f"{row.billed_s} s on {unknown}"
        return Finding(rows=(row.number,), reason=Reason.UNKNOWN_TRUNK, detail=detail)
    seconds = f"{row.billed_s} s on {peer_of(row.dstchannel)}"
    if row.app not in CONFERENCES:
        return Finding(rows=(row.number,), reason=Reason.UNDIALLED_TRUNK, detail=f"{seconds}: {row.data}")
    reason = Reason.OWN_CONFERENCE if row.dstchannel in outbound else Reason.CONFERENCE
    return Finding(rows=(row.number,), reason=reason, detail=seconds)


def _unknown_trunk(row: Row) -> str | None:
    """The endpoint that this row uses like a carrier's, though nobody named it a trunk.

    It was sent a number longer than an extension's, or brought in a call to a DID. Taking it for internal
    would make its calls free without a word.
    """
    called, caller = peer_of(row.dstchannel), peer_of(row.channel)
    if called is not None and not is_extension(called):
        number = number_sent(row.data, called)
        if number is not None and row.app not in CONFERENCES and not is_extension(number):
            return called
    if caller is not None and row.did is not None and not is_extension(caller):
        return caller
    return None


def _in_order(rows: Sequence[Row]) -> tuple[Row, ...]:
    return tuple(sorted(set(rows), key=lambda row: (row.started_at, row.sequence, row.number)))


def _failed_over(legs: Sequence[TrunkLeg]) -> list[TrunkLeg]:
    """The legs with the unanswered attempts marked that were followed by another trunk."""
    last_by_dialler = {leg.rows[0].channel: index for index, leg in enumerate(legs) if leg.number_sent}
    return [
        replace(leg, failed_over=True)
        if leg.number_sent and leg.answered_at is None and last_by_dialler[leg.rows[0].channel] > index
        else leg
        for index, leg in enumerate(legs)
    ]


def _linked(legs: Sequence[TrunkLeg]) -> list[TrunkLeg]:
    """The legs with each outbound one linked to what it goes back to.

    That is the call's inbound leg (forwarded or transferred outside), else the first answered outbound leg
    that began before it (one side of a call between two outside parties).
    """
    origin = next((leg for leg in legs if leg.direction == "inbound"), None) or next(
        (leg for leg in legs if leg.answered_at is not None), None
    )
    if origin is None:
        return list(legs)
    at = legs.index(origin)
    return [
        replace(leg, linked=origin)
        if leg.direction == "outbound" and leg is not origin and (origin.direction == "inbound" or index > at)
        else leg
        for index, leg in enumerate(legs)
    ]
