"""The Billing units tab: the table, and adding a unit with its users and numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.responses import Response

from chassis.clock import Clock
from services.portal.clients.units import BillingUnits, Refused, UnitDirectory
from services.portal.domain.tabs import ADD_UNIT, NEW_UNIT, UNITS_TAB
from services.portal.domain.unit_draft import KINDS, Kind, UnitDraft, read_draft, read_numbers
from services.portal.handlers.new_unit import save_unit
from services.portal.pages.guarded import GuardedPages, Visit
from services.portal.pages.rendering import field, redirect

SHOWN_MAX = 200
"""Rows of a panel; who looks for one of more searches."""

Row = Mapping[str, Any]


class UnitPages:
    """The tab's pages."""

    def __init__(self, pages: GuardedPages, clock: Clock) -> None:
        self._services = pages.services
        self._clock = clock
        pages.add("GET", UNITS_TAB.path, self.table)
        pages.add("GET", NEW_UNIT, self.form)
        pages.add("POST", NEW_UNIT, self.form)
        pages.add("POST", f"{NEW_UNIT}/users", self.user_panel)
        pages.add("POST", f"{NEW_UNIT}/numbers", self.number_panel)
        pages.add("POST", f"{NEW_UNIT}/save", self.save)
        for panel in ("users", "numbers", "save"):
            # Where a page is loaded again after its form was sent, the form is begun anew.
            pages.add("GET", f"{NEW_UNIT}/{panel}", self.begin_anew, policy=ADD_UNIT)

    async def table(self, visit: Visit) -> Response:
        """Name, users and numbers of every unit; `q` looks for a name."""
        q = visit.request.query_params.get("q", "").strip()
        asked = self._asked_by(visit)
        directory = await asked.directory(self._clock())
        names = {row["user_id"]: row["name"] for row in await asked.users()}
        rows = [unit_row(unit, directory, names) for unit in directory.units if matches(q, unit["name"])]
        return visit.show(
            "units.html",
            tab=UNITS_TAB,
            may=visit.may,
            may_add=visit.may(ADD_UNIT),
            rows=sorted(rows, key=lambda row: row["name"].casefold()),
            all_count=len(directory.units),
            q=q,
            added=visit.request.query_params.get("added", ""),
        )

    async def form(self, visit: Visit) -> Response:
        """The unit so far; back from a panel with what was assigned there, or as it was before."""
        before = read_draft(visit.fields, prefix="before_")
        draft = before if field(visit.fields, "cancel") else read_draft(visit.fields)
        if field(visit.fields, "pasted").strip() and not field(visit.fields, "cancel"):
            available, held = await self._numbers(visit)
            pasted = read_numbers(field(visit.fields, "pasted"), available=available, held=held)
            draft = draft.with_members("number", (*draft.of("number"), *pasted.usable))
            if pasted.refused:
                return await self._show_number_panel(visit, draft, before, refused=pasted.refused)
        return await self._show_form(visit, draft)

    async def begin_anew(self, visit: Visit) -> Response:
        """A panel has no address of its own."""
        return redirect(NEW_UNIT)

    async def user_panel(self, visit: Visit) -> Response:
        """User assignment: users and teams to choose from."""
        draft, q = read_draft(visit.fields), field(visit.fields, "q").strip()
        asked = self._asked_by(visit)
        users, teams = await asked.users(), await asked.teams()
        return visit.show(
            "user_panel.html",
            tab=UNITS_TAB,
            may=visit.may,
            draft=draft,
            before=_before(visit, draft),
            q=q,
            kinds=KINDS,
            **chosen_and_shown("user", draft, users, q, key="user_id", name="name", second="email"),
            **chosen_and_shown("team", draft, teams, q, key="team_id", name="name"),
        )

    async def number_panel(self, visit: Visit) -> Response:
        """Number assignment: numbers that are in no unit."""
        draft = read_draft(visit.fields)
        return await self._show_number_panel(visit, draft, _before(visit, draft))

    async def save(self, visit: Visit) -> Response:
        """Make the unit, and say what could not be assigned."""
        draft = read_draft(visit.fields)
        problem = draft.name_problem()
        if problem is not None:
            return await self._show_form(visit, draft, problem=problem)
        saved = await save_unit(self._asked_by(visit), draft)
        if isinstance(saved, Refused):
            return await self._show_form(visit, draft, problem=saved.says)
        if saved.left_out:
            return visit.show(
                "unit_saved.html", tab=UNITS_TAB, may=visit.may, name=draft.name, left_out=saved.left_out
            )
        return redirect(f"{UNITS_TAB.path}?added={saved.unit_id}")

    async def _show_form(self, visit: Visit, draft: UnitDraft, *, problem: str | None = None) -> Response:
        names: dict[str, str] = {}
        if draft.of("user") or draft.of("team"):
            asked = self._asked_by(visit)
            names = {row["user_id"]: row["name"] for row in await asked.users()}
            names |= {row["team_id"]: row["name"] for row in await asked.teams()}
        return visit.show(
            "unit_form.html",
            status=422 if problem else 200,
            tab=UNITS_TAB,
            may=visit.may,
            draft=draft,
            names=names,
            problem=problem,
            kinds=KINDS,
        )

    async def _show_number_panel(
        self,
        visit: Visit,
        draft: UnitDraft,
        before: UnitDraft,
        *,
        refused: Sequence[tuple[str, str]] = (),
    ) -> Response:
        q = field(visit.fields, "q").strip()
        available = [{"number": number} for number in (await self._numbers(visit))[0]]
        return visit.show(
            "number_panel.html",
            status=422 if refused else 200,
            tab=UNITS_TAB,
            may=visit.may,
            draft=draft,
            before=before,
            q=q,
            refused=refused,
            kinds=KINDS,
            **chosen_and_shown("number", draft, available, q, key="number", name="number"),
        )

    async def _numbers(self, visit: Visit) -> tuple[list[str], list[str]]:
        """Numbers in no unit, and those in one."""
        rows = await self._asked_by(visit).numbers()
        return (
            [row["number"] for row in rows if row["unit_id"] is None],
            [row["number"] for row in rows if row["unit_id"] is not None],
        )

    def _asked_by(self, visit: Visit) -> BillingUnits:
        return BillingUnits(services=self._services, caller=visit.visitor.caller)


def unit_row(unit: Row, directory: UnitDirectory, names: Mapping[str, str]) -> dict[str, Any]:
    """A line of the table, with the members that its counts open to."""
    users = directory.live_members(unit["unit_id"], "user")
    return {
        "unit_id": unit["unit_id"],
        "name": unit["name"],
        "archived": unit["archived_at"] is not None,
        "users": [names.get(user, user) or user for user in users],
        "teams": directory.live_members(unit["unit_id"], "team"),
        "numbers": directory.live_members(unit["unit_id"], "number"),
    }


def chosen_and_shown(
    kind: Kind, draft: UnitDraft, rows: Sequence[Row], q: str, *, key: str, name: str, second: str = ""
) -> dict[str, Any]:
    """A panel's rows of one kind: those that match, at most SHOWN_MAX, and what is chosen but not among them."""
    found = [row for row in rows if matches(q, row[key], row[name] or "", row.get(second) or "")]
    shown = [
        {
            "id": row[key],
            "name": row[name] or row[key],
            "second": row.get(second) or "",
            "chosen": row[key] in draft.of(kind),
        }
        for row in found[:SHOWN_MAX]
    ]
    ids = {row["id"] for row in shown}
    return {
        f"{kind}s": shown,
        f"{kind}s_found": len(found),
        f"{kind}s_hidden": [member for member in draft.of(kind) if member not in ids],
    }


def matches(q: str, *texts: str) -> bool:
    """Whether one of the texts holds what is looked for, in any case."""
    return any(q.casefold() in text.casefold() for text in texts)


def _before(visit: Visit, draft: UnitDraft) -> UnitDraft:
    """The draft as it was when the panel was opened; it is opened now where the form says nothing of it."""
    opened = field(visit.fields, "opened")
    return read_draft(visit.fields, prefix="before_") if opened else draft
