"""Call records out of chargeable legs: numbers, parties, user, queue and ids."""

from collections.abc import Sequence
from dataclasses import dataclass

from cli.adapters.asterisk.channels import extension_of, other_half
from cli.adapters.asterisk.legs import CONFERENCES, TrunkLeg
from cli.adapters.asterisk.rows import Row
from cli.adapters.checked import fault_of
from cli.adapters.fields import identifier
from cli.adapters.numbers import NumberRules, caller, is_extension
from cli.adapters.outcomes import Finding, Leg, Outcome, Reason
from contracts.events.call import CallDetailRecord, Channel, LinkedCall


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """Makes the records of one account by the number rules of its platform."""

    account_id: str
    rules: NumberRules

    def outcomes(self, leg: TrunkLeg, call: Sequence[Row]) -> list[Outcome]:
        """The leg as a record with its notes, or the one finding that says why it is not published."""
        if leg.direction == "inbound":
            record, notes = self._inbound(leg)
        else:
            made = self._outbound(leg, call)
            if isinstance(made, Finding):
                return [made]
            record, notes = made
        fault = fault_of(record)
        if fault is not None:
            return [_unpublished(leg, Reason.INVALID_RECORD, fault)]
        return [Leg(rows=_rows(leg), record=record), *notes]

    def _inbound(self, leg: TrunkLeg) -> tuple[CallDetailRecord, list[Finding]]:
        first = leg.rows[0]
        other_party, readable = caller(first.src, self.rules)
        own = self._number_dialled(leg)
        notes = []
        if not readable:
            notes.append(_note(leg, Reason.CALLER_NUMBER, f"src {first.src}"))
        if own is None:
            notes.append(_note(leg, Reason.NO_OWN_NUMBER, f"inbound, dst {first.dst}"))
        record = self._record(
            leg, channel="inbound", other_party=other_party, own=own, presented=None, user=_talked(leg.rows)
        )
        return record, notes

    def _outbound(self, leg: TrunkLeg, call: Sequence[Row]) -> tuple[CallDetailRecord, list[Finding]] | Finding:
        first = leg.rows[0]
        dialled = self.rules.e164(leg.number_sent)
        if dialled is None:
            return _unpublished(leg, Reason.DIALLED_NUMBER, f"sent {leg.number_sent}")
        presented = self._caller_id(first, dialled.number)
        own = self._number_calling(leg, presented)
        facts = (
            (first.dst != leg.number_sent, Reason.SENT_DIFFERS, f"dst {first.dst}, sent {leg.number_sent}"),
            (dialled.stripped is not None, Reason.STRIPPED, f"{dialled.stripped}"),
            (dialled.bare_international, Reason.BARE_INTERNATIONAL, f"sent {leg.number_sent}"),
            (leg.failed_over, Reason.FAILOVER, leg.channel),
            (own is None, Reason.NO_OWN_NUMBER, f"outbound, caller ID {first.caller_id}"),
        )
        record = self._record(
            leg,
            channel="click_to_call" if _originated(first.channel, call) else "manual",
            other_party=dialled.number,
            own=own,
            presented=presented,
            user=_calling(first, call),
        )
        return record, [_note(leg, reason, detail) for holds, reason, detail in facts if holds]

    def _number_dialled(self, leg: TrunkLeg) -> str | None:
        """Inbound: the DID, else the dst of the first row, which is what the trunk asked for."""
        written = next((row.did for row in leg.rows if row.did), leg.rows[0].dst)
        read = self.rules.e164(written)
        return read.number if read else None

    def _caller_id(self, first: Row, dialled: str) -> str | None:
        """The caller ID's number when the row has one: an extension there is the PBX's name for the user, and
        the dialled number itself is what click-to-call shows on the user's own telephone."""
        if is_extension(first.caller_id):
            return None
        read = self.rules.e164(first.caller_id)
        return read.number if read and read.number != dialled else None

    def _number_calling(self, leg: TrunkLeg, presented: str | None) -> str | None:
        """Outbound: the caller ID's number, unless it is the outside caller's that is passed through a
        forwarded call: then the number that was dialled on the way in."""
        if leg.linked is not None and leg.linked.direction == "inbound":
            outside, _ = caller(leg.linked.rows[0].src, self.rules)
            if presented is None or presented == outside:
                return self._number_dialled(leg.linked)
        return presented

    def _record(
        self,
        leg: TrunkLeg,
        *,
        channel: Channel,
        other_party: str,
        own: str | None,
        presented: str | None,
        user: str | None,
    ) -> CallDetailRecord:
        answered_at = leg.answered_at
        linked = leg.linked
        return CallDetailRecord(
            account_id=self.account_id,
            call_id=identifier(leg.rows[0].linkedid),
            leg_id=leg_id(leg),
            direction=leg.direction,
            channel=channel,
            other_party=other_party,
            disposition=_disposition(leg),
            started_at=leg.started_at,
            ended_at=leg.ended_at,
            own_number=own,
            presented_caller_id=presented,
            user_id=user,
            queue_id=_queue(leg.rows),
            answered_at=answered_at,
            billable_duration_ms=leg.billed_s * 1000,
            linked_call=None
            if linked is None
            else LinkedCall(call_id=identifier(linked.rows[0].linkedid), leg_id=leg_id(linked)),
        )


def leg_id(leg: TrunkLeg) -> str:
    """The trunk channel with the uniqueid of its first row, because channel names recur after a restart."""
    return identifier(f"{leg.channel}@{leg.rows[0].uniqueid}")


def _disposition(leg: TrunkLeg) -> str:
    """Asterisk's word in lower case: of the row that was answered longest, else of the last row."""
    answered = [row for row in leg.rows if row.billed_s and row.disposition == "ANSWERED"]
    row = max(answered, key=lambda row: row.billed_s, default=leg.rows[-1])
    return identifier(row.disposition.lower()) or "unknown"


def _queue(rows: Sequence[Row]) -> str | None:
    """The first queue the leg was in: the first argument of the application Queue."""
    names = (row.data.partition(",")[0] for row in rows if row.app == "Queue")
    return next((identifier(name) for name in names if name), None)


def _talked(rows: Sequence[Row]) -> str | None:
    """The extension that talked longest with the channel of these rows; conference rows name others."""
    talks = [
        (row.billed_s, extension)
        for row in rows
        if row.billed_s and row.disposition == "ANSWERED" and row.app not in CONFERENCES
        if is_extension(extension := extension_of(row.dstchannel))
    ]
    return max(talks, key=lambda talk: talk[0])[1] if talks else None


def _calling(first: Row, call: Sequence[Row]) -> str | None:
    """The extension that made an outbound leg.

    It is the dialling channel's own. Behind a Local channel it is whoever talked at its other end, else the
    account code (whom the PBX charges), else src.
    """
    half = other_half(first.channel)
    own = extension_of(first.channel) if half is None else _talked([row for row in call if row.channel == half])
    return next((name for name in (own, first.accountcode, first.src) if is_extension(name)), None)


def _originated(channel: str, call: Sequence[Row]) -> bool:
    """Whether a click or an application began the call: a Local channel whose other end nobody dialled."""
    half = other_half(channel)
    return half is not None and all(row.dstchannel != half for row in call)


def _rows(leg: TrunkLeg) -> tuple[int, ...]:
    return tuple(sorted(row.number for row in leg.rows))


def _note(leg: TrunkLeg, reason: Reason, detail: str) -> Finding:
    return Finding(rows=_rows(leg), reason=reason, detail=detail)


def _unpublished(leg: TrunkLeg, reason: Reason, detail: str) -> Finding:
    return Finding(rows=_rows(leg), reason=reason, detail=detail, direction=leg.direction, billed_s=leg.billed_s)
