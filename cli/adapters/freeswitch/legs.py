"""Which of FreeSWITCH's channels are telephone legs: in, out, or the inside of the switch."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cli.adapters.checked import fault_of
from cli.adapters.fields import identifier, optional_identifier
from cli.adapters.freeswitch.calls import Call
from cli.adapters.numbers import NumberRules, caller, is_extension
from cli.adapters.outcomes import Finding, Leg, Outcome, Reason
from contracts.events.call import CallDetailRecord, Direction, LinkedCall

PUBLIC: Final = "public"
"""The dialplan context that FreeSWITCH's configuration gives to calls from outside."""

_DIALLED: Final = re.compile(r"\+?[0-9][0-9 ().-]{2,30}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """Makes the legs of one file. calls: all its channels by uuid. own: what own numbers begin with."""

    account_id: str
    rules: NumberRules
    own: tuple[str, ...]
    calls: Mapping[str, Call]
    began: dict[str, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for call in self.calls.values():
            if call.direction != "outbound":
                self.began.update(dict.fromkeys(call.others, call.uuid))

    def outcomes(self, call: Call) -> list[Outcome]:
        """The leg of a channel with its notes, or the one finding that says why it is none."""
        if call.direction is None and self._has_other_half(call):
            detail = "both legs of the call are in the file; add ${direction} to the template"
            return [_finding(call, Reason.DIRECTION_UNTOLD, detail, billed=True)]
        direction = self._direction(call)
        if isinstance(direction, Finding):
            return [direction]
        return self._inbound(call) if direction == "inbound" else self._outbound(call)

    def _direction(self, call: Call) -> Direction | Finding:
        """In, out, or the finding that says what else the channel is."""
        to_number = call.destination is not None and _DIALLED.fullmatch(call.destination) is not None
        leaves = to_number and not self._is_inside(call.destination)
        if call.direction == "outbound":
            return "outbound" if leaves else _finding(call, Reason.INTERNAL)
        if self._is_inside(call.caller):
            if not leaves:
                return _finding(call, Reason.INTERNAL)
        elif call.context == PUBLIC or not leaves:
            return "inbound"
        elif call.context is None:
            return _finding(call, Reason.DIRECTION_UNTOLD, "no column `context` or `direction`", billed=True)
        if any(self._is_dialled_outside(other) for other in call.others):
            return _finding(call, Reason.OWN_SIDE)
        return "outbound"

    def _is_inside(self, number: str | None) -> bool:
        return number is not None and (is_extension(number) or number.startswith(self.own))

    def _is_dialled_outside(self, uuid: str) -> bool:
        """Whether the file has this channel, and it is a leg the switch dialled to a number outside."""
        other = self.calls.get(uuid)
        return other is not None and other.direction == "outbound" and self._direction(other) == "outbound"

    def _has_other_half(self, call: Call) -> bool:
        mine = any(other in self.calls for other in call.others)
        return mine or call.uuid in self.began

    def _inbound(self, call: Call) -> list[Outcome]:
        other, readable = caller(call.caller, self.rules)
        own = self.rules.e164(call.dialled_in)
        notes: list[Outcome] = []
        if not readable:
            notes.append(_finding(call, Reason.CALLER_NUMBER, f"caller_id_number {call.caller}"))
        answerer = call.answerer or call.destination
        user = answerer if is_extension(answerer) else None
        return self._leg(
            call, "inbound", leg=call.uuid, other=other, own=own.number if own else None, user=user, notes=notes
        )

    def _outbound(self, call: Call) -> list[Outcome]:
        dialled = self.rules.e164(call.destination)
        if dialled is None:
            return [_undialled(call)]
        notes: list[Outcome] = []
        if dialled.stripped is not None:
            notes.append(_finding(call, Reason.STRIPPED, dialled.stripped))
        if dialled.bare_international:
            notes.append(_finding(call, Reason.BARE_INTERNATIONAL, f"destination_number {call.destination}"))
        shown = self.rules.e164(call.shown) or self.rules.e164(call.caller)
        began = self.calls.get(self._a_leg(call), call)
        names = (name for one in (began, call) for name in (one.user, one.caller) if self._is_inside(name))
        return self._leg(
            call,
            "outbound",
            leg=call.uuid if call.direction == "outbound" or not call.others else call.others[0],
            other=dialled.number,
            own=shown.number if shown else None,
            user=next(names, None),
            notes=notes,
        )

    def _leg(
        self,
        call: Call,
        direction: Direction,
        *,
        leg: str,
        other: str,
        own: str | None,
        user: str | None,
        notes: list[Outcome],
    ) -> list[Outcome]:
        record = CallDetailRecord(
            account_id=self.account_id,
            call_id=identifier(self._a_leg(call)),
            leg_id=identifier(leg),
            direction=direction,
            channel="inbound" if direction == "inbound" else "manual",
            other_party=other,
            disposition=identifier(call.cause.lower()),
            started_at=call.started_at,
            ended_at=call.ended_at,
            own_number=own,
            presented_caller_id=own if direction == "outbound" else None,
            user_id=optional_identifier(user),
            answered_at=call.answered_at,
            billable_duration_ms=call.billed_ms if call.answered_at else None,
            linked_call=self._linked(call, direction),
        )
        fault = fault_of(record)
        if fault is not None:
            return [_finding(call, Reason.INVALID_RECORD, fault, billed=True)]
        if own is None:
            notes.append(_finding(call, Reason.NO_OWN_NUMBER, direction))
        return [Leg(rows=(call.number,), record=record), *notes]

    def _a_leg(self, call: Call) -> str:
        """The channel that the call began with: the one that names this as its other half, else as it says."""
        if call.direction == "outbound":
            return self.began.get(call.uuid) or call.a_leg or call.uuid
        return call.uuid

    def _linked(self, call: Call, direction: Direction) -> LinkedCall | None:
        """A call from outside that was sent on outside: its leg out is linked to its leg in."""
        a_leg = self.calls.get(self._a_leg(call))
        if direction != "outbound" or a_leg is None or a_leg is call or self._direction(a_leg) != "inbound":
            return None
        return LinkedCall(call_id=identifier(a_leg.uuid), leg_id=identifier(a_leg.uuid))


def _undialled(call: Call) -> Finding:
    return Finding(
        rows=(call.number,),
        reason=Reason.DIALLED_NUMBER,
        detail=f"destination_number {call.destination}",
        direction="outbound",
        billed_s=call.billed_ms // 1000,
    )


def _finding(call: Call, reason: Reason, detail: str = "", *, billed: bool = False) -> Finding:
    return Finding(
        rows=(call.number,), reason=reason, detail=detail, billed_s=call.billed_ms // 1000 if billed else 0
    )
