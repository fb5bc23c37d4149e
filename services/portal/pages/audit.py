"""The audit log as a page: who changed what and when, from what to what, one service's entries at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi.responses import Response

from chassis.audit.reading import AuditFilter, AuditPage, read_page
from chassis.web import Problem
from contracts.values.calendar import day_bounds
from services.portal.clients.audit import ask_audit_log
from services.portal.clients.units import BillingUnits
from services.portal.domain.audit_words import LOGS, Difference, Log, action_words, differences
from services.portal.domain.tabs import AUDIT_LOG
from services.portal.handlers.people import People
from services.portal.pages.choosing import units_for
from services.portal.pages.guarded import GuardedPages, Visit, is_id

SHOWN = 50
OF_UNITS = ("unit.", "assignment.", "budget.")
"""Actions whose subject is a billing unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """What of the log one looks at. on: a day in the account's zone, None for any."""

    log: Log
    subject: str
    on: date | None
    cursor: str

    def path(self, **changed: str) -> str:
        """The address that shows the same, but for what is changed."""
        stands = {"log": self.log.slug, "subject": self.subject, "on": self.on.isoformat() if self.on else ""}
        said = {name: value for name, value in (stands | changed).items() if value}
        return f"{AUDIT_LOG.path}?{urlencode(said)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One entry in words."""

    at: str
    who: str
    action: str
    subject: str
    subject_name: str
    differences: Sequence[Difference]


class AuditLogPage:
    """The page."""

    def __init__(self, pages: GuardedPages, people: People) -> None:
        self._services = pages.services
        self._people = people
        pages.add("GET", AUDIT_LOG.path, self.show)

    async def show(self, visit: Visit) -> Response:
        """Entries of one service, newest first."""
        asked = units_for(visit, self._services)
        looking, zone = _looking(visit), await asked.zone()
        found = await self._page(visit, looking, zone)
        names = await self._names(visit, asked, found.rows)
        return visit.show_in(
            AUDIT_LOG,
            "audit.html",
            logs=LOGS,
            looking=looking,
            lines=[_line(row, names, zone) for row in found.rows],
            cursor=found.cursor,
            broken_at=found.broken_at,
            zone=zone,
        )

    async def _page(self, visit: Visit, looking: Looking, zone: ZoneInfo) -> AuditPage:
        caller, log = visit.visitor.caller, looking.log
        between = None if looking.on is None else day_bounds(looking.on, zone)
        if log.service is None:
            wanted = AuditFilter(
                from_at=between and between[0],
                until_at=between and between[1],
                subject=looking.subject or None,
            )
            before = int(looking.cursor) if looking.cursor else None
            return await read_page(self._people.pool, caller.account_id, wanted, before, SHOWN)
        query = {"limit": str(SHOWN), "subject": looking.subject, "cursor": looking.cursor}
        if between:
            query |= {"at[gte]": between[0].isoformat(), "at[lt]": between[1].isoformat()}
        said = {name: value for name, value in query.items() if value}
        return await ask_audit_log(self._services, caller, log.service, log.path, said)

    async def _names(
        self, visit: Visit, asked: BillingUnits, rows: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, str]:
        """What people, keys and units are called now, by id; the log itself holds ids only."""
        ids = {str(row[field]) for row in rows for field in ("caller_id", "subject")}
        people = await self._people.names_of(visit.visitor.caller.account_id, filter(is_id, ids))
        units = [str(row["subject"]) for row in rows if row["action"].startswith(OF_UNITS)]
        return {**people, **await asked.unit_names(one for one in units if is_id(one))}


def _looking(visit: Visit) -> Looking:
    """What the address asks for; a wrong day or page is as none."""
    try:
        on = date.fromisoformat(visit.query("on"))
    except ValueError:
        on = None
    cursor = visit.query("cursor")
    if cursor and not (cursor.isascii() and cursor.isdigit() and 0 < len(cursor) < 18):
        raise Problem(422, "bad_cursor", "The cursor is not one that this page gave.")
    return Looking(
        log=next((log for log in LOGS if log.slug == visit.query("log")), LOGS[0]),
        subject=visit.query("subject").replace("\x00", "")[:200],
        on=on if on is not None and date(1970, 1, 2) <= on < date(9999, 1, 1) else None,
        cursor=cursor.lstrip("0"),
    )


def _line(row: Mapping[str, Any], names: Mapping[str, str], zone: ZoneInfo) -> Line:
    caller_id, subject = str(row["caller_id"]), str(row["subject"])
    kind = str(row["caller_kind"]).replace("_", " ")
    known = names.get(caller_id)
    who = kind if caller_id == kind else f"{kind} {caller_id}" if known is None else f"{known} ({kind})"
    return Line(
        at=row["at"],
        who=who,
        action=action_words(row["action"]),
        subject=subject,
        subject_name=names.get(subject, subject),
        differences=differences(row["before"], row["after"], zone),
    )
