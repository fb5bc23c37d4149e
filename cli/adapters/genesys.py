"""Genesys Cloud's conversation details: each telephone session of a customer or outside party is a leg.

Fields are those of the conversation detail query and job (POST /api/v2/analytics/conversations/details/query;
"Conversation detail data model" at developer.genesys.cloud): a conversation has participants, these have
sessions, and sessions have segments in time and metrics.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cli.adapters.checked import fault_of
from cli.adapters.documents import Record, records
from cli.adapters.fields import (
    UNREADABLE,
    FieldFault,
    identifier,
    instant,
    needed,
    optional_identifier,
    parts,
    text,
    whole,
)
from cli.adapters.numbers import NumberRules, caller
from cli.adapters.outcomes import Finding, Leg, Outcome, Reason
from cli.adapters.versions import newest
from contracts.events.call import CallDetailRecord, Channel, LinkedCall

Fields = Mapping[str, object]

OUTSIDE = frozenset({"customer", "external"})
"""Purposes of participants at the far end of a telephone line; agents, queues and flows have none of it."""

_MESSAGES = frozenset({"chat", "email", "message"})
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class GenesysOptions:
    """rules: how numbers are read that are not E.164."""

    account_id: str
    rules: NumberRules


def read(raw: Iterable[bytes], options: GenesysOptions) -> Iterator[Outcome]:
    """The fate of every conversation of a file; a row is a conversation. Raises FileRefused."""
    made = [
        _outcomes(one, options) if isinstance(one, Record) else [one]
        for one in records(raw, list_key="conversations")
    ]
    yield from newest(made)


def _outcomes(record: Record, options: GenesysOptions) -> list[Outcome]:
    rows = (record.number,)
    try:
        needed(record.fields, "conversationId")
        if text(record.fields, "conversationEnd") is None:
            # Its times may still be moved by what comes, so nothing in it is read.
            return [Finding(rows=rows, reason=Reason.STILL_OPEN)]
        return _Conversation(rows=rows, fields=record.fields, options=options).outcomes()
    except UNREADABLE as error:
        return [Finding(rows=rows, reason=Reason.UNREADABLE_ROW, detail=str(error))]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Conversation:
    """A conversation that has ended."""

    rows: tuple[int, ...]
    fields: Fields
    options: GenesysOptions

    def outcomes(self) -> list[Outcome]:
        """A leg for each outside telephone session, or the one finding that says why there is none."""
        outside = [session for one in self._participants(OUTSIDE) for session in parts(one, "sessions")]
        voice = [session for session in outside if text(session, "mediaType") == "voice"]
        if not voice:
            kinds = {text(session, "mediaType") for session in outside}
            reason = Reason.MESSAGE if kinds & _MESSAGES else Reason.INTERNAL
            return [Finding(rows=self.rows, reason=reason, detail=", ".join(sorted(map(str, kinds))))]
        return [outcome for session in voice for outcome in self._leg(session, first=voice[0])]

    def _leg(self, session: Fields, *, first: Fields) -> list[Outcome]:
        direction = needed(session, "direction")
        if direction not in ("inbound", "outbound"):
            raise FieldFault("direction is neither inbound nor outbound")
        segments = parts(session, "segments")
        starts, ends = _instants(segments, "segmentStart"), _instants(segments, "segmentEnd")
        if not segments or len(ends) < len(segments):
            return [Finding(rows=self.rows, reason=Reason.STILL_OPEN, detail="a customer's session has no end")]
        answered_at, billable_ms = _connected(session, segments)
        started_at, ended_at = min(starts), max(ends)
        near, far = ("dnis", "ani") if direction == "inbound" else ("ani", "dnis")
        rules = self.options.rules
        own = rules.e164(_number(session, near))
        if direction == "inbound":
            other, readable = caller(_number(session, far), rules)
        else:
            dialled = rules.e164(_number(session, far))
            if dialled is None:
                billed_ms = billable_ms or _ms(answered_at, ended_at)
                return [self._undialled(f"dnis {text(session, far)}", billed_ms)]
            other, readable = dialled.number, True
        record = CallDetailRecord(
            account_id=self.options.account_id,
            call_id=self._call_id,
            leg_id=identifier(needed(session, "sessionId")),
            direction="inbound" if direction == "inbound" else "outbound",
            channel=self._channel(session, direction),
            other_party=other,
            disposition=identifier(text(segments[-1], "disconnectType") or "unknown"),
            started_at=started_at,
            ended_at=ended_at,
            revision=self._revision(),
            own_number=own.number if own else None,
            presented_caller_id=own.number if own and direction == "outbound" else None,
            user_id=self._agent(),
            queue_id=self._queue(),
            campaign_id=optional_identifier(text(session, "outboundCampaignId")),
            answered_at=None if answered_at is None else min(max(answered_at, started_at), ended_at),
            billable_duration_ms=billable_ms,
            linked_call=None if session is first else self._linked(first),
        )
        return self._checked(record, readable=readable)

    def _undialled(self, detail: str, billed_ms: int) -> Finding:
        return Finding(
            rows=self.rows,
            reason=Reason.DIALLED_NUMBER,
            detail=detail,
            direction="outbound",
            billed_s=billed_ms // 1000,
        )

    def _checked(self, record: CallDetailRecord, *, readable: bool) -> list[Outcome]:
        fault = fault_of(record)
        if fault is not None:
            return [Finding(rows=self.rows, reason=Reason.INVALID_RECORD, detail=fault)]
        made: list[Outcome] = [Leg(rows=self.rows, record=record)]
        if not readable:
            made.append(Finding(rows=self.rows, reason=Reason.CALLER_NUMBER, detail="ani"))
        if record.own_number is None:
            made.append(Finding(rows=self.rows, reason=Reason.NO_OWN_NUMBER, detail=record.direction))
        return made

    @property
    def _call_id(self) -> str:
        return identifier(needed(self.fields, "conversationId"))

    def _linked(self, first: Fields) -> LinkedCall:
        return LinkedCall(call_id=self._call_id, leg_id=identifier(needed(first, "sessionId")))

    def _channel(self, session: Fields, direction: str) -> Channel:
        if direction == "inbound":
            return "inbound"
        if text(session, "outboundCampaignId") is not None:
            return "dialer"
        called_back = any(text(one, "mediaType") == "callback" for one in self._sessions())
        return "queue_callback" if called_back else "manual"

    def _agent(self) -> str | None:
        """Who talked longest with the line open: an agent who was only alerted has handle time, and no talk."""
        talked: dict[str, timedelta] = {}
        for participant in self._participants({"agent", "user"}):
            user = text(participant, "userId")
            for session in parts(participant, "sessions") if user else ():
                assert user is not None
                talked[user] = talked.get(user, timedelta()) + _interacting(session)
        longest = max(talked.items(), key=lambda item: item[1], default=None)
        return identifier(longest[0]) if longest and longest[1] else None

    def _queue(self) -> str | None:
        segments = (segment for session in self._sessions() for segment in parts(session, "segments"))
        return next((identifier(queue) for one in segments if (queue := text(one, "queueId"))), None)

    def _revision(self) -> int:
        """One more than the ms from the conversation's start to the latest instant anywhere in it.

        Genesys gives a conversation no number of its versions, but what is added to one that has ended (the
        wrap-up, a late metric, a party that stayed) is dated later than all before it, so the later version
        is the higher revision. The contract's bound is reached after 24 days.
        """
        start = instant(self.fields, "conversationStart")
        end = instant(self.fields, "conversationEnd")
        if start is None or end is None:
            raise FieldFault("conversationStart is missing")
        times = [end]
        for session in self._sessions():
            segments = parts(session, "segments")
            times += _instants(segments, "segmentStart") + _instants(segments, "segmentEnd")
            times += _instants(parts(session, "metrics"), "emitDate")
        return (max(times) - start) // _MILLISECOND + 1

    def _participants(self, purposes: Iterable[str]) -> list[Fields]:
        wanted = frozenset(purposes)
        return [one for one in parts(self.fields, "participants") if text(one, "purpose") in wanted]

    def _sessions(self) -> list[Fields]:
        return [session for one in parts(self.fields, "participants") for session in parts(one, "sessions")]


def _connected(session: Fields, segments: Sequence[Fields]) -> tuple[datetime | None, int | None]:
    """When the line was answered, and the ms it was open: the metric tConnected, which is emitted at its end.

    Without the metric: from the first segment of interaction on, and no billable time of the platform's own.
    """
    found = [one for one in parts(session, "metrics") if text(one, "name") == "tConnected"]
    if not found:
        starts = _instants([one for one in segments if text(one, "segmentType") == "interact"], "segmentStart")
        return min(starts, default=None), None
    begun: list[datetime] = []
    total_ms = 0
    for metric in found:
        emitted_at, value_ms = instant(metric, "emitDate"), whole(metric, "value")
        if emitted_at is None or value_ms is None:
            raise FieldFault("tConnected has no value or emitDate")
        if value_ms:
            begun.append(emitted_at - value_ms * _MILLISECOND)
            total_ms += value_ms
    return (min(begun), total_ms) if begun else (None, None)


def _ms(answered_at: datetime | None, ended_at: datetime) -> int:
    return 0 if answered_at is None else max(ended_at - answered_at, timedelta()) // _MILLISECOND


def _interacting(session: Fields) -> timedelta:
    talked = timedelta()
    for segment in parts(session, "segments"):
        start, end = instant(segment, "segmentStart"), instant(segment, "segmentEnd")
        if text(segment, "segmentType") == "interact" and start and end:
            talked += end - start
    return talked


def _instants(items: Sequence[Fields], name: str) -> list[datetime]:
    return [at for item in items if (at := instant(item, name)) is not None]


def _number(session: Fields, name: str) -> str | None:
    """The number in an address like `tel:+5551999990000` or `sip:+5551999990000@host`."""
    address = text(session, name)
    if address is None:
        return None
    scheme, colon, rest = address.partition(":")
    if not colon:
        return address
    return rest.partition("@")[0].partition(";")[0] if scheme in ("tel", "sip", "sips") else address
