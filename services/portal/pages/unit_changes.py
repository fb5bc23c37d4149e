"""Changes of a unit's members: each is asked for, its moved cost is shown, and only then it is confirmed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from fastapi.responses import Response

from chassis.web import Problem
from contracts.values.calendar import start_of_day
from services.portal.clients.asking import Refused, Row
from services.portal.clients.units import BillingUnits, Members
from services.portal.domain.moves import Moves
from services.portal.domain.tabs import UNIT, UNITS_TAB
from services.portal.domain.unit_draft import Kind, read_draft, split_list
from services.portal.pages.choosing import choices, units_for
from services.portal.pages.guarded import GuardedPages, Visit
from services.portal.pages.number_lists import with_file
from services.portal.pages.rendering import field, redirect
from services.portal.pages.unit_page import unit_of, unit_path, version_of

NO_DAY = "Say the day as year-month-day, such as 2026-06-01, or leave it empty for now."


NO_WEIGHT = "A weight is a whole number from 1 to 1,000,000."
ADDING = ("user", "team", "number", "pasted", "day", "weight", "primary")
"""What the form of adding says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirming:
    """A change about to be confirmed: in a sentence, with what moves, and the fields that say it again."""

    title: str
    says: str
    button: str
    moves: Moves
    fields: Mapping[str, Sequence[str]]


class UnitChangePages:
    """Add members, release one, archive the unit: `step` says whether a form looks, previews or confirms."""

    def __init__(self, pages: GuardedPages) -> None:
        self._services = pages.services
        for method in ("GET", "POST"):
            pages.add(method, f"{UNIT}/add", self.add)
            pages.add(method, f"{UNIT}/release/{{assignment_id}}", self.release)
            pages.add(method, f"{UNIT}/archive", self.archive)

    async def add(self, visit: Visit) -> Response:
        """Users, teams and numbers, from now or from the beginning of a day on."""
        asked = units_for(visit, self._services)
        unit, step = await unit_of(visit, asked), field(visit.fields, "step")
        told = with_file(visit)
        if isinstance(told, Refused):
            return await self._show_adding(visit, asked, unit, problems=told.sentences())
        visit = told
        if step not in ("preview", "confirm"):
            return await self._show_adding(visit, asked, unit)
        zone = await asked.zone()
        members = _members(visit, zone)
        if isinstance(members, Refused):
            return await self._show_adding(visit, asked, unit, problems=members.sentences())
        if step == "confirm":
            made = await asked.assign(unit["unit_id"], members)
            if isinstance(made, Refused):
                return await self._show_adding(visit, asked, unit, problems=made.sentences())
            return redirect(f"{unit_path(unit['unit_id'])}?done=assigned")
        moves = await asked.preview_assign(unit["unit_id"], members)
        if isinstance(moves, Refused):
            return await self._show_adding(visit, asked, unit, problems=moves.sentences())
        chosen = members.members
        named = await asked.names(chosen["user"], chosen["team"])
        listed = [named.get(member, member) for kind in chosen for member in chosen[kind]]
        says = f"{_listed(listed)} will be in {unit['name']} {_from(visit, zone)}."
        kept = {name: visit.fields.get(name, ()) for name in ADDING}
        confirming = Confirming(title="Add members", says=says, button="Assign", moves=moves, fields=kept)
        return await self._confirm(visit, asked, unit, confirming)

    async def release(self, visit: Visit) -> Response:
        """End one assignment, now or at the beginning of a day."""
        asked = units_for(visit, self._services)
        unit, step = await unit_of(visit, asked), field(visit.fields, "step")
        assignment_id = visit.named("assignment_id")
        assignment = await asked.assignment(assignment_id)
        if assignment is None or assignment["unit_id"] != unit["unit_id"]:
            raise Problem(404, "not_found", "There is no such member of this unit.")
        named = await asked.names(*_who(assignment))
        name = named.get(assignment["member"], assignment["member"])
        zone = await asked.zone()
        until_at = instant(field(visit.fields, "day"), zone)
        title = f"Release {name}"
        if step not in ("preview", "confirm"):
            return _show_ending(visit, unit, title, zone)
        if isinstance(until_at, Refused):
            return _show_ending(visit, unit, title, zone, until_at.says)
        path = f"assignments/{assignment_id}/release"
        done = await asked.end(path, {"until_at": until_at}, preview=step == "preview")
        if isinstance(done, Refused):
            return _show_ending(visit, unit, title, zone, done.says)
        if done is None:
            return redirect(f"{unit_path(unit['unit_id'])}?done=released")
        says = f"{name} will no longer be in {unit['name']} {_from(visit, zone)}."
        kept = {"day": visit.fields.get("day", ())}
        confirming = Confirming(title=title, says=says, button="Release", moves=done, fields=kept)
        return await self._confirm(visit, asked, unit, confirming)

    async def archive(self, visit: Visit) -> Response:
        """Archive the unit, now or at the beginning of a day; its members are released by then."""
        asked = units_for(visit, self._services)
        unit, step = await unit_of(visit, asked), field(visit.fields, "step")
        zone, title = await asked.zone(), f"Archive {unit['name']}"
        archived_at = instant(field(visit.fields, "day"), zone)
        if step not in ("preview", "confirm"):
            return _show_ending(visit, unit, title, zone)
        if isinstance(archived_at, Refused):
            return _show_ending(visit, unit, title, zone, archived_at.says)
        body = {"archived_at": archived_at, "release_members": True}
        path = f"billing-units/{unit['unit_id']}/archive"
        done = await asked.end(path, body, preview=step == "preview", version=version_of(visit))
        if isinstance(done, Refused):
            return _show_ending(visit, unit, title, zone, done.says)
        if done is None:
            return redirect(f"{unit_path(unit['unit_id'])}?done=archived")
        says = f"{unit['name']} will take no use {_from(visit, zone)}; all its members are released then."
        kept = {name: visit.fields.get(name, ()) for name in ("day", "version")}
        confirming = Confirming(title=title, says=says, button="Archive", moves=done, fields=kept)
        return await self._confirm(visit, asked, unit, confirming)

    async def _show_adding(
        self, visit: Visit, asked: BillingUnits, unit: Row, *, problems: Sequence[str] = ()
    ) -> Response:
        draft, q = read_draft(visit.fields), field(visit.fields, "q").strip()
        terms = await asked.terms()
        return visit.show_in(
            UNITS_TAB,
            "unit_add.html",
            status=422 if problems else 200,
            unit=unit,
            here=unit_path(unit["unit_id"]),
            problems=problems,
            q=q,
            day=field(visit.fields, "day"),
            pasted=field(visit.fields, "pasted"),
            weight=field(visit.fields, "weight"),
            primary=field(visit.fields, "primary"),
            zone=terms.zone,
            split_policy=terms.split_policy,
            user=choices("user", draft, await asked.users(q), key="user_id", name="name", second="email"),
            team=choices("team", draft, await asked.teams(q), key="team_id", name="name"),
            number=choices("number", draft, await asked.available_numbers(q), key="number", name="number"),
        )

    async def _confirm(self, visit: Visit, asked: BillingUnits, unit: Row, confirming: Confirming) -> Response:
        return visit.show_in(
            UNITS_TAB,
            "unit_confirm.html",
            unit=unit,
            here=unit_path(unit["unit_id"]),
            confirming=confirming,
            net=confirming.moves.net_of(unit["unit_id"]),
            names=await asked.unit_names(confirming.moves.unit_ids()),
        )


def _members(visit: Visit, zone: ZoneInfo) -> Members | Refused:
    """Who is to be added, from when and with what share of shared use, as the form says it."""
    from_at, weight = instant(field(visit.fields, "day"), zone), _weight(field(visit.fields, "weight"))
    if isinstance(from_at, Refused):
        return from_at
    if isinstance(weight, Refused):
        return weight
    draft = read_draft(visit.fields)
    numbers = [*draft.of("number"), *split_list(field(visit.fields, "pasted"))]
    chosen: dict[Kind, Sequence[str]] = {"user": draft.of("user"), "team": draft.of("team"), "number": numbers}
    if not any(chosen.values()):
        return Refused(says="Choose at least one user, team or number.")
    primary = bool(field(visit.fields, "primary"))
    return Members(members=chosen, from_at=from_at, weight=weight, primary=primary)


def instant(text: str, zone: ZoneInfo) -> datetime | Refused | None:
    """The beginning of a day of the account; None for no day, which means now."""
    if not text.strip():
        return None
    try:
        return start_of_day(date.fromisoformat(text.strip()), zone)
    except (ValueError, OverflowError):
        return Refused(says=NO_DAY)


def _weight(text: str) -> int | Refused | None:
    """How much of its members' shared use the unit takes beside others; None where nothing is said."""
    digits = text.strip()
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 7 and 1 <= int(digits) <= 1_000_000):
        return Refused(says=NO_WEIGHT)
    return int(digits)


def _show_ending(visit: Visit, unit: Row, title: str, zone: ZoneInfo, problem: str | None = None) -> Response:
    return visit.show_in(
        UNITS_TAB,
        "unit_end.html",
        status=422 if problem else 200,
        unit=unit,
        here=unit_path(unit["unit_id"]),
        title=title,
        zone=zone,
        problem=problem,
        day=field(visit.fields, "day"),
    )


def _from(visit: Visit, zone: ZoneInfo) -> str:
    day = field(visit.fields, "day").strip()
    return f"from {day}, 00:00 in {zone.key}, on" if day else "from now on"


def _who(assignment: Row) -> tuple[list[str], list[str]]:
    """The user or the team to look up the name of."""
    kind, member = assignment["member_kind"], assignment["member"]
    return ([member] if kind == "user" else []), ([member] if kind == "team" else [])


def _listed(names: Sequence[str], most: int = 6) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} others" if len(names) > most else shown
