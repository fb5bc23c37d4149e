"""Invented Asterisk exports, written the way PBXware and Master.csv write them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cli.adapters.asterisk import AsteriskOptions, read
from cli.adapters.numbers import NumberRules
from cli.adapters.outcomes import Finding, Leg, Outcome, Reason
from contracts.events.call import CallDetailRecord

HEADER = (
    "AcctId,tenant,clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,calldate,duration,billsec,"
    "billamount,disposition,amaflags,accountcode,uniqueid,userfield,linkedid,sequence,agiuniqueid,trunk,did,"
    "sipcallid,inboundsipcallid"
)
ZONE = ZoneInfo("America/New_York")
CARRIER, SPARE = "CarrierOne", "CarrierTwo"


def a_row(at: str = "2024-03-05 10:00:00", *, seconds: int = 0, **given: Any) -> str:
    """One line of the PBXware layout: a call of extension 201, at a local time of New York.

    seconds: billed, and the duration too unless that is given. The epoch in uniqueid agrees with `at`
    unless `uniqueid` is given.
    """
    created = datetime.fromisoformat(at).replace(tzinfo=ZONE).astimezone(UTC)
    cells: dict[str, Any] = {
        "clid": '"Ada" <201>',
        "src": "201",
        "dst": "202",
        "dcontext": "default",
        "channel": "PJSIP/201-00000001",
        "lastapp": "Dial",
        "calldate": at,
        "duration": seconds,
        "billsec": seconds,
        "disposition": "ANSWERED" if seconds else "NO ANSWER",
        "accountcode": "201",
        "uniqueid": f"{int(created.timestamp())}.1",
        "trunk": CARRIER,
        **given,
    }
    cells.setdefault("linkedid", cells["uniqueid"])
    return ",".join(_quoted(cells.get(name, "NULL")) for name in HEADER.split(","))


def a_dialled_row(
    number: str = "12125550123", *, trunk: str = CARRIER, serial: str = "00000002", **given: Any
) -> str:
    """A row that sent a number to a trunk."""
    dialled = {
        "dstchannel": f"PJSIP/{trunk}-{serial}",
        "lastdata": f"PJSIP/{number}@{trunk},,XL(1:2:3)",
        "dst": number,
        "trunk": trunk,
    }
    return a_row(**{**dialled, **given})


def an_inbound_row(**given: Any) -> str:
    """A row of a call that came in over a trunk to the DID 212 555 0100."""
    came_in = {
        "channel": f"PJSIP/{CARRIER}-00000001",
        "src": "13105550177",
        "clid": '"" <13105550177>',
        "dst": "2125550100",
        "did": "2125550100",
        "accountcode": CARRIER,
    }
    return a_row(**{**came_in, **given})


def imported(
    rows: Sequence[str],
    *,
    header: str | None = HEADER,
    zone: ZoneInfo = ZONE,
    region: str = "US",
    strip: Sequence[str] = (),
    profile: str | None = None,
    trunks: Sequence[str] = (),
) -> list[Outcome]:
    """What the adapter makes of a file of these lines."""
    options = AsteriskOptions(
        account_id="acme",
        zone=zone,
        rules=NumberRules(region=region, strip=tuple(strip)),
        profile=profile,
        trunks=tuple(trunks),
    )
    return list(read([*([] if header is None else [header]), *rows], options))


def records(outcomes: Sequence[Outcome]) -> list[CallDetailRecord]:
    """The call records among the outcomes."""
    return [outcome.record for outcome in outcomes if isinstance(outcome, Leg)]


def the_record(outcomes: Sequence[Outcome]) -> CallDetailRecord:
    """The only call record among the outcomes."""
    (record,) = records(outcomes)
    return record


def rows_for(outcomes: Sequence[Outcome], reason: Reason) -> list[int]:
    """The rows named for a reason."""
    return [row for one in outcomes if isinstance(one, Finding) and one.reason is reason for row in one.rows]


def later(at: str, seconds: int) -> str:
    """A local time some seconds later, by the wall clock."""
    return str(datetime.fromisoformat(at) + timedelta(seconds=seconds))


def _quoted(cell: Any) -> str:
    text = str(cell)
    if any(character in text for character in ',"'):
        return '"' + text.replace('"', '""') + '"'
    return text
