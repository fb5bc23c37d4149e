"""The Unassigned inbox: what nobody owes, dearest first, with a suggestion; assigned after its moves are shown."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from fastapi.responses import Response

from chassis.clock import Clock
from contracts.values.calendar import local_day
from services.portal.clients.asking import Refused, Row, Rows
from services.portal.clients.units import BillingUnits, Members
from services.portal.domain.inbox import Step, gap_end, read_group, steps_for
from services.portal.domain.moves import Moves
from services.portal.domain.tabs import ADD_UNIT, UNASSIGNED, UNITS_TAB
from services.portal.pages.choosing import units_for
from services.portal.pages.guarded import GuardedPages, Visit
from services.portal.pages.rendering import field, redirect
from services.portal.pages.threshold import threshold_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """A page of the inbox. since: the first use day looked at."""

    since: date
    found: Rows
    share: Row

    def chosen(self, keys: Sequence[str]) -> list[Row]:
        """The groups that a form names."""
        return [row for row in self.found.rows if read_group(row).key in keys]


class UnassignedPages:
    """Look, preview, assign."""

    def __init__(self, pages: GuardedPages, clock: Clock) -> None:
        self._services = pages.services
        self._clock = clock
        pages.add("GET", UNASSIGNED, self.show)
        pages.add("POST", UNASSIGNED, self.assign)

    async def show(self, visit: Visit) -> Response:
        """The groups."""
        asked = units_for(visit, self._services)
        return await self._show(visit, asked, await self._inbox(visit, asked))

    async def assign(self, visit: Visit) -> Response:
        """Give the chosen groups a unit, from their first call on; first only say what would move."""
        asked = units_for(visit, self._services)
        inbox = await self._inbox(visit, asked)
        unit_id = await _unit_named(asked, field(visit.fields, "unit"))
        chosen = inbox.chosen(visit.fields.get("group", ()))
        if isinstance(unit_id, Refused):
            return await self._show(visit, asked, inbox, problems=[unit_id.says])
        users_first = field(visit.fields, "by") == "user"
        steps, left = steps_for([read_group(row) for row in chosen], unit_id, users_first=users_first)
        if not steps:
            says = "Choose at least one line" if not left else "Name a unit: for what you chose none is suggested"
            return await self._show(visit, asked, inbox, problems=[f"{says}."])
        steps = await _within_gaps(asked, steps)
        confirmed = field(visit.fields, "step") == "confirm"
        if not confirmed and field(visit.fields, "step") != "preview":
            return await self._show(visit, asked, inbox)
        moves, problems = await _carried_out(asked, steps, confirmed=confirmed)
        if problems:
            return await self._show(visit, asked, inbox, problems=problems)
        if confirmed:
            return redirect(f"{UNASSIGNED}?since={inbox.since}&done={len(steps)}")
        return await self._confirm(visit, asked, inbox, steps, left_out=len(left), moves=moves)

    async def _inbox(self, visit: Visit, asked: BillingUnits) -> Inbox:
        today = local_day(self._clock(), await asked.zone())
        since = _day(field(visit.fields, "since") or visit.query("since"), today)
        cursor = field(visit.fields, "cursor") or visit.query("cursor")
        days = since, today + timedelta(days=1)
        found, share = await asyncio.gather(
            asked.unassigned(days, cursor=cursor or None), asked.unassigned_share(days)
        )
        return Inbox(since=since, found=found, share=share)

    async def _show(
        self, visit: Visit, asked: BillingUnits, inbox: Inbox, *, problems: Sequence[str] = ()
    ) -> Response:
        rows = inbox.found.rows
        suggested = [row["suggestion"]["unit_id"] for row in rows if row["suggestion"]]
        users = [row["user_id"] for row in rows if row["user_id"]]
        units, names, people, zone, running = await asyncio.gather(
            asked.units(), asked.unit_names(suggested), asked.names(users, ()), asked.zone(),
            asked.running_reattributions(),
        )  # fmt: skip
        done = visit.query("done")
        return visit.show_in(
            UNITS_TAB,
            "unassigned.html",
            status=422 if problems else 200,
            may_edit=visit.may(ADD_UNIT),
            inbox=inbox,
            groups=[(read_group(row).key, row) for row in rows],
            chosen=visit.fields.get("group", ()),
            unit=field(visit.fields, "unit"),
            by=field(visit.fields, "by"),
            cursor=field(visit.fields, "cursor") or visit.query("cursor"),
            problems=problems,
            done=int(done) if done.isascii() and done.isdigit() and len(done) < 5 else 0,
            units=units.rows,
            names=names,
            people=people,
            zone=zone,
            running=running,
            threshold=await threshold_of(asked),
            said=bool(visit.query("threshold")),
        )

    async def _confirm(
        self, visit: Visit, asked: BillingUnits, inbox: Inbox, steps: Sequence[Step], *, left_out: int, moves: Moves
    ) -> Response:
        return visit.show_in(
            UNITS_TAB,
            "unassigned_confirm.html",
            steps=steps,
            left_out=left_out,
            moves=moves,
            names=await asked.unit_names({*moves.unit_ids(), *(step.unit_id for step in steps)}),
            people=await asked.names([step.member for step in steps if step.kind == "user"], ()),
            zone=await asked.zone(),
            fields={
                "since": [inbox.since.isoformat()],
                **{name: visit.fields.get(name, ()) for name in ("group", "unit", "by", "cursor")},
            },
        )


def usual_since(today: date) -> date:
    """The inbox begins with the month before this one."""
    return (today.replace(day=1) - timedelta(days=1)).replace(day=1)


def _day(text: str, today: date) -> date:
    try:
        return min(date.fromisoformat(text), today)
    except ValueError:
        return usual_since(today)


async def _unit_named(asked: BillingUnits, name: str) -> str | Refused | None:
    """The unit of that name; None for no name, which means the suggested ones."""
    if not name.strip():
        return None
    found = await asked.units(search=name.strip())
    same = [row["unit_id"] for row in found.rows if row["name"].casefold() == name.strip().casefold()]
    return same[0] if same else Refused(says=f"There is no billing unit called “{name.strip()}”.")


async def _within_gaps(asked: BillingUnits, steps: Sequence[Step]) -> list[Step]:
    """Each step until the member's next assignment begins, so that it only fills the gap."""
    known = await asyncio.gather(*(asked.assignments_of(step.member) for step in steps))
    return [replace(step, until_at=gap_end(step, rows)) for step, rows in zip(steps, known, strict=True)]


async def _carried_out(asked: BillingUnits, steps: Sequence[Step], *, confirmed: bool) -> tuple[Moves, list[str]]:
    """What the steps would move, or nothing where they were done; and what was refused of them."""
    moves, problems = Moves(moves=(), complete=True), list[str]()
    for step in steps:
        members = Members(members={step.kind: [step.member]}, from_at=step.from_at, until_at=step.until_at)
        done: Moves | int | Refused
        if confirmed:
            done = await asked.assign(step.unit_id, members)
        else:
            done = await asked.preview_assign(step.unit_id, members)
        if isinstance(done, Refused):
            problems += done.sentences()
        elif isinstance(done, Moves):
            moves = moves.with_others(done)
    return moves, problems
